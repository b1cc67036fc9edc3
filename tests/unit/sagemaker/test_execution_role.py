"""The execution role may do what hosting takes, and nothing else."""

from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.templates import only, resources, statements, strings_in
from tests.unit.sagemaker.endpoints import deployed


@pytest.fixture(scope="module")
def usual() -> Template:
    return deployed().template


def allowing(template: Template, action: str) -> dict[str, Any]:
    (statement,) = [
        statement
        for statement in statements(template)
        if action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    return statement


def limited(template: Template, service: str) -> dict[tuple[str, ...], list[str]]:
    """What may be done with a service's resources that are named, as they stand at the end of an ARN."""
    found = {}
    for statement in statements(template):
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        if actions[0].startswith(f"{service}:") and statement["Resource"] != "*":
            places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            names = tuple(action.removeprefix(f"{service}:") for action in actions)
            found[names] = [text_of(place).split(":")[-1] for place in places]
    return found


def text_of(node: Any) -> str:
    """An ARN with what the template refers to in it as `LogicalId.Attribute`."""
    if isinstance(node, str):
        return node
    ((function, argument),) = node.items()
    if function == "Fn::Join":
        return "".join(text_of(part) for part in argument[1])
    return ".".join(argument) if function == "Fn::GetAtt" else str(argument)


def test_it_reads_one_object(usual: Template) -> None:
    statement = allowing(usual, "s3:GetObject")
    assert statement["Action"] == "s3:GetObject"
    assert "".join(strings_in(statement["Resource"])).endswith(":s3:::models/triage/1/model.tar.gz")


def test_it_pulls_from_the_repository_of_the_images_account(usual: Template) -> None:
    """SageMaker fact 18: the image may be in another account; the statement names that one."""
    statement = allowing(usual, "ecr:BatchGetImage")
    assert "".join(strings_in(statement["Resource"])).endswith(":ecr:us-east-1:111122223333:repository/serving")


def test_it_writes_to_its_own_log_group(usual: Template) -> None:
    (log_group,) = usual.find_resources("AWS::Logs::LogGroup")
    assert allowing(usual, "logs:PutLogEvents")["Resource"] == {"Fn::GetAtt": [log_group, "Arn"]}


def test_metrics_are_limited_to_sagemakers_namespaces(usual: Template) -> None:
    namespaces = allowing(usual, "cloudwatch:PutMetricData")["Condition"]["StringLike"]["cloudwatch:namespace"]
    assert namespaces == ["AWS/SageMaker", "/aws/sagemaker/*"]


def test_network_interfaces_are_made_in_the_endpoints_subnets_and_removed_again(usual: Template) -> None:
    """SageMaker Developer Guide, "Give SageMaker AI Hosted Endpoints Access to Resources in Your Amazon VPC", has these
    actions; making an interface is asked for the interface, its subnet and its security group (Service Authorization
    Reference, "Actions defined by Amazon EC2"). Without one of them the endpoint fails, or leaves interfaces behind."""
    (group,) = usual.find_resources("AWS::EC2::SecurityGroup")
    interfaces = "network-interface/*"
    assert limited(usual, "ec2") == {
        ("CreateNetworkInterface",): [
            interfaces,
            "subnet/subnet-1",
            "subnet/subnet-2",
            f"security-group/{group}.GroupId",
        ],
        ("CreateNetworkInterfacePermission", "DeleteNetworkInterface", "DeleteNetworkInterfacePermission"): [
            interfaces
        ],
    }


def test_one_key_is_granted_to_the_volumes(usual: Template) -> None:
    """SageMaker Developer Guide, "How to use SageMaker AI execution roles": a grant, for a volume's key. Its
    description is what AWS's own policies for such roles allow beside it ("AWS managed policies for SageMaker AI")."""
    (key,) = usual.find_resources("AWS::KMS::Key")
    (statement,) = [each for each in statements(usual) if "kms:" in str(each["Action"])]
    assert statement == {
        "Effect": "Allow",
        "Action": ["kms:CreateGrant", "kms:DescribeKey"],
        "Resource": {"Fn::GetAtt": [key, "Arn"]},
    }


def test_every_action_on_everything_is_one_that_cannot_be_limited(usual: Template) -> None:
    unlimited = {
        action
        for statement in statements(usual)
        if statement["Resource"] == "*"
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert unlimited == {
        "cloudwatch:PutMetricData",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "ecr:GetAuthorizationToken",
    }


def test_only_sagemaker_for_this_account_assumes_it(usual: Template) -> None:
    (statement,) = only(usual, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_no_managed_policy_of_aws_and_no_inline_one(usual: Template) -> None:
    role = only(usual, "AWS::IAM::Role")
    assert "ManagedPolicyArns" not in role
    assert "Policies" not in role
    assert not resources(usual, "AWS::IAM::Policy")


def test_the_old_version_keeps_its_permissions_while_the_new_one_takes_over() -> None:
    """A policy that is replaced stays attached until CloudFormation cleans up, after the endpoint's update."""
    names = [
        list(deployed(s3_uri=f"s3://models/triage/{version}/model.tar.gz").template.find_resources(kind))
        for version in (1, 2)
        for kind in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Role")
    ]
    old_policy, old_role, new_policy, new_role = names
    assert old_policy != new_policy
    assert old_role == new_role
