"""What a change of a live cluster is refused or warned of, from templates of clusters as the CDK writes them."""

import json
from typing import Any

import pytest

from slipway.operations.eks.cluster_plans import cluster_plan_of
from slipway.operations.eks.preflight import preflight_cell
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.preflight import PreflightResult
from tests.conftest import ROOT
from tests.operations.eks import live
from tests.operations.eks.test_preflight import CLUSTER_STACK, RESOLVER, deployed, template
from tests.operations.stubbed import STACK, Stubbed

NAME = "slipway-dev"
COMBINED = "`Version and ReleaseVersion updates cannot be combined with other updates`"


def auto_mode(version: str = "1.35") -> dict[str, Any]:
    """The template of a cluster on Auto Mode."""
    return {"Resources": {"Cluster9EE0221C": _cluster(version, {"Enabled": True, "NodePools": []}, on_auto_mode=True)}}


def node_groups(
    version: str = "1.35", *, most: int = 32, tags: dict[str, str] | None = None, **group: Any
) -> dict[str, Any]:
    """The template of a cluster with a managed node group."""
    properties = {
        "AmiType": "AL2023_x86_64_STANDARD",
        "CapacityType": "ON_DEMAND",
        "ClusterName": {"Ref": "Cluster9EE0221C"},
        "InstanceTypes": ["m7i.2xlarge"],
        "Labels": {"slipway/kind": "cpu", "slipway/pool": "cpu"},
        "LaunchTemplate": {
            "Id": {"Ref": "ClusterNodesLaunchTemplate46A5DD52"},
            "Version": {"Fn::GetAtt": ["ClusterNodesLaunchTemplate46A5DD52", "LatestVersionNumber"]},
        },
        "NodeRole": {"Fn::GetAtt": ["ClusterNodesRole5BC65A03", "Arn"]},
        "ScalingConfig": {"DesiredSize": 2, "MaxSize": most, "MinSize": 2},
        "Tags": tags or {"Name": "cpu", "project": "slipway"},
        "UpdateConfig": {"MaxUnavailablePercentage": 10},
        "Version": version,
        **group,
    }
    return {
        "Resources": {
            "Cluster9EE0221C": _cluster(version, {"Enabled": False}, on_auto_mode=False),
            "ClusterNodesGroupcpuAAD1FD3D": {"Type": "AWS::EKS::Nodegroup", "Properties": properties},
        }
    }


def _cluster(version: str, compute: dict[str, Any], *, on_auto_mode: bool) -> dict[str, Any]:
    properties = {
        "BootstrapSelfManagedAddons": False,
        "ComputeConfig": compute,
        "KubernetesNetworkConfig": {"ElasticLoadBalancing": {"Enabled": on_auto_mode}, "IpFamily": "ipv4"},
        "Name": NAME,
        "RoleArn": {"Fn::GetAtt": ["ClusterRoleCDCF2F52", "Arn"]},
        "StorageConfig": {"BlockStorage": {"Enabled": on_auto_mode}},
        "Version": version,
    }
    return {"Type": "AWS::EKS::Cluster", "Properties": properties}


def change(
    stubbed: Stubbed,
    service: DeployedEksService,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    runs: str | None = None,
    stack: str = "UPDATE_COMPLETE",
) -> PreflightResult:
    """Change the cluster under a service that stays as it is; `runs` is the version that EKS tells, if asked."""
    live.stack(stubbed, {}, stack, name=CLUSTER_STACK)
    deployed(stubbed, CLUSTER_STACK, before)
    if runs is not None:
        described = {"name": NAME, "version": runs, "status": "ACTIVE"}
        stubbed.answer("eks", "describe_cluster", {"cluster": described}, name=NAME)
    live.stack(stubbed, {})
    deployed(stubbed, STACK, template(main=100))
    return preflight_cell(
        stubbed.aws, service, 1, template=template(main=100), cluster_template=after, resolver=RESOLVER
    )


@pytest.mark.parametrize("cluster", [auto_mode(), node_groups()])
def test_a_cluster_that_stays_as_it_is(stubbed: Stubbed, on_eks: DeployedEksService, cluster: dict[str, Any]) -> None:
    found = change(stubbed, on_eks, cluster, cluster)
    assert (found.refusals, found.warnings) == ((), ())


def test_a_live_cluster_does_not_leave_auto_mode(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    """EKS User Guide, "Disable EKS Auto Mode": it is destructive, and terminates the instances."""
    found = change(stubbed, on_eks, auto_mode(), node_groups())
    assert found.refusals == (
        (
            "`eks.nodes` of the cluster slipway-dev changes from auto_mode to managed_node_groups. AWS terminates all"
            " instances at once when Auto Mode is disabled, and node pools and target group bindings lose their"
            " controller. Set up another environment with it, move the callers there, and then remove this one."
        ),
    )


def test_a_live_cluster_does_not_change_to_auto_mode(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    (refusal,) = change(stubbed, on_eks, node_groups(), auto_mode()).refusals
    assert refusal.startswith(
        "`eks.nodes` of the cluster slipway-dev changes from managed_node_groups to auto_mode. The node groups go"
    )


def test_a_cluster_that_never_stood_may_become_another(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    found = change(stubbed, on_eks, auto_mode("1.34"), node_groups("1.36"), stack="ROLLBACK_COMPLETE")
    assert (found.refusals, found.warnings) == ((), ())


def test_one_minor_version_up(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    found = change(stubbed, on_eks, node_groups("1.34"), node_groups("1.35"), runs="1.34")
    assert (found.refusals, found.warnings) == ((), ())


@pytest.mark.parametrize("cluster", [auto_mode, node_groups])
def test_two_minor_versions_at_once(stubbed: Stubbed, on_eks: DeployedEksService, cluster: Any) -> None:
    found = change(stubbed, on_eks, cluster("1.34"), cluster("1.36"), runs="1.34")
    assert found.refusals == (
        (
            "The cluster slipway-dev changes from Kubernetes 1.34 to 1.36, and EKS upgrades by one minor version at a"
            " time: first set `eks.version` to 1.35, deploy and check that, then go on."
        ),
    )


def test_an_older_version(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    (refusal,) = change(stubbed, on_eks, auto_mode("1.36"), auto_mode("1.35"), runs="1.36").refusals
    assert refusal.startswith(
        "The cluster slipway-dev changes from Kubernetes 1.36 to 1.35, which is older: set `eks.version` to 1.36."
    )


@pytest.mark.parametrize(
    ("deployed_as", "runs", "new"),
    [("1.34", "1.35", "1.36"), ("1.36", "1.35", "1.35")],
    ids=["EKS upgraded it at the end of support", "somebody rolled it back"],
)
def test_what_counts_is_the_version_that_runs(
    stubbed: Stubbed, on_eks: DeployedEksService, deployed_as: str, runs: str, new: str
) -> None:
    assert change(stubbed, on_eks, auto_mode(deployed_as), auto_mode(new), runs=runs).refusals == ()


def test_a_version_that_only_cloudformation_can_tell(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    new = auto_mode()
    new["Resources"]["Cluster9EE0221C"]["Properties"]["Version"] = {"Ref": "Version"}
    (refusal,) = change(stubbed, on_eks, auto_mode(), new, runs="1.35").refusals
    assert 'to what CloudFormation makes of {"Ref": "Version"}, and whether EKS does that cannot be known' in refusal


def test_a_version_together_with_tags(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    tagged = node_groups("1.35", tags={"Name": "cpu", "project": "slipway", "team": "vision"})
    found = change(stubbed, on_eks, node_groups("1.34"), tagged, runs="1.34")
    assert found.refusals == ()
    assert found.warnings == (
        (
            "The node group cpu gets another version of Kubernetes together with other Tags. EKS refuses that"
            f" ({COMBINED}), and the stack rolls back after the cluster itself was upgraded. Deploy `eks.version`"
            " alone, and the rest before or after it."
        ),
    )
    assert change(stubbed, on_eks, node_groups("1.35"), tagged).warnings == (), "tags alone"


def test_a_new_group_in_place_of_the_old_one_is_no_update(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    """Another instance type replaces the group, whatever else changes."""
    other = node_groups("1.35", most=16, InstanceTypes=["c7i.2xlarge"])
    assert change(stubbed, on_eks, node_groups("1.34"), other, runs="1.34").warnings == ()


def test_another_number_of_nodes(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    found = change(stubbed, on_eks, node_groups(most=32), node_groups(most=64))
    assert found.refusals == ()
    assert found.warnings == (
        (
            "The sizes of the node group cpu change (at most 64 nodes, until now 32): EKS takes all of them together,"
            " so that CloudFormation may set its live size back to its fewest, 2, whatever runs on it. Deploy"
            " `max_cpus` and `max_accelerators` at a quiet time."
        ),
    )


def test_the_first_service_on_node_groups_needs_nothing_else(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    """Their load balancer controller is in the cluster's own template."""
    for name in (CLUSTER_STACK, STACK):
        stubbed.refuse("cloudformation", "describe_stacks", "ValidationError", f"Stack with id {name} does not exist")
    found = preflight_cell(
        stubbed.aws, on_eks, 1, template=template(main=100), cluster_template=node_groups(), resolver=RESOLVER
    )
    assert (found.refusals, found.warnings) == ((), ())


def test_what_the_constructs_make_of_a_cluster_can_be_read() -> None:
    folder = ROOT / "tests" / "snapshots" / "test_templates"
    grouped, automatic = (
        cluster_plan_of(json.loads((folder / f"slipway-{name}-cluster.json").read_text()), RESOLVER)
        for name in ("groups", "local")
    )
    assert grouped is not None
    assert automatic is not None
    assert (grouped.nodes, grouped.name, grouped.version) == ("managed_node_groups", "slipway-groups", "1.34")
    assert {group.pool: (group.fewest, group.most) for group in grouped.groups.values()} == {
        "cpu": ("2", "32"),
        "spot": ("0", "32"),
    }
    assert (automatic.nodes, automatic.groups) == ("auto_mode", {})
