"""Small projects on disk, to read and to get wrong."""

from pathlib import Path
from textwrap import dedent

SERVICE = """\
    name: triage
    backend: sagemaker
    model: {path: model/}
    image: {build: serving}
    objectives: {latency_p99_ms: 100, availability: 99.9}
    scaling: {min: 2, max: 20, metric: concurrent_requests, target: 8}
    sagemaker: {instance_type: ml.c7i.large}
    """

ENVIRONMENT = """\
    name: dev
    account: "111122223333"
    region: us-east-1
    network:
      availability_zones: [us-east-1a, us-east-1b]
    services:
      triage: {}
    purpose: development
    """

SERVICE_ON_EKS = """\
    name: triage
    backend: eks
    model: {path: model/}
    image: {build: serving}
    objectives: {latency_p99_ms: 100, availability: 99.9}
    scaling: {min: 2, max: 20, metric: concurrent_requests, target: 8}
    rollout: {strategy: rolling}
    eks: {cpu: "2", memory: 4Gi}
    """

ENVIRONMENT_WITH_EKS = """\
    name: dev
    account: "111122223333"
    region: us-east-1
    network:
      availability_zones: [us-east-1a, us-east-1b, us-east-1c]
      nat_gateways: 1
    eks:
      version: "1.35"
      node_pools: [{name: cpu}]
      load_balancer:
        domain_name: models.example.com
        hosted_zone_id: Z0123456789ABC
    services:
      triage: {}
    purpose: development
    """


def write_project(root: Path, *, service: str = SERVICE, environment: str = ENVIRONMENT) -> Path:
    """Write a project with one service and one environment, and return its folder."""
    (root / "model_artifacts" / "triage" / "model").mkdir(parents=True)
    (root / "serving").mkdir()
    (root / "serving" / "Dockerfile").touch()
    (root / "model_artifacts" / "triage" / "service.yaml").write_text(dedent(service))
    (root / "environments").mkdir()
    (root / "environments" / "dev.yaml").write_text(dedent(environment))
    return root


def with_line(text: str, old: str, new: str) -> str:
    """Replace one line of a YAML text; a typing error in a test must not go unnoticed."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
    return text.replace(old, new)
