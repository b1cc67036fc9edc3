"""Why findings of the security rules are accepted on what CDK Pipelines makes of its own accord.

CDK Pipelines writes the policies of its roles itself. What is accepted of them is named here, one kind of wildcard at a
time: another one, in a newer version or by a change of ours, is a finding again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aws_cdk import RemovalPolicy, Stack, aws_iam, aws_s3
from aws_cdk.pipelines import CodePipeline

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.common.retention import retain_after_first_deploy
from inference_constructs.pipeline.artifact_store import artifact_expiry

_WILDCARD = "AwsSolutions::AwsSolutions-IAM5"
_INLINE = "NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy"

#: What the pipeline's policies may have of wildcards, by the finding's own text.
_ACCEPTED: Mapping[str, str] = {
    r"Action::(s3:(Abort|DeleteObject|GetBucket|GetObject|List)|kms:(GenerateDataKey|ReEncrypt))\*": "what the CDK"
    " grants on a bucket and its key; the resources beside it are the pipeline's artifact stores",
    r"Resource::<Artifacts\w+\.Arn>/\*": "CodePipeline gives the artifacts of each execution new names",
    r"Resource::arn:aws:s3:::slipway-pipeline-support-[\w-]+/\*": "the same of the artifact store in another region",
    r"Resource::arn:aws:logs:[\w-]+:\d+:log-group:/aws/codebuild/(<\w+>:)?\*": "streams of CodeBuild's own log groups,"
    " which the projects do not write to: they have the pipeline's encrypted one",
    r"Resource::arn:aws:codebuild:[\w-]+:\d+:report-group/(<\w+>-)?\*": "CodeBuild names report groups after projects",
    r"Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/\*": "interfaces of CodeBuild"
    ' alone, and only in the named subnets: the statement\'s condition says so (CodeBuild User Guide, "VPC")',
    r"Resource::arn:\*:iam::\d+:role/\*": "roles of the tools account's bootstrap stack only: the condition asks for"
    " their tag",
}
#: Wildcards for everything are accepted of these actions alone.
_EVERYWHERE: Mapping[frozenset[str], str] = {
    frozenset({"cloudformation:DescribeStacks", "s3:ListBucket"}): "the CDK command line looks whether the account is"
    " bootstrapped; it reads names and states",
    frozenset(
        {
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        }
    ): "what CodeBuild needs to run in a VPC, as its User Guide has it",
    frozenset({"codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"}): "CDK Pipelines gives it to"
    " the roles that publish assets; another statement takes it from them",
    frozenset(
        {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
    ): "the key of another region's artifact store goes by its alias here, which a policy cannot name; that key's own"
    " policy decides",
}


def explain_findings(pipeline: CodePipeline) -> None:
    """Accept what is known of the policies of a pipeline and of its artifact stores in other regions.

    Args:
        pipeline: The pipeline, after it was built.
    """
    stack = Stack.of(pipeline)
    for construct in stack.node.find_all():
        if isinstance(construct, aws_iam.Policy):
            document = stack.resolve(construct.document)
            reasons = {_INLINE: "CDK Pipelines gives each of its roles one policy of its own, used by nothing else"}
            acknowledge(construct, reasons | dict(_reasons(document["Statement"])))
    for support in pipeline.pipeline.cross_region_support.values():
        if isinstance(support.replication_bucket, aws_s3.Bucket):
            _care_for(support.replication_bucket)


def _reasons(statements: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for statement in statements:
        actions = _listed(statement["Action"])
        everywhere = _EVERYWHERE.get(frozenset(actions))
        for resource in map(_flat, _listed(statement["Resource"])):
            if resource == "*" and everywhere is not None:
                yield f"{_WILDCARD}[Resource::*]", everywhere
            yield from _accepted(f"Resource::{resource}")
        for action in actions:
            yield from _accepted(f"Action::{action}")


def _accepted(finding: str) -> Iterator[tuple[str, str]]:
    for pattern, reason in _ACCEPTED.items():
        if re.fullmatch(pattern, finding):
            yield f"{_WILDCARD}[{finding}]", reason


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flat(value: Any) -> str:
    """A resource as the rules' findings write it."""
    match value:
        case {"Fn::Join": ["", parts]}:
            return "".join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case _:
            return str(value)


def _care_for(bucket: aws_s3.Bucket) -> None:
    """The CDK's bucket in another region keeps everything for ever, and has a fixed name that is taken then."""
    bucket.add_lifecycle_rule(**artifact_expiry())
    bucket.apply_removal_policy(retain_after_first_deploy(RemovalPolicy.RETAIN))
    resource = bucket.node.default_child
    if isinstance(resource, aws_s3.CfnBucket):
        resource.versioning_configuration = aws_s3.CfnBucket.VersioningConfigurationProperty(status="Enabled")
    copies = "copies of artifacts for the deployments of one region, made again by every execution and kept for 90 days"
    acknowledge(
        bucket,
        {
            "AwsSolutions::AwsSolutions-S1": copies,
            "NIST.800.53.R5::NIST.800.53.R5-S3BucketLoggingEnabled": copies,
            "NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled": copies,
        },
    )
