"""Managed node groups, for accounts that cannot use EKS Auto Mode."""

from typing import Any

import pytest

from tests.templates import Resource
from tests.unit.eks.clusters import NAME, TAGS, Deployed, deployed

GPU = {
    "name": "gpu",
    "kind": "gpu",
    "max_accelerators": 8,
    "spot_percent": 100,
    "disruption": {"budget_percent": 25},
}
INFERENTIA = {"name": "inferentia", "kind": "inferentia", "max_accelerators": 4}
#: vCPUs, GiB of memory, and GPUs or Inferentia devices (EC2 User Guide, "Instance types").
HARDWARE = {
    **dict.fromkeys(("m7i.2xlarge", "m7a.2xlarge", "m6i.2xlarge", "m6a.2xlarge"), (8, 32, 0)),
    **dict.fromkeys(("m8g.2xlarge", "m7g.2xlarge", "m6g.2xlarge"), (8, 32, 0)),
    **dict.fromkeys(("g6.xlarge", "g5.xlarge", "inf2.xlarge"), (4, 16, 1)),
}
POOLS = ({"name": "cpu", "max_cpus": 64}, {"name": "arm", "architecture": "arm64"}, GPU, INFERENTIA)


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed(nodes="managed_node_groups", node_pools=POOLS)


@pytest.fixture(scope="module")
def groups(usual: Deployed) -> dict[str, Resource]:
    return {group["Labels"]["slipway/pool"]: group for group in usual.properties("AWS::EKS::Nodegroup")}


def test_auto_mode_is_off(usual: Deployed) -> None:
    cluster = usual.only("AWS::EKS::Cluster")
    assert cluster["ComputeConfig"] == {"Enabled": False}
    assert cluster["BootstrapSelfManagedAddons"] is False
    assert usual.objects("NodePool") == usual.objects("NodeClass") == []


def test_each_pool_is_a_group_with_the_image_for_what_it_has(groups: dict[str, Resource]) -> None:
    """EKS fact 15: accelerators need the images that have their drivers."""
    assert {name: group["AmiType"] for name, group in groups.items()} == {
        "cpu": "AL2023_x86_64_STANDARD",
        "arm": "AL2023_ARM_64_STANDARD",
        "gpu": "AL2023_x86_64_NVIDIA",
        "inferentia": "AL2023_x86_64_NEURON",
    }


def test_the_nodes_of_a_group_are_alike(groups: dict[str, Resource]) -> None:
    """The autoscaler takes them for equal (kubernetes/autoscaler, cloudprovider/aws/README.md, "Using Mixed Instances
    Policies and Spot Instances"). Several families, since one alone runs out of spot nodes, and of others too."""
    types = {name: group["InstanceTypes"] for name, group in groups.items()}
    assert types == {
        "cpu": ["m7i.2xlarge", "m7a.2xlarge", "m6i.2xlarge", "m6a.2xlarge"],
        "arm": ["m8g.2xlarge", "m7g.2xlarge", "m6g.2xlarge"],
        "gpu": ["g6.xlarge", "g5.xlarge"],
        "inferentia": ["inf2.xlarge"],
    }
    assert {name: {HARDWARE[each] for each in found} for name, found in types.items()} == {
        "cpu": {(8, 32, 0)},
        "arm": {(8, 32, 0)},
        "gpu": {(4, 16, 1)},
        "inferentia": {(4, 16, 1)},
    }


def test_a_node_may_give_its_pods_addresses(usual: Deployed, groups: dict[str, Resource]) -> None:
    """The network plugin has the node's rights: without its policy no node ever gets ready (EKS User Guide, "Amazon EKS
    node IAM role"). The other two are to join, by way of pod identity's agent, and to pull images."""
    names = set()
    for group in groups.values():
        (role, attribute) = group["NodeRole"]["Fn::GetAtt"]
        assert attribute == "Arn"
        names.add(role)
    (role,) = names
    policies = usual.resources[role]["Properties"]["ManagedPolicyArns"]
    assert [arn["Fn::Join"][1][-1] for arn in policies] == [
        ":iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
        ":iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
        ":iam::aws:policy/AmazonEKS_CNI_Policy",
    ]


def test_nodes_have_the_labels_that_pods_select(groups: dict[str, Resource]) -> None:
    """Every pod of a service, and everything that runs beside them, selects `slipway/kind`: without it all of them are
    pending for ever."""
    kinds = {"cpu": "cpu", "arm": "cpu", "gpu": "gpu", "inferentia": "inferentia"}
    assert {name: group["Labels"] for name, group in groups.items()} == {
        name: {"slipway/pool": name, "slipway/kind": kind} for name, kind in kinds.items()
    }


def test_a_nodes_disk_holds_what_the_autoscaler_is_told_of(usual: Deployed, groups: dict[str, Resource]) -> None:
    """It adds a node for a pod that asks for up to what the tag says. The kubelet keeps a tenth of the disk free
    (Kubernetes, "Node-pressure Eviction", `nodefs.available<10%`) and EKS's images reserve a gibibyte of it."""
    (disk,) = usual.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["BlockDeviceMappings"]
    gib = disk["Ebs"]["VolumeSize"]
    assert (disk["DeviceName"], disk["Ebs"]["VolumeType"], gib) == ("/dev/xvda", "gp3", 100)
    assert disk["Ebs"]["DeleteOnTermination"] is True
    for group in groups.values():
        told = group["Tags"]["k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage"]
        assert told.endswith("Gi")
        assert 80 < int(told.removesuffix("Gi")) <= gib - gib / 10 - 1


def test_a_new_version_takes_away_as_many_nodes_at_once_as_the_pool_allows(groups: dict[str, Resource]) -> None:
    """In percent (EKS API Reference, "NodegroupUpdateConfig"). EKS fact 9: a tenth, unless the pool says otherwise."""
    assert {name: group["UpdateConfig"] for name, group in groups.items()} == {
        name: {"MaxUnavailablePercentage": 25 if name == "gpu" else 10} for name in ("cpu", "arm", "gpu", "inferentia")
    }


def test_a_node_that_is_ill_is_replaced(groups: dict[str, Resource]) -> None:
    """Off by default on managed node groups (EKS API Reference, "NodeRepairConfig"), built in on Auto Mode."""
    assert [group["NodeRepairConfig"] for group in groups.values()] == [{"Enabled": True}] * 4


def test_groups_keep_to_the_limits_and_two_nodes_are_always_there(groups: dict[str, Resource]) -> None:
    sizes = {
        name: (group["ScalingConfig"]["MinSize"], group["ScalingConfig"]["MaxSize"]) for name, group in groups.items()
    }
    assert sizes == {"cpu": (2, 8), "arm": (0, 32), "gpu": (0, 8), "inferentia": (0, 4)}


def test_a_group_is_made_with_all_its_sizes(groups: dict[str, Resource]) -> None:
    """EKS refuses to make one with some of them (EKS API Reference, "NodegroupScalingConfig")."""
    for group in groups.values():
        assert group["ScalingConfig"]["DesiredSize"] == group["ScalingConfig"]["MinSize"]


def test_the_autoscaler_knows_what_a_node_of_an_empty_group_would_have(groups: dict[str, Resource]) -> None:
    """Services' pods ask for disk and devices. It would never add the first node for what it does not know of."""
    prefix = "k8s.io/cluster-autoscaler/node-template/resources/"
    known = {
        name: {key.removeprefix(prefix): value for key, value in group["Tags"].items() if key.startswith(prefix)}
        for name, group in groups.items()
    }
    disk = {"ephemeral-storage": "88Gi"}
    assert known == {
        "cpu": disk,
        "arm": disk,
        "gpu": disk | {"nvidia.com/gpu": "1"},
        "inferentia": disk | {"aws.amazon.com/neuron": "1"},
    }


@pytest.mark.parametrize("version", ["1.34", "1.35"])
def test_nodes_follow_the_clusters_version(version: str) -> None:
    """A group without a version is not touched when the cluster gets a new one: its nodes would stay behind."""
    cluster = deployed(nodes="managed_node_groups", version=version)
    assert cluster.only("AWS::EKS::Cluster")["Version"] == version
    assert cluster.only("AWS::EKS::Nodegroup")["Version"] == version


def test_accelerated_nodes_are_tainted_and_spot_is_all_or_none(groups: dict[str, Resource]) -> None:
    taints: dict[str, list[Any]] = {name: group.get("Taints", []) for name, group in groups.items()}
    assert taints["cpu"] == []
    assert taints["gpu"] == [{"Key": "nvidia.com/gpu", "Value": "true", "Effect": "NO_SCHEDULE"}]
    assert taints["inferentia"] == [{"Key": "aws.amazon.com/neuron", "Value": "true", "Effect": "NO_SCHEDULE"}]
    assert (groups["gpu"]["CapacityType"], groups["cpu"]["CapacityType"]) == ("SPOT", "ON_DEMAND")


def test_nodes_have_encrypted_disks_and_keep_their_role_from_pods(usual: Deployed) -> None:
    data = usual.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    (disk,) = data["BlockDeviceMappings"]
    assert disk["Ebs"]["Encrypted"] is True


def test_instances_and_disks_have_the_tags_of_the_environment(usual: Deployed) -> None:
    """A group's own tags reach nothing that the group starts (EKS API Reference, "CreateNodegroup", `tags`)."""
    data = usual.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    tags = {
        each["ResourceType"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in data["TagSpecifications"]
    }
    assert tags == dict.fromkeys(("instance", "volume"), {"Name": NAME} | TAGS)
    named = deployed(nodes="managed_node_groups", tags={"Name": "ours"}).only("AWS::EC2::LaunchTemplate")
    for each in named["LaunchTemplateData"]["TagSpecifications"]:
        assert each["Tags"] == [{"Key": "Name", "Value": "ours"}], "EC2 takes a key once"


def test_what_nodes_need_comes_before_them_and_dns_after(usual: Deployed) -> None:
    """EKS fact 16: beside what Auto Mode lacks too, these clusters get everything that it has built in."""
    names = {add_on["AddonName"] for add_on in usual.properties("AWS::EKS::Addon")}
    before_nodes = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}
    assert names == before_nodes | {"coredns", "metrics-server", "amazon-cloudwatch-observability", "cert-manager"}
    assert usual.add_on("vpc-cni")["ConfigurationValues"] == '{"enableNetworkPolicy": "true"}'
    early = {logical_id for name in before_nodes for logical_id in _ids(usual, name)}
    for group in usual.ids("AWS::EKS::Nodegroup"):
        assert early <= usual.needs(group)
        assert group in usual.needs(*_ids(usual, "coredns"))


def test_device_plugins_run_where_there_are_devices(usual: Deployed) -> None:
    """EKS fact 15: the images have drivers, and no device plugin."""
    plugins = {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in usual.objects("DaemonSet")}
    assert plugins["nvidia-device-plugin"]["nodeSelector"] == {"slipway/kind": "gpu"}
    assert plugins["neuron-device-plugin"]["nodeSelector"] == {"slipway/kind": "inferentia"}
    (toleration,) = plugins["nvidia-device-plugin"]["tolerations"]
    assert toleration["key"] == "nvidia.com/gpu"
    assert plugins["nvidia-device-plugin"]["automountServiceAccountToken"] is False
    account = usual.one("ServiceAccount", plugins["neuron-device-plugin"]["serviceAccountName"])
    (subject,) = usual.one("ClusterRoleBinding", "neuron-device-plugin")["subjects"]
    assert subject["name"] == account["metadata"]["name"]
    assert deployed(nodes="managed_node_groups").objects("DaemonSet") == []


def _ids(cluster: Deployed, add_on: str) -> list[str]:
    return cluster.ids("AWS::EKS::Addon", naming=f'"AddonName": "{add_on}"')


def test_a_group_with_a_disk_of_its_own_has_a_launch_template_of_its_own() -> None:
    """The autoscaler has to know the disk of a node that is not there yet, or it adds none."""
    disk = {"size": "600Gi", "iops": 6000, "throughput": 500}
    cluster = deployed(nodes="managed_node_groups", node_pools=({"name": "cpu"}, GPU | {"disk": disk}))
    templates = cluster.template.find_resources("AWS::EC2::LaunchTemplate")
    volumes = {
        name: each["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"][0]["Ebs"]
        for name, each in templates.items()
    }
    of_groups = {each["Labels"]["slipway/pool"]: each for each in cluster.properties("AWS::EKS::Nodegroup")}
    used = {name: volumes[each["LaunchTemplate"]["Id"]["Ref"]] for name, each in of_groups.items()}
    assert used["cpu"]["VolumeSize"] == 100
    assert (used["gpu"]["VolumeSize"], used["gpu"]["Iops"], used["gpu"]["Throughput"]) == (600, 6000, 500)
    tag = "k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage"
    assert {name: each["Tags"][tag] for name, each in of_groups.items()} == {"cpu": "88Gi", "gpu": "538Gi"}
