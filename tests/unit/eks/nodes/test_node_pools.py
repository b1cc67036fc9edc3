"""Nodes on EKS Auto Mode: the NodeClass, the NodePools, and what they stand on."""

import json
from itertools import chain
from typing import Any

import pytest

from inference_constructs.config import NodePool
from inference_constructs.eks.crds.rendering import as_object
from inference_constructs.eks.nodes.node_pools import karpenter_node_pools
from tests.unit.eks.clusters import TAGS, Deployed, deployed

HOURS_OF_21_DAYS = 21 * 24
GPU = {"name": "gpu", "kind": "gpu", "max_accelerators": 8}
INFERENTIA = {"name": "inferentia", "kind": "inferentia", "max_accelerators": 5}


def specs(**pool: Any) -> dict[str, dict[str, Any]]:
    """The `spec` of each NodePool that a pool becomes, by name."""
    pools = karpenter_node_pools(NodePool.model_validate(pool))
    return {str(each.manifest()["metadata"]["name"]): each.manifest()["spec"] for each in pools}


def requirements(spec: dict[str, Any]) -> dict[str, list[str]]:
    return {each["key"]: each["values"] for each in spec["template"]["spec"]["requirements"]}


def said(token: Any) -> str:
    """A reference to another resource, as a string that can stand in JSON."""
    return str(token)


def node_class_of(cluster: Deployed) -> dict[str, Any]:
    """The NodeClass with its references as `said` puts them."""
    parts = cluster.resources[cluster.manifest_of("NodeClass")]["Properties"]["Manifest"]["Fn::Join"][1]
    (found,) = json.loads("".join(part if isinstance(part, str) else said(part) for part in parts))
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed()


def test_auto_mode_has_no_pools_of_its_own(usual: Deployed) -> None:
    cluster = usual.only("AWS::EKS::Cluster")
    assert cluster["ComputeConfig"] == {"Enabled": True, "NodePools": []}
    assert cluster["StorageConfig"]["BlockStorage"]["Enabled"] is True
    assert cluster["KubernetesNetworkConfig"]["ElasticLoadBalancing"]["Enabled"] is True


def test_the_node_class_has_a_role_that_may_join_and_pull_images(usual: Deployed) -> None:
    """EKS fact 10: a NodeClass of our own names its nodes' role, and the role gets an access entry of type EC2."""
    (entry,) = (each for each in usual.properties("AWS::EKS::AccessEntry") if each.get("Type") == "EC2")
    (role_id, _) = entry["PrincipalArn"]["Fn::GetAtt"]
    (policy,) = entry["AccessPolicies"]
    assert policy["PolicyArn"].endswith("cluster-access-policy/AmazonEKSAutoNodePolicy")
    manifest = usual.resources[usual.manifest_of("NodeClass")]
    assert {"Ref": role_id} in manifest["Properties"]["Manifest"]["Fn::Join"][1]
    policies = usual.resources[role_id]["Properties"]["ManagedPolicyArns"]
    names = [arn["Fn::Join"][1][-1].rsplit("/", 1)[-1] for arn in policies]
    assert names == ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"]


def test_nodes_are_in_the_clusters_network_with_large_encrypted_disks(usual: Deployed) -> None:
    """In another security group they would not reach the Kubernetes API, nor load balancers their pods. Images of some
    10 GiB and models have to fit (EKS User Guide, "Create a Node Class for Amazon EKS", `ephemeralStorage`)."""
    (cluster_id,) = usual.ids("AWS::EKS::Cluster")
    cluster = usual.only("AWS::EKS::Cluster")
    spec = node_class_of(usual)["spec"]
    assert spec["securityGroupSelectorTerms"] == [{"id": said({"Fn::GetAtt": [cluster_id, "ClusterSecurityGroupId"]})}]
    assert spec["subnetSelectorTerms"] == [{"id": said(each)} for each in cluster["ResourcesVpcConfig"]["SubnetIds"]]
    (encryption,) = cluster["EncryptionConfig"]
    assert spec["ephemeralStorage"] == {
        "size": "100Gi",
        "iops": 3000,
        "throughput": 125,
        "kmsKeyID": said(encryption["Provider"]["KeyArn"]),
    }


def test_instances_and_disks_have_the_tags_of_the_environment(usual: Deployed) -> None:
    """EKS makes them, so that neither the CDK's tags nor a stack's reach them: the NodeClass has to name them."""
    assert usual.one("NodeClass")["spec"]["tags"] == TAGS
    assert "tags" not in deployed(tags={}).one("NodeClass")["spec"]


def test_the_cluster_may_tag_its_nodes_and_nothing_else(usual: Deployed) -> None:
    """AWS's own policies allow EKS's tags alone: with another one in the NodeClass there would be no nodes.

    EKS User Guide, "Amazon EKS Auto Mode cluster IAM role", "Custom AWS tags for EKS Auto resources".
    """
    (policy,) = (each for each in usual.properties("AWS::IAM::ManagedPolicy") if "ec2:RunInstances" in str(each))
    (role,) = policy["Roles"]
    assert usual.only("AWS::EKS::Cluster")["RoleArn"] == {"Fn::GetAtt": [role["Ref"], "Arn"]}
    trust = usual.resources[role["Ref"]]["Properties"]["AssumeRolePolicyDocument"]
    assert "sts:TagSession" in str(trust), "the condition compares with a tag of the session"
    nodes, interfaces = policy["PolicyDocument"]["Statement"]
    for statement, needed in (
        (nodes, {"eks:kubernetes-node-class-name", "eks:kubernetes-node-pool-name"}),
        (interfaces, {"eks:kubernetes-cni-node-name"}),
    ):
        own = {"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}
        assert statement["Condition"]["StringEquals"] == own
        assert statement["Condition"]["StringLike"] == {f"aws:RequestTag/{key}": "*" for key in needed}
    assert set(nodes["Action"]) == {"ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"}
    assert interfaces["Action"] == "ec2:CreateNetworkInterface"
    kinds = {"fleet", "instance", "launch-template", "network-interface", "spot-instances-request", "volume"}
    assert set(nodes["Resource"]) == {f"arn:aws:ec2:us-east-1:111122223333:{kind}/*" for kind in kinds}
    assert interfaces["Resource"] == "arn:aws:ec2:us-east-1:111122223333:network-interface/*"


def test_a_cluster_may_tag_nodes_before_it_has_any_and_until_it_has_none(usual: Deployed) -> None:
    (policy,) = usual.ids("AWS::IAM::ManagedPolicy", naming="ec2:RunInstances")
    assert policy in usual.needs(usual.manifest_of("NodeClass"))


def test_nothing_may_be_tagged_where_the_cluster_tags_nothing() -> None:
    for cluster in (deployed(tags={}), deployed(nodes="managed_node_groups")):
        assert cluster.ids("AWS::IAM::ManagedPolicy", naming="ec2:RunInstances") == []


def test_network_policies_have_an_effect(usual: Deployed) -> None:
    assert usual.one("ConfigMap", "amazon-vpc-cni")["data"] == {"enable-network-policy-controller": "true"}
    assert usual.one("NodeClass")["spec"]["networkPolicy"] == "DefaultAllow"


def test_a_pool_goes_before_what_its_nodes_need(usual: Deployed) -> None:
    """EKS fact 10: NodePool and NodeClass go while their controller and their nodes' rights are there."""
    (entry,) = usual.ids("AWS::EKS::AccessEntry", naming="AmazonEKSAutoNodePolicy")
    (cluster,) = usual.ids("AWS::EKS::Cluster")
    pool, node_class = usual.manifest_of("NodePool"), usual.manifest_of("NodeClass")
    assert {node_class, entry, cluster} <= usual.needs(pool)
    assert {entry, cluster} <= usual.needs(node_class)
    assert pool not in usual.needs(node_class)


def test_nodes_say_what_they_are() -> None:
    labels = specs(name="small", kind="cpu")["small"]["template"]["metadata"]["labels"]
    assert labels == {"slipway/pool": "small", "slipway/kind": "cpu"}


@pytest.mark.parametrize(("architecture", "expected"), [("x86_64", "amd64"), ("arm64", "arm64")])
def test_cpu_nodes_are_of_many_families_of_one_architecture(architecture: str, expected: str) -> None:
    needed = requirements(specs(name="cpu", architecture=architecture)["cpu"])
    assert needed["kubernetes.io/arch"] == [expected]
    families = needed["eks.amazonaws.com/instance-family"]
    assert len(families) >= 6
    assert all(family.endswith("g") == (architecture == "arm64") for family in families)
    assert "taints" not in specs(name="cpu")["cpu"]["template"]["spec"]


def test_an_environment_may_name_the_families() -> None:
    needed = requirements(specs(name="cpu", instance_families=("r7i",))["cpu"])
    assert needed["eks.amazonaws.com/instance-family"] == ["r7i"]


@pytest.mark.parametrize(
    ("pool", "taint", "families"),
    [(GPU, "nvidia.com/gpu", ["g6", "g6e", "g5"]), (INFERENTIA, "aws.amazon.com/neuron", ["inf2"])],
)
def test_accelerators_have_pools_of_their_own(pool: dict[str, Any], taint: str, families: list[str]) -> None:
    """EKS fact 15: EKS's own pools have none; only pods that tolerate the taint come to these nodes."""
    spec = specs(**pool)[pool["name"]]
    assert requirements(spec)["eks.amazonaws.com/instance-family"] == families
    assert spec["template"]["spec"]["taints"] == [{"key": taint, "value": "true", "effect": "NoSchedule"}]
    assert spec["limits"] == {"cpu": "256", taint: str(pool["max_accelerators"])}


def test_nodes_go_slowly_and_not_under_pods_unless_asked() -> None:
    """EKS fact 9: only empty nodes, a tenth at once; every node is replaced before Auto Mode does it."""
    spec = specs(**GPU)["gpu"]
    assert spec["disruption"] == {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "300s",
        "budgets": [{"nodes": "10%"}],
    }
    node = spec["template"]["spec"]
    hours = [int(node[key].removesuffix("h")) for key in ("expireAfter", "terminationGracePeriod")]
    assert sum(hours) < HOURS_OF_21_DAYS
    eager = {"consolidate": "when_underutilized", "after_s": 60, "budget_percent": 25}
    assert specs(name="cpu", disruption=eager)["cpu"]["disruption"] == {
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "consolidateAfter": "60s",
        "budgets": [{"nodes": "25%"}],
    }


@pytest.mark.parametrize(("percent", "capacity"), [(0, "on-demand"), (100, "spot")])
def test_a_pool_that_is_all_spot_or_none_is_one(percent: int, capacity: str) -> None:
    pools = specs(name="cpu", spot_percent=percent)
    assert list(pools) == ["cpu"]
    needed = requirements(pools["cpu"])
    assert needed["karpenter.sh/capacity-type"] == [capacity]
    assert "slipway/capacity-spread" not in needed


@pytest.mark.parametrize("percent", [20, 40, 60, 80])
def test_a_share_of_spot_is_that_share_of_five_values(percent: int) -> None:
    pools = specs(name="cpu", spot_percent=percent, max_cpus=100)
    assert list(pools) == ["cpu--spot", "cpu--on-demand"]
    values = [requirements(spec)["slipway/capacity-spread"] for spec in pools.values()]
    assert len(values[0]) == percent // 20
    assert sorted(chain(*values)) == ["1", "2", "3", "4", "5"]
    assert [int(spec["limits"]["cpu"]) for spec in pools.values()] == [percent, 100 - percent]


def test_every_pool_is_a_manifest_of_its_own() -> None:
    """EKS fact 11: nothing prunes a NodePool from a manifest; one that leaves the environment leaves with its own."""
    cluster = deployed(node_pools=[{"name": "cpu", "spot_percent": 60}, GPU])
    assert len(cluster.manifests_of("NodePool")) == 3


def test_rendering_leaves_out_what_is_none_and_keeps_the_keys_of_labels() -> None:
    assert as_object({"slipway/pool": ("a", None)}) == {"slipway/pool": ["a", None]}
    assert as_object("text") == "text"


@pytest.mark.parametrize(
    ("pool", "name"),
    [({"name": "llm"}, "slipway"), ({"name": "llm", "disk": {"size": "600Gi"}}, "slipway-llm")],
)
def test_a_pool_with_a_disk_of_its_own_has_a_node_class_of_its_own(pool: dict[str, Any], name: str) -> None:
    (spec,) = specs(**pool).values()
    assert spec["template"]["spec"]["nodeClassRef"]["name"] == name


def test_the_disk_of_a_pool_is_that_of_its_nodes() -> None:
    disk = {"size": "600Gi", "iops": 6000, "throughput": 500}
    cluster = deployed(node_pools=({"name": "cpu"}, GPU | {"disk": disk}))
    disks = {}
    for resource in cluster.template.find_resources("Custom::AWSCDK-EKS-KubernetesResource").values():
        manifest = resource["Properties"]["Manifest"]
        parts = manifest["Fn::Join"][1] if isinstance(manifest, dict) else [manifest]
        for found in json.loads("".join(part if isinstance(part, str) else "?" for part in parts)):
            if found["kind"] == "NodeClass":
                storage = found["spec"]["ephemeralStorage"]
                assert storage.pop("kmsKeyID")
                disks[found["metadata"]["name"]] = storage
    assert disks == {"slipway": {"size": "100Gi", "iops": 3000, "throughput": 125}, "slipway-gpu": disk}
