"""What CloudFormation asks for to create, read, update, delete and list a resource, by its type."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

#: What CloudFormation's registry leaves out, of a type or altogether.
UNSAID = {
    # Tried with the caller's permissions before anything is registered: Application Auto Scaling User Guide,
    # "Identity-based policy examples" (SageMaker endpoints) and "Permissions validation for … target resources".
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricAlarm",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
    },
    "AWS::CodeBuild::Project": {
        "codebuild:BatchGetProjects",
        "codebuild:CreateProject",
        "codebuild:DeleteProject",
        "codebuild:UpdateProject",
        "iam:PassRole",
    },
    # With private DNS: Service Authorization Reference, dependent actions of ec2:CreateVpcEndpoint.
    "AWS::EC2::VPCEndpoint": {"route53:AssociateVPCWithHostedZone"},
    # AWS's own policy for who makes load balancers, ElasticLoadBalancingFullAccess, allows it besides ec2:Describe….
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {"ec2:GetSecurityGroupsForVpc"},
    # A key for its volumes: SageMaker's "API permissions reference". One that scales: its error where it is deleted.
    "AWS::SageMaker::Endpoint": {"application-autoscaling:DeregisterScalableTarget", "kms:CreateGrant"},
    "Custom::": {"lambda:InvokeFunction"},
}
#: Of these types, all that is unsaid is tried with no resource's name, or with one not ours: only `*` allows it.
PROBED = ("AWS::ApplicationAutoScaling::ScalableTarget",)
#: In the registry, but IAM knows no such actions: s3:PutEncryptionConfiguration, say, allows DeleteBucketEncryption.
NO_ACTIONS = (
    "iam:DescribeOrganization lambda:AssociateRuntimeAlias s3:DeleteBucketEncryption s3:DeleteBucketLifecycle "
    "s3:REST.PUT.OBJECT"
)
#: What a type's handlers ask for, but never in an account of ours, whatever its properties.
NOT_NEEDED = {
    "firewalls guard load balancers, and log to log groups": (
        "amplify:* apigateway:* apprunner:* appsync:* bedrock-agentcore:* cognito-idp:*WebACL* ec2:*VerifiedAccess* "
        "firehose:ListDeliveryStreams"
    ),
    "data in buckets is not CloudFormation's": "s3:DeleteObject s3:PutObjectAcl",
    "what scales are variants of endpoints": "lambda:PutProvisioned* lambda:DeleteProvisioned*",
}


@dataclass(frozen=True)
class Feature:
    """What CloudFormation needs only for resources that have one of some properties, at any depth."""

    kind: str
    properties: str
    actions: str


#: Features that no template has, by the properties that would bring them. No document may allow their actions.
FEATURES = (
    Feature("AWS::CertificateManager::Certificate", "CertificateAuthorityArn", "acm-pca:*"),
    Feature("AWS::CodePipeline::Pipeline", "DisableInboundStageTransitions", "codepipeline:*StageTransition"),
    Feature("AWS::EC2::EIP", "TransferAddress", "ec2:AcceptAddressTransfer"),
    Feature(
        "AWS::EC2::NatGateway",
        "PrivateIpAddress SecondaryPrivateIpAddressCount SecondaryPrivateIpAddresses",
        "ec2:*PrivateNatGatewayAddress",
    ),
    Feature(
        "AWS::EC2::NatGateway", "AvailabilityZoneAddresses SecondaryAllocationIds", "ec2:*ssociateNatGatewayAddress"
    ),
    Feature(
        "AWS::EC2::Subnet",
        "AssignIpv6AddressOnCreation Ipv6CidrBlock Ipv6CidrBlocks Ipv6IpamPoolId Ipv6Native Ipv6NetmaskLength",
        "ec2:*ssociateSubnetCidrBlock",
    ),
    Feature("AWS::EC2::VPC", "VpcEncryptionControl", "ec2:CreateVpcEncryptionControl"),
    Feature("AWS::EC2::VPCEndpoint", "ResourceConfigurationArn ServiceNetworkArn", "vpc-lattice:*"),
    Feature("AWS::EC2::VPCEndpoint", "ServiceRegion", "vpce:AllowMultiRegion"),
    Feature("AWS::EC2::VPCGatewayAttachment", "VpnGatewayId", "ec2:*tachVpnGateway"),
    Feature(
        "AWS::EKS::Cluster", "ActiveCertificateAuthorityId CertificateAuthority", "eks:ActivateCertificateAuthority"
    ),
    # A node class of ours names the role in Kubernetes, and EKS makes its profile by its service-linked role.
    Feature("AWS::EKS::Cluster", "NodeRoleArn", "iam:*InstanceProfile"),
    Feature("AWS::ElasticLoadBalancingV2::Listener", "AuthenticateCognitoConfig", "cognito-idp:DescribeUserPoolClient"),
    Feature(
        "AWS::ElasticLoadBalancingV2::ListenerRule", "AuthenticateCognitoConfig", "cognito-idp:DescribeUserPoolClient"
    ),
    Feature("AWS::ElasticLoadBalancingV2::LoadBalancer", "Ipv4IpamPoolId", "elasticloadbalancing:ModifyIpPools"),
    Feature("AWS::IAM::ManagedPolicy", "Groups", "iam:*GroupPolicy"),
    Feature("AWS::IAM::ManagedPolicy", "Users", "iam:*UserPolicy"),
    Feature("AWS::IAM::Policy", "Groups", "iam:*GroupPolicy"),
    Feature("AWS::IAM::Policy", "Users", "iam:*UserPolicy"),
    Feature("AWS::Lambda::Function", "CapacityProviderConfig", "lambda:PassCapacityProvider"),
    Feature(
        "AWS::Lambda::Function",
        "CodeSigningConfigArn",
        "lambda:PutFunctionCodeSigning* lambda:DeleteFunctionCodeSigning* lambda:GetCodeSigningConfig",
    ),
    Feature("AWS::Lambda::Function", "FileSystemConfigs", "elasticfilesystem:* s3files:*"),
    Feature("AWS::Lambda::Function", "FunctionScalingConfig", "lambda:PutFunctionScaling*"),
    Feature("AWS::Lambda::Function", "KmsKeyArn", "kms:Encrypt"),
    Feature("AWS::Lambda::Function", "RecursiveLoop", "lambda:PutFunctionRecursion*"),
    Feature("AWS::Logs::LogGroup", "BearerTokenAuthenticationEnabled", "logs:PutBearerTokenAuthentication"),
    Feature(
        "AWS::Logs::LogGroup",
        "DataProtectionPolicy",
        "logs:PutDataProtectionPolicy logs:DeleteDataProtectionPolicy firehose:TagDeliveryStream",
    ),
    Feature("AWS::Logs::LogGroup", "DeletionProtectionEnabled", "logs:PutLogGroupDeletionProtection"),
    Feature("AWS::Logs::LogGroup", "FieldIndexPolicies", "logs:PutIndexPolicy logs:DeleteIndexPolicy"),
    Feature("AWS::S3::Bucket", "AbacStatus", "s3:PutBucketAbac"),
    Feature("AWS::S3::Bucket", "AccelerateConfiguration", "s3:PutAccelerate*"),
    Feature("AWS::S3::Bucket", "AccessControl", "s3:PutBucketAcl"),
    Feature("AWS::S3::Bucket", "AnalyticsConfigurations", "s3:PutAnalytics* s3:DeleteBucketAnalytics*"),
    Feature("AWS::S3::Bucket", "CorsConfiguration", "s3:*BucketCORS"),
    Feature("AWS::S3::Bucket", "IntelligentTieringConfigurations", "s3:PutIntelligent*"),
    Feature("AWS::S3::Bucket", "InventoryConfigurations", "s3:PutInventory*"),
    Feature("AWS::S3::Bucket", "MetadataConfiguration MetadataTableConfiguration", "s3:*BucketMetadata* s3tables:*"),
    Feature("AWS::S3::Bucket", "MetricsConfigurations", "s3:PutMetrics* s3:DeleteBucketMetrics*"),
    Feature("AWS::S3::Bucket", "ObjectLockConfiguration ObjectLockEnabled", "s3:Put*ObjectLock*"),
    Feature("AWS::S3::Bucket", "ReplicationConfiguration", "s3:*BucketReplication s3:PutReplication*"),
    Feature("AWS::S3::Bucket", "WebsiteConfiguration", "s3:*BucketWebsite"),
    Feature("AWS::SNS::Topic", "DataProtectionPolicy", "sns:PutDataProtectionPolicy"),
    Feature("AWS::WAFv2::WebACL", "MonetizationConfig", "payments:*"),
)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def matches(patterns: str | list[str], value: str) -> bool:
    """IAM's wildcards; actions are written in any case."""
    return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in listed(patterns))


def schemas() -> Iterator[dict[str, Any]]:
    """CloudFormation's registry, as cfn-lint ships it."""
    for file in resources.files("cfnlint.data.schemas.resources").iterdir():
        if file.name.endswith(".json"):
            yield json.loads(file.read_text())


@cache
def handlers() -> dict[str, set[str]]:
    """By type, every permission that its handlers name."""
    found: dict[str, set[str]] = {}
    for schema in schemas():
        for handler in schema.get("handlers", {}).values():
            found.setdefault(schema["typeName"], set()).update(handler["permissions"])
    return found


def property_names() -> dict[str, set[str]]:
    """By type, the names of its properties and of theirs."""
    found: dict[str, set[str]] = {}
    for schema in schemas():
        for definition in (schema, *schema.get("definitions", {}).values()):
            found.setdefault(schema["typeName"], set()).update(definition.get("properties", {}))
    return found


def is_not_needed(kind: str, action: str) -> bool:
    of_features = [feature.actions for feature in FEATURES if feature.kind == kind]
    return any(matches(patterns.split(), action) for patterns in (NO_ACTIONS, *NOT_NEEDED.values(), *of_features))


def needed(kind: str) -> set[str]:
    """What CloudFormation asks for to handle a type as our templates use it."""
    if kind.startswith("Custom::"):
        return UNSAID["Custom::"]
    permissions = handlers().get(kind, set()) | UNSAID.get(kind, set())
    assert permissions, f"nobody says what CloudFormation needs for {kind}: add it to UNSAID"
    return {action for action in permissions if not is_not_needed(kind, action)}


@cache
def services_of_iam() -> dict[str, Any]:
    """IAM's actions, the types of resource that each acts on, and their ARNs, as cfn-lint ships them."""
    file = resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found
