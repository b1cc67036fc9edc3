"""What CloudFormation asks for to create, read, update, delete and list a resource, by its type."""

import json
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

#: CloudFormation's registry says nothing of these, so it is said here.
UNSAID = {
    "AWS::CodeBuild::Project": {
        "codebuild:BatchGetProjects",
        "codebuild:CreateProject",
        "codebuild:DeleteProject",
        "codebuild:UpdateProject",
        "iam:PassRole",
    },
    "Custom::": {"lambda:InvokeFunction"},
}
#: What a type's handlers could ask for, but no template of ours makes them ask. No document may allow it.
NOT_NEEDED = {
    "integrations of other services with the type": (
        "acm-pca:* amplify:* apigateway:* apprunner:* appsync:* autoscaling:* bedrock-agentcore:* cognito-idp:* "
        "elasticfilesystem:* firehose:* payments:* s3files:* s3tables:* vpc-lattice:* vpce:* iam:DescribeOrganization"
    ),
    "users, groups and instance profiles: there are only roles": "iam:*Group* iam:*User* iam:*InstanceProfile*",
    "data in buckets and under keys is not CloudFormation's": (
        "s3:DeleteObject s3:PutObjectAcl s3:REST.PUT.OBJECT kms:Encrypt"
    ),
    "features of buckets that none has": (
        "s3:Put*Acl s3:PutBucketAbac s3:*BucketWebsite s3:*BucketCORS s3:Put*Accelerate* s3:PutAnalytics* "
        "s3:DeleteBucketAnalytics* s3:PutInventory* s3:PutIntelligent* s3:PutMetrics* s3:DeleteBucketMetrics* "
        "s3:*BucketReplication s3:PutReplication* s3:Put*ObjectLock* s3:*BucketMetadata*"
    ),
    "features of functions that none has": (
        "lambda:AssociateRuntimeAlias lambda:PassCapacityProvider lambda:Put*CodeSigning* lambda:Delete*CodeSigning* "
        "lambda:PutProvisioned* lambda:DeleteProvisioned* lambda:PutFunctionScaling* lambda:PutFunctionRecursion* "
        "lambda:GetCodeSigningConfig"
    ),
    "features of networks and load balancers that none has": (
        "ec2:AcceptAddressTransfer ec2:*VerifiedAccess* ec2:*tachVpnGateway ec2:CreateVpcEncryptionControl "
        "ec2:*PrivateNatGatewayAddress ec2:*ssociateNatGatewayAddress ec2:*ssociateSubnetCidrBlock "
        "ec2:ModifyVpcTenancy elasticloadbalancing:ModifyCapacityReservation elasticloadbalancing:ModifyIpPools"
    ),
    "features of logs and topics that none has": (
        "logs:PutDataProtectionPolicy logs:DeleteDataProtectionPolicy logs:PutIndexPolicy logs:DeleteIndexPolicy "
        "logs:PutBearerTokenAuthentication logs:PutLogGroupDeletionProtection sns:PutDataProtectionPolicy"
    ),
    "no action of IAM's: the Put… action allows it": "s3:DeleteBucketEncryption s3:DeleteBucketLifecycle",
    "what people do, not deployments": (
        "codepipeline:*StageTransition codepipeline:StartPipelineExecution application-autoscaling:*Scheduled* "
        "eks:ActivateCertificateAuthority"
    ),
}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def matches(patterns: str | list[str], value: str) -> bool:
    """IAM's wildcards; actions are written in any case."""
    return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in listed(patterns))


@cache
def handlers() -> dict[str, set[str]]:
    """By type, every permission that its handlers name in CloudFormation's registry, as cfn-lint ships it."""
    found: dict[str, set[str]] = {}
    for file in resources.files("cfnlint.data.schemas.resources").iterdir():
        if file.name.endswith(".json"):
            schema = json.loads(file.read_text())
            permissions = [handler["permissions"] for handler in schema.get("handlers", {}).values()]
            found[schema["typeName"]] = {permission for several in permissions for permission in several}
    return found


def is_not_needed(action: str) -> bool:
    return any(matches(patterns.split(), action) for patterns in NOT_NEEDED.values())


def needed(kind: str) -> set[str]:
    if kind.startswith("Custom::"):
        return UNSAID["Custom::"]
    permissions = UNSAID.get(kind) or handlers()[kind]
    assert permissions, f"nobody says what CloudFormation needs for {kind}: add it to UNSAID"
    return {action for action in permissions if not is_not_needed(action)}


@cache
def services_of_iam() -> dict[str, Any]:
    """IAM's actions, the types of resource that each acts on, and their ARNs, as cfn-lint ships them."""
    file = resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json")
    found: dict[str, Any] = json.loads(file.read_text())
    return found
