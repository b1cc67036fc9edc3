"""What the cluster's own role, and that of what sends its metrics and logs, may do in AWS."""

from typing import Any

import pytest

from tests.templates import strings_in
from tests.unit.eks.clusters import NAME, Deployed, deployed


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed()


def allowed_by(cluster: Deployed, policy_with: str) -> list[dict[str, Any]]:
    """The statements of the one managed policy that has some text in it; each allows something."""
    (policy,) = cluster.ids("AWS::IAM::ManagedPolicy", naming=policy_with)
    statements: list[dict[str, Any]] = cluster.resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert {each["Effect"] for each in statements} == {"Allow"}
    return [{key: value for key, value in each.items() if key != "Effect"} for each in statements]


@pytest.mark.parametrize("nodes", ["auto_mode", "managed_node_groups"])
def test_the_cluster_may_use_the_environments_key_for_secrets_and_disks(nodes: str) -> None:
    """A node of Auto Mode whose disk's key the cluster may not use is never started (EKS User Guide, "Enable EBS Volume
    Encryption with Customer Managed KMS Keys for EKS Auto Mode"). Grants are for AWS's own resources only."""
    cluster = deployed(nodes=nodes)
    (encryption,) = cluster.only("AWS::EKS::Cluster")["EncryptionConfig"]
    key = encryption["Provider"]["KeyArn"]
    assert allowed_by(cluster, "kms:CreateGrant") == [
        {
            "Action": [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ListGrants",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            "Resource": key,
        },
        {
            "Action": ["kms:CreateGrant", "kms:RevokeGrant"],
            "Resource": key,
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
    ]


def test_the_agent_writes_to_the_clusters_log_groups_and_two_namespaces(usual: Deployed) -> None:
    """CloudWatchAgentServerPolicy has `*` for all of it: whoever is in a pod of the agent could write to any log group,
    and any metric, which alarms go by (CloudWatch, "Using condition keys to limit access to CloudWatch namespaces")."""
    groups = usual.ids("AWS::Logs::LogGroup", naming="/aws/containerinsights/")
    assert allowed_by(usual, "cloudwatch:PutMetricData") == [
        {
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": [{"Fn::GetAtt": [group, "Arn"]} for group in groups],
        },
        {"Action": ["ec2:DescribeTags", "ec2:DescribeVolumes", "logs:DescribeLogGroups"], "Resource": "*"},
        {
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": ["CWAgent", "ContainerInsights"]}},
        },
    ]
    assert len(groups) == 4


@pytest.mark.parametrize(
    ("described", "namespace", "account"),
    [
        ("The CloudWatch agent and Fluent Bit in a cluster", "amazon-cloudwatch", "cloudwatch-agent"),
        ("The Cluster Autoscaler of", "kube-system", "cluster-autoscaler"),
    ],
)
def test_other_pods_get_no_role_of_these(described: str, namespace: str, account: str) -> None:
    """EKS Pod Identity takes roles for every cluster's pods and says whose by session tags (EKS User Guide, "Create IAM
    role with trust policy required by EKS Pod Identity"). That it says `aws:SourceAccount` is nowhere told."""
    cluster = deployed(nodes="managed_node_groups")
    (role,) = (each for each in cluster.properties("AWS::IAM::Role") if described in each.get("Description", ""))
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    tags = statement.pop("Condition")["StringEquals"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    arn = "".join(strings_in(tags.pop("aws:RequestTag/eks-cluster-arn")))
    assert arn.endswith(f":eks:us-east-1:111122223333:cluster/{NAME}")
    assert tags == {
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": account,
    }
