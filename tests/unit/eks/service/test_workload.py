"""A service's objects in the cluster: which there are, in what order, and who may talk to its pods."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import CfnResource
from pydantic import ValidationError

from inference_constructs.config import Image, ModelSource, Pods, Rollout, Scaling, Strategy, read_service
from inference_constructs.eks.service.workload import Workload
from tests.unit.eks.workloads import PODS, SERVICE, Deployed, deployed, empty_stack, variant, workload_of
from tests.validation.templates.kubernetes_schemas import findings, objects_in

GATES = {
    "auto_mode": "eks.amazonaws.com/pod-readiness-gate-inject",
    "managed_node_groups": "elbv2.k8s.aws/pod-readiness-gate-inject",
}
STANDARD = [
    ("Namespace", SERVICE),
    ("ServiceAccount", "model"),
    ("NetworkPolicy", "ingress"),
    ("Service", "main"),
    ("TargetGroupBinding", "main"),
    ("ConfigMap", "main-…"),
    ("Deployment", "main"),
    ("PodDisruptionBudget", "main"),
    ("HorizontalPodAutoscaler", "main"),
]


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed()


@pytest.fixture(scope="module")
def two_variants() -> Deployed:
    stack = empty_stack()
    variants = [variant(stack), variant(stack, "candidate", s3_uri="s3://models/triage/2/model.tar.gz")]
    workload = workload_of(stack, variants, rollout=Rollout(strategy=Strategy.CANARY))
    workload.bind_after(CfnResource(stack, "Rules", type="Test::Rules"))
    workload.start_after(CfnResource(stack, "Rights", type="Test::Rights"))
    return Deployed(stack)


def steps_of(deployed: Deployed) -> Mapping[str, Mapping[str, Any]]:
    """The custom resources that apply manifests, by the end of their logical id without the digest."""
    return {
        re.sub("[0-9a-f]{16}$", "", logical_id.removeprefix("Workload")[:-8]): resource
        for logical_id, resource in deployed.template.find_resources("Custom::AWSCDK-EKS-KubernetesResource").items()
    }


def names_of(deployed: Deployed) -> list[tuple[str, str]]:
    """Kind and name of every object, without the digest of what its name says."""
    return [(each["kind"], re.sub("[0-9a-f]{16}$", "…", each["metadata"]["name"])) for each in deployed.objects]


def before(deployed: Deployed, step: str) -> set[str]:
    """Every resource that is created before a step, however indirectly; its own name without the digest."""
    template = deployed.template.to_json()["Resources"]
    names = {
        key: re.sub("[0-9a-f]{16}$", "", key.removeprefix("Workload")[:-8]) if key.startswith("Workload") else key
        for key in template
    }
    (start,) = [key for key, name in names.items() if name == step]
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for other in template[waiting.pop()].get("DependsOn", []):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return {names[key] for key in found}


def test_the_objects_of_a_service(usual: Deployed) -> None:
    """EKS fact 8: the names are a contract, since a renamed Service drops its targets mid-flight."""
    assert names_of(usual) == STANDARD


@pytest.mark.parametrize("name", ["main", "candidate"])
def test_namespace_then_service_then_binding_then_pods(two_variants: Deployed, name: str) -> None:
    """EKS fact 2: a pod gets the readiness gate only if its Service and its binding are there when it is made."""
    assert before(two_variants, "Namespace") == set()
    assert before(two_variants, f"{name}Service") == {"Namespace"}
    assert before(two_variants, f"{name}Binding") == {"Namespace", f"{name}Service", "Rules"}
    assert before(two_variants, f"{name}Deployment") == {
        "Namespace",
        f"{name}Service",
        f"{name}Binding",
        f"Configuration{name}",
        "Rules",
        "Rights",
    }
    assert before(two_variants, f"Configuration{name}") == {"Namespace"}


def test_each_step_is_a_manifest_of_the_services_own_stack(two_variants: Deployed) -> None:
    """EKS fact 18: one manifest for each step of the order, and the cluster's stack stays untouched."""
    assert list(steps_of(two_variants)) == [
        "Namespace",
        *(
            step.format(name)
            for name in ("main", "candidate")
            for step in ("{}Service", "{}Binding", "Configuration{}", "{}Deployment")
        ),
    ]


def test_a_namespace_of_somebody_else_is_refused_and_a_second_attempt_succeeds(usual: Deployed) -> None:
    """EKS fact 11: the creation refuses what is there unless told to overwrite; a cut-off one must be repeatable."""
    overwrite = {step: resource["Properties"]["Overwrite"] for step, resource in steps_of(usual).items()}
    assert overwrite.pop("Namespace") is False
    assert set(overwrite) == {"mainService", "mainBinding", "Configurationmain", "mainDeployment"}
    assert set(overwrite.values()) == {True}


def test_nothing_is_pruned_and_no_setting_changes_the_set_of_objects() -> None:
    """EKS fact 10: what a later version no longer named would stay, so every version names the same objects."""
    plain = deployed(
        pods=Pods(cpu="500m", memory="512Mi", cpu_percent=None), scaling=Scaling(min=1, max=1), with_model=False
    )
    assert names_of(plain) == STANDARD
    assert all("PruneLabel" not in resource["Properties"] for resource in steps_of(plain).values())


@pytest.mark.parametrize("nodes", ["auto_mode", "managed_node_groups"])
def test_new_pods_wait_for_the_load_balancer(nodes: Any) -> None:
    """EKS fact 2: the label that has the readiness gate injected, by who runs the controller."""
    labels = deployed(nodes=nodes).one("Namespace")["metadata"]["labels"]
    assert {key: value for key, value in labels.items() if "readiness-gate" in key} == {GATES[nodes]: "enabled"}


def test_the_namespace_takes_restricted_pods_only(usual: Deployed) -> None:
    labels = usual.one("Namespace")["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"restricted"}
    assert labels["pod-security.kubernetes.io/enforce-version"] == "latest"


def test_pods_have_no_rights_in_the_cluster(usual: Deployed) -> None:
    """EKS fact 14: pod identity brings a token of its own, so Kubernetes' is not mounted; no annotation of IRSA."""
    account = usual.one("ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    assert "annotations" not in account["metadata"]
    assert usual.pod["serviceAccountName"] == "model"
    assert usual.pod["automountServiceAccountToken"] is False


def test_the_service_finds_the_pods_of_its_variant_alone(two_variants: Deployed) -> None:
    for name in ("main", "candidate"):
        selector = two_variants.one("Service", name)["spec"]["selector"]
        assert selector == {"app.kubernetes.io/name": SERVICE, "app.kubernetes.io/instance": name}
        deployment = two_variants.one("Deployment", name)["spec"]
        assert deployment["selector"]["matchLabels"] == selector
        assert selector.items() <= deployment["template"]["metadata"]["labels"].items()
        assert two_variants.one("PodDisruptionBudget", name)["spec"]["selector"]["matchLabels"] == selector


def test_only_the_load_balancer_and_prometheus_reach_the_pods(usual: Deployed) -> None:
    policy = usual.one("NetworkPolicy")["spec"]
    assert policy["podSelector"] == {}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = policy["ingress"]
    assert rule["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert rule["from"] == [
        {"ipBlock": {"cidr": "10.0.0.0/16"}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "slipway-metrics"}}},
    ]


def test_pods_reach_dns_https_and_the_agent_that_has_their_credentials(usual: Deployed) -> None:
    everywhere, agent = usual.one("NetworkPolicy")["spec"]["egress"]
    assert "to" not in everywhere
    assert [(port["port"], port["protocol"]) for port in everywhere["ports"]] == [
        (53, "UDP"),
        (53, "TCP"),
        (443, "TCP"),
    ]
    assert agent["to"] == [{"ipBlock": {"cidr": "169.254.170.23/32"}}]
    assert agent["ports"] == [{"port": 80, "protocol": "TCP"}]


def test_one_pod_in_ten_may_be_moved_at_once(usual: Deployed) -> None:
    """EKS fact 4: a disruption budget. Kubernetes rounds the share up, so that it is at least one pod."""
    budget = usual.one("PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == "10%"
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.36"])
@pytest.mark.parametrize("nodes", ["auto_mode", "managed_node_groups"])
def test_every_object_keeps_to_kubernetes_schemas(version: str, nodes: Any) -> None:
    """EKS fact 13: for each version that a cluster may have."""
    pods = Pods(cpu="500m", memory="512Mi", gpus=1, interruptible=False)
    template = deployed(pods=pods, nodes=nodes, spread_spot=True).template.to_json()
    assert len(objects_in(template)) == len(STANDARD)
    assert findings(template, version) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("Deployment", {"spec": {"strategy": {"rollingUpdate": {"maxSurge": []}}}}),
        ("HorizontalPodAutoscaler", {"spec": {"maxReplicas": "20"}}),
        ("TargetGroupBinding", {"spec": {"targetGroupName": "main"}}),
        ("Namespace", {"spec": {"finalizer": []}}),
    ],
)
def test_a_wrong_object_would_be_found(usual: Deployed, kind: str, change: dict[str, Any]) -> None:
    wrong = usual.one(kind) | change
    stack = {
        "Resources": {
            "Wrong": {
                "Type": "Custom::AWSCDK-EKS-KubernetesResource",
                "Properties": {"Manifest": usual.stack.to_json_string([wrong])},
            }
        }
    }
    assert findings(usual.stack.resolve(stack), "1.35")


def test_a_variant_without_a_target_group_is_refused() -> None:
    stack = empty_stack()
    with pytest.raises(ValueError, match=r"target_group_arns: \['other'\]; accepted: one for the variant main too"):
        workload_of(stack, [variant(stack)], target_group_arns={"other": "arn"})


@pytest.mark.parametrize("name", ["default", "kube-system", "amazon-cloudwatch", "slipway-metrics"])
def test_a_namespace_that_is_taken_is_refused(name: str) -> None:
    image = Image(uri="111122223333.dkr.ecr.us-east-1.amazonaws.com/triage:7")
    with pytest.raises(ValidationError, match="a namespace of its own"):
        read_service({"name": name, "backend": "eks", "model": ModelSource(path="model/"), "image": image, "eks": PODS})


def test_the_namespace_is_named_after_the_service() -> None:
    stack = empty_stack()
    workload: Workload = workload_of(stack, [variant(stack)])
    assert workload.namespace == SERVICE
    assert list(workload.deployments) == list(workload.bindings) == ["main"]
