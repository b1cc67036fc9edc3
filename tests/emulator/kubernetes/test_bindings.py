"""What binds pods to target groups, for either controller."""

import pytest

from inference_constructs.eks.crds.load_balancer_definitions import TARGET_GROUP_BINDING
from slipway.emulator.kubernetes.api.objects import Objects
from slipway.emulator.kubernetes.workloads.bindings import bindings, wants_gates
from tests.emulator.kubernetes import manifests
from tests.emulator.kubernetes.clients import Cluster


@pytest.mark.parametrize("group", ["eks.amazonaws.com", "elbv2.k8s.aws"])
def test_the_bindings_of_either_group_count(group: str) -> None:
    objects = Objects()
    assert bindings(objects) == []
    objects.add(f"targetgroupbindings.{group}", manifests.binding())
    (found,) = bindings(objects)
    assert found["spec"]["targetGroupARN"] == manifests.ARN
    assert bindings(objects, "elsewhere") == []


@pytest.mark.parametrize(
    "gate", ["eks.amazonaws.com/pod-readiness-gate-inject", "elbv2.k8s.aws/pod-readiness-gate-inject"]
)
def test_either_label_asks_for_gates(gate: str) -> None:
    assert wants_gates({"metadata": {"labels": {gate: "enabled"}}})
    assert not wants_gates({"metadata": {"labels": {gate: "disabled"}}})
    assert not wants_gates({})


def test_kubectl_that_names_no_group_gets_those_of_auto_mode_unless_others_are_defined(cluster: Cluster) -> None:
    """It takes the first group in discovery that has the plural."""

    def groups() -> list[str]:
        return [group["name"] for group in cluster.http.get("/apis").json()["groups"]]

    assert groups() == sorted(groups())
    assert groups().index("eks.amazonaws.com") < groups().index("elbv2.k8s.aws")
    reply = cluster.http.post(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json=dict(TARGET_GROUP_BINDING.manifest())
    )
    assert reply.status_code == 201, reply.text
    assert groups()[0] == "elbv2.k8s.aws"
