import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane
from tests.emulator.kubernetes.clients import Cluster, Gateway
from tests.emulator.kubernetes.manifests import ARN
from tests.emulator.support import packed_model

_BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/0123456789abcdef"


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[KubernetesPlane]:
    """Clusters and load balancers of an embedded AWS that has nothing else."""
    workspace = Workspace(port=1, folder=tmp_path)
    found = KubernetesPlane(workspace, minute_seconds=1.0)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def cluster(plane: KubernetesPlane, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster without pods."""
    address = plane.open_cluster("rehearsal", "1.35")
    with Cluster(address, Workspace(port=1, folder=tmp_path)) as found:
        yield found


@pytest.fixture(scope="session")
def model(workspace: Workspace) -> tuple[str, str]:
    """Address and checksum of a model in the embedded S3."""
    s3, packed = client("s3", workspace), packed_model()
    s3.create_bucket(Bucket="models-for-pods")
    s3.put_object(Bucket="models-for-pods", Key="good.tar.gz", Body=packed)
    return "s3://models-for-pods/good.tar.gz", hashlib.sha256(packed).hexdigest()


@pytest.fixture
def served(workspace: Workspace, tmp_path: Path) -> Iterator[tuple[Cluster, Gateway]]:
    """A cluster whose pods can fetch from the embedded S3, and a load balancer that forwards to its target group."""
    here = Workspace(port=workspace.port, folder=tmp_path)
    plane = KubernetesPlane(here, minute_seconds=1.0)
    try:
        address = plane.open_cluster("rehearsal", "1.35")
        checks = {"HealthCheckPath": "/ping", "HealthCheckIntervalSeconds": 5, "HealthyThresholdCount": 2}
        plane.put_target_group(ARN, checks)
        front = plane.put_load_balancer(_BALANCER, {})
        forward = {"Type": "forward", "TargetGroupArn": ARN}
        fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "MessageBody": "no rule"}}
        plane.put_listener("listener", {"LoadBalancerArn": _BALANCER, "Protocol": "HTTPS", "DefaultActions": [fixed]})
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/invocations", "/ping"]}}
        rule = {"ListenerArn": "listener", "Priority": 10, "Conditions": [condition], "Actions": [forward]}
        plane.put_rule("rule", rule)
        with Cluster(address, here) as cluster:
            yield cluster, Gateway(front, here, plane)
    finally:
        plane.stop()
