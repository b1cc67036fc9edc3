"""The cluster itself: version, reach, encryption, logs, and how CloudFormation talks to it."""

import json
from importlib.metadata import version
from typing import get_args

import pytest
from aws_cdk import Stack, aws_ec2

from inference_constructs.config.eks.cluster import KubernetesVersion
from inference_constructs.eks.cluster.subnets import node_subnets
from inference_constructs.eks.common import versions
from inference_constructs.eks.common.versions import add_on_versions, kubernetes_version
from tests.templates import unvalidated_app
from tests.unit.eks.clusters import NAME, Deployed, deployed
from tests.validation.templates.kubernetes_schemas import findings

BLOCK = "203.0.113.0/24"
MIXED = (
    {"name": "cpu", "spot_percent": 60},
    {"name": "gpu", "kind": "gpu", "max_accelerators": 8},
    {"name": "inferentia", "kind": "inferentia", "max_accelerators": 4},
)


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed()


def test_the_version_is_within_one_minor_version_of_kubectl() -> None:
    """EKS fact 13: whatever the specification accepts, the layer's kubectl can talk to; nothing beyond is accepted."""
    assert version(f"aws-cdk-lambda-layer-kubectl-v{versions.KUBECTL.replace('1.', '')}")
    for supported in get_args(KubernetesVersion):
        assert kubernetes_version(supported).version == supported
    for beyond in ("1.33", "1.37"):
        with pytest.raises(ValueError, match=f"Kubernetes '{beyond}' with kubectl 1.35; accepted: 1.34 to 1.36"):
            kubernetes_version(beyond)


@pytest.mark.parametrize("supported", get_args(KubernetesVersion))
def test_the_add_ons_of_every_version_are_pinned_to_a_build(supported: str) -> None:
    builds = vars(add_on_versions(supported))
    assert all("-eksbuild." in build for build in builds.values())
    assert builds["kube_proxy"].startswith(f"v{supported}.")
    cluster = deployed(version=supported)
    assert cluster.only("AWS::EKS::Cluster")["Version"] == supported
    assert cluster.add_on("metrics-server")["AddonVersion"] == builds["metrics_server"]


def test_a_version_without_known_add_ons_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"'1\.99': no add-on versions are known for it; accepted: 1\.34, 1\.35, 1\.36"
    ):
        add_on_versions("1.99")


def test_the_kubernetes_api_is_private_unless_blocks_are_named(usual: Deployed) -> None:
    private = usual.only("AWS::EKS::Cluster")["ResourcesVpcConfig"]
    assert (private["EndpointPrivateAccess"], private["EndpointPublicAccess"]) == (True, False)
    limited = deployed(public_endpoint_cidrs=[BLOCK]).only("AWS::EKS::Cluster")["ResourcesVpcConfig"]
    assert (limited["EndpointPrivateAccess"], limited["EndpointPublicAccess"]) == (True, True)
    assert limited["PublicAccessCidrs"] == [BLOCK]


def of_kubectl(cluster: Deployed) -> list[str]:
    """The logical ids of the functions that apply manifests."""
    return [name for name in cluster.ids("AWS::Lambda::Function") if "KubectlProvider" in name]


def test_kubectl_runs_in_the_clusters_subnets_and_security_group(usual: Deployed) -> None:
    """Otherwise it could not reach a private endpoint."""
    (cluster_id,) = usual.ids("AWS::EKS::Cluster")
    cluster = usual.only("AWS::EKS::Cluster")
    functions = of_kubectl(usual)
    assert len(functions) == 2
    for function in (usual.resources[name]["Properties"] for name in functions):
        assert function["VpcConfig"]["SubnetIds"] == cluster["ResourcesVpcConfig"]["SubnetIds"]
        (group,) = function["VpcConfig"]["SecurityGroupIds"]
        assert group == {"Fn::GetAtt": [cluster_id, "ClusterSecurityGroupId"]}


@pytest.mark.parametrize(("nat_gateways", "kind"), [(1, "Private"), (0, "Isolated")])
def test_nodes_are_in_private_subnets_of_every_zone(nat_gateways: int, kind: str) -> None:
    cluster = deployed(nat_gateways=nat_gateways).only("AWS::EKS::Cluster")
    names = [subnet["Fn::GetStackOutput"]["OutputName"] for subnet in cluster["ResourcesVpcConfig"]["SubnetIds"]]
    assert [f"{kind}Subnet{zone}" in name for zone, name in enumerate(names, start=1)] == [True] * 3


def test_secrets_and_logs_are_encrypted_by_the_environments_key(usual: Deployed) -> None:
    cluster = usual.only("AWS::EKS::Cluster")
    (encryption,) = cluster["EncryptionConfig"]
    assert encryption["Resources"] == ["secrets"]
    groups = usual.properties("AWS::Logs::LogGroup")
    assert len(groups) == 13
    assert all(group["KmsKeyId"] == encryption["Provider"]["KeyArn"] for group in groups)
    assert all(group["RetentionInDays"] == 30 for group in groups)
    use = next(each for each in usual.statements if "kms:CreateGrant" in each["Action"])
    assert use["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_every_kind_of_control_plane_log_goes_to_a_group_that_is_there_first(usual: Deployed) -> None:
    cluster = usual.only("AWS::EKS::Cluster")
    kinds = {each["Type"] for each in cluster["Logging"]["ClusterLogging"]["EnabledTypes"]}
    assert kinds == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    (cluster_id,) = usual.ids("AWS::EKS::Cluster")
    (group,) = usual.ids("AWS::Logs::LogGroup", naming=f"/aws/eks/{NAME}/cluster")
    assert group in usual.needs(cluster_id)


def test_logs_are_kept_unless_the_deployment_that_made_them_failed() -> None:
    """Their names are fixed: groups that a failed first deployment left behind would make the next one fail as well."""
    cluster = deployed(retained=True)
    for logical_id in cluster.ids("AWS::Logs::LogGroup", naming=f"/{NAME}/"):
        assert cluster.resources[logical_id]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert cluster.resources[logical_id]["UpdateReplacePolicy"] == "Retain"


def test_what_writes_logs_cannot_make_a_group_anew_after_its_deletion(usual: Deployed) -> None:
    (writing,) = (each for each in usual.statements if "logs:PutLogEvents" in each["Action"])
    assert len(writing["Resource"]) == len(usual.ids("AWS::Logs::LogGroup", naming="/aws/containerinsights/"))
    assert not any("logs:CreateLogGroup" in each["Action"] for each in usual.statements)


def test_identity_comes_from_pod_identity_without_the_agent_add_on_or_a_token_issuer(usual: Deployed) -> None:
    """EKS fact 14: Auto Mode has the agent built in; nothing makes an OIDC provider or writes IRSA's annotation."""
    names = {add_on["AddonName"] for add_on in usual.properties("AWS::EKS::Addon")}
    assert names == {"metrics-server", "amazon-cloudwatch-observability"}
    assert not usual.ids("AWS::IAM::OIDCProvider")
    assert not usual.ids("Custom::AWSCDKOpenIdConnectProvider")
    assert "eks.amazonaws.com/role-arn" not in str(usual.resources)


def test_metrics_server_and_container_insights_are_there(usual: Deployed) -> None:
    """EKS fact 16: neither is by default. Application Signals would add containers that `restricted` refuses."""
    insights = usual.add_on("amazon-cloudwatch-observability")
    assert json.loads(insights["ConfigurationValues"]) == {
        "agent": {"config": {"logs": {"metrics_collected": {"kubernetes": {"enhanced_container_insights": True}}}}},
        "containerLogs": {"enabled": True},
        "manager": {"applicationSignals": {"autoMonitor": {"monitorAllServices": False}}},
    }
    (identity,) = insights["PodIdentityAssociations"]
    assert identity["ServiceAccount"] == "cloudwatch-agent"
    assert usual.add_on("metrics-server")["AddonVersion"]


@pytest.mark.parametrize("nodes", ["auto_mode", "managed_node_groups"])
def test_what_somebody_changed_in_an_add_on_by_hand_fails_no_update(nodes: str) -> None:
    """With `NONE` an update fails by it, with `PRESERVE` the change stays (EKS API Reference, "UpdateAddon")."""
    add_ons = deployed(nodes=nodes).properties("AWS::EKS::Addon")
    assert {add_on["AddonName"]: add_on["ResolveConflicts"] for add_on in add_ons} == dict.fromkeys(
        (add_on["AddonName"] for add_on in add_ons), "OVERWRITE"
    )


def test_a_zone_in_trouble_can_be_taken_out(usual: Deployed) -> None:
    """Off by default (EKS User Guide, "Learn about Amazon Application Recovery Controller (ARC) zonal shift")."""
    assert usual.only("AWS::EKS::Cluster")["ZonalShiftConfig"] == {"Enabled": True}


def test_add_ons_wait_for_nodes_to_run_on(usual: Deployed) -> None:
    pool = usual.manifest_of("NodePool")
    for add_on in usual.ids("AWS::EKS::Addon"):
        assert pool in usual.needs(add_on)


@pytest.mark.parametrize("retained", [True, False])
def test_a_cluster_that_is_kept_cannot_be_deleted_and_is_not_upgraded_by_itself(*, retained: bool) -> None:
    """EKS fact 12: no deletion protection in disposable environments."""
    cluster = deployed(retained=retained).only("AWS::EKS::Cluster")
    assert cluster["DeletionProtection"] is retained
    assert cluster["UpgradePolicy"] == {"SupportType": "EXTENDED" if retained else "STANDARD"}


@pytest.mark.parametrize("tier", ["standard", "tier-xl", "tier-8xl"])
def test_the_control_plane_is_of_the_tier_that_the_environment_names(tier: str) -> None:
    """EKS fact 22: large clusters need a provisioned control plane."""
    cluster = deployed(control_plane_tier=tier).only("AWS::EKS::Cluster")
    assert cluster["ControlPlaneScalingConfig"] == {"Tier": tier}


def test_kubectl_may_do_no_more_in_aws_than_find_the_cluster(usual: Deployed) -> None:
    (handler,) = (
        function for function in usual.properties("AWS::Lambda::Function") if function["Handler"] == "index.handler"
    )
    (role_id, _) = handler["Role"]["Fn::GetAtt"]
    policies = usual.resources[role_id]["Properties"]["ManagedPolicyArns"]
    assert len(policies) == 1
    assert "AWSLambdaVPCAccessExecutionRole" in str(policies)
    (own,) = (each for each in usual.statements if each["Action"] == "eks:DescribeCluster")
    assert f"cluster/{NAME}" in str(own["Resource"])


def test_whatever_applies_manifests_outlives_them(usual: Deployed) -> None:
    """EKS fact 10: the handler swallows errors of deletions, so its rights and its way in go after the last object."""
    for manifest in usual.ids("Custom::AWSCDK-EKS-KubernetesResource"):
        needed = usual.needs(manifest)
        assert set(of_kubectl(usual)) <= needed
        assert set(usual.ids("AWS::IAM::ManagedPolicy", naming="eks:DescribeCluster")) <= needed
        assert set(usual.ids("AWS::IAM::ManagedPolicy", naming="kms:CreateGrant")) <= needed
        assert set(usual.ids("AWS::EKS::AccessEntry", naming="AmazonEKSClusterAdminPolicy")) <= needed


def test_manifests_are_not_pruned(usual: Deployed) -> None:
    """EKS fact 11: `kubectl apply --prune` knows no custom kinds; every pool is a manifest of its own instead."""
    for manifest in usual.properties("Custom::AWSCDK-EKS-KubernetesResource"):
        assert "PruneLabel" not in manifest


@pytest.mark.parametrize("supported", get_args(KubernetesVersion))
def test_every_object_passes_the_schemas_of_the_clusters_version(supported: str) -> None:
    viewer = "arn:aws:iam::111122223333:role/Viewer"
    headroom = {"pods": 2, "cpu": "2", "memory": "4Gi"}
    for nodes, pools in (("auto_mode", MIXED), ("managed_node_groups", [{"name": "cpu"}, *MIXED[1:]])):
        cluster = deployed(version=supported, nodes=nodes, node_pools=pools, headroom=headroom, viewers=[viewer])
        assert findings(cluster.document, supported) == []


def test_a_vpc_in_one_zone_is_refused() -> None:
    vpc = aws_ec2.Vpc.from_vpc_attributes(
        Stack(unvalidated_app(), "Stack"),
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["us-east-1a"],
        isolated_subnet_ids=["subnet-1"],
        isolated_subnet_route_table_ids=["rtb-1"],
    )
    with pytest.raises(ValueError, match="private or isolated subnets in 1 zones; accepted: 2 or more"):
        node_subnets(vpc)


def test_no_function_that_runs_kubectl_makes_its_log_group_itself(usual: Deployed) -> None:
    """EKS fact 11: the first manifest calls them, and the last to be deleted; what they make is not encrypted."""
    groups = {each for each in usual.ids("AWS::Logs::LogGroup") if "KubectlProvider" in each}
    assert len(groups) == 2
    for manifest in usual.ids("Custom::AWSCDK-EKS-KubernetesResource"):
        assert groups <= usual.needs(manifest)
