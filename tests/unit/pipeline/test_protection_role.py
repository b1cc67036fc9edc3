"""The pipeline protects stacks by a role that may do that, for the one step that does it."""

from typing import Any

import pytest
from aws_cdk import Environment, Stack
from aws_cdk.assertions import Template

from inference_constructs.pipeline import ProtectionRole
from tests.templates import only, statements, unvalidated_app

TRUSTED = "arn:aws:iam::999988887777:role/slipway-pipeline-protect-prod"


@pytest.fixture(scope="module")
def template(feature_flags: dict[str, Any]) -> Template:
    stack = Stack(
        unvalidated_app(context=feature_flags), "Stack", env=Environment(account="333344445555", region="eu-west-1")
    )
    ProtectionRole(
        stack, "Protection", role_name="slipway-prod-protection", environment="prod", trusted_role_arn=TRUSTED
    )
    return Template.from_stack(stack)


def test_it_trusts_the_step_that_protects_and_no_other(template: Template) -> None:
    role = only(template, "AWS::IAM::Role")
    assert role["RoleName"] == "slipway-prod-protection"
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert ":iam::999988887777:root" in str(statement["Principal"]["AWS"])
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": [TRUSTED]}}


def test_it_may_protect_the_stacks_of_its_environment(template: Template) -> None:
    (statement,) = statements(template)
    assert statement["Action"] == ["cloudformation:DescribeStacks", "cloudformation:UpdateTerminationProtection"]
    assert ":cloudformation:eu-west-1:333344445555:stack/slipway-prod-*" in str(statement["Resource"])
