import copy
from typing import Any

import pytest

from slipway.emulator.kubernetes.api.admission import Admission, InvalidManifestError
from tests.emulator.kubernetes import manifests

_NODE_CLASS: dict[str, Any] = {
    "apiVersion": "eks.amazonaws.com/v1",
    "kind": "NodeClass",
    "metadata": {"name": "gpu"},
    "spec": {
        "role": "node",
        "subnetSelectorTerms": [{"id": "subnet-0a"}],
        "securityGroupSelectorTerms": [{"id": "sg-0a"}],
    },
}
_NODE_POOL: dict[str, Any] = {
    "apiVersion": "karpenter.sh/v1",
    "kind": "NodePool",
    "metadata": {"name": "gpu"},
    "spec": {
        "template": {
            "spec": {
                "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "gpu"},
                "requirements": [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]}],
            }
        },
        "disruption": {"consolidateAfter": "5m", "consolidationPolicy": "WhenEmpty", "budgets": [{"nodes": "10%"}]},
        "limits": {"cpu": 100, "nvidia.com/gpu": "4"},
    },
}


@pytest.fixture(scope="module")
def admission() -> Admission:
    return Admission("1.35")


@pytest.mark.parametrize(
    "manifest",
    [
        manifests.namespace(),
        manifests.deployment(),
        manifests.autoscaler(2),
        manifests.binding(),
        _NODE_CLASS,
        _NODE_POOL,
    ],
    ids=lambda manifest: str(manifest["kind"]),
)
def test_a_good_manifest_is_taken(admission: Admission, manifest: dict[str, Any]) -> None:
    admission.check(manifest)


@pytest.mark.parametrize(
    ("manifest", "path", "value", "field", "sentence"),
    [
        (manifests.deployment(), ("spec", "replica"), 2, "spec", "'replica' was unexpected"),
        (
            manifests.deployment(),
            ("spec", "template", "spec", "containers", 0, "imag"),
            "x",
            "spec.template.spec.containers[0]",
            "'imag' was unexpected",
        ),
        (manifests.autoscaler(2), ("spec", "minReplicas"), "two", "spec.minReplicas", "'two'"),
        (manifests.binding(), ("spec", "targetGroupName"), "name", "spec", "'targetGroupName' was unexpected"),
        (manifests.binding(), ("spec", "targetType"), "pod", "spec.targetType", "'pod' is not one of"),
        (_NODE_CLASS, ("spec", "snatPolicy"), "Never", "spec.snatPolicy", "'Never' is not one of"),
        (
            _NODE_POOL,
            ("spec", "disruption", "consolidateAfter"),
            "5 minutes",
            "spec.disruption.consolidateAfter",
            "5 m",
        ),
        (manifests.namespace(), ("metadata", "name"), "No_Name", "metadata.name", "'No_Name' is not a lowercase"),
    ],
    ids=["unknown-field", "in-a-list", "wrong-type", "name-of-a-group", "target-type", "snat", "duration", "name"],
)
def test_a_manifest_that_kubernetes_refuses_is_refused_with_the_field(
    *,
    admission: Admission,
    manifest: dict[str, Any],
    path: tuple[str | int, ...],
    value: Any,
    field: str,
    sentence: str,
) -> None:
    spoiled = copy.deepcopy(manifest)
    parent: Any = spoiled
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    with pytest.raises(InvalidManifestError, match=sentence) as caught:
        admission.check(spoiled)
    assert caught.value.field == field


def test_a_field_of_a_later_version_is_refused_by_an_earlier_one() -> None:
    with pytest.raises(InvalidManifestError, match="no matches for kind"):
        Admission("1.35").check(manifests.namespace() | {"apiVersion": "v2"})
    with pytest.raises(ValueError, match=r"No schemas of Kubernetes 1\.99"):
        Admission("1.99")


def test_a_strategic_patch_knows_lists_by_their_keys(admission: Admission) -> None:
    keys = admission.merge_keys(manifests.deployment()).below("spec").below("template").below("spec")
    assert keys.of("containers") == "name"
    assert keys.below("containers").of("env") == "name"
    assert keys.below("containers").of("args") is None
