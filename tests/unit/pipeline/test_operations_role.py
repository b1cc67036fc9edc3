"""The pipeline looks at what it deployed by a role of each environment's account, which may change nothing."""

from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk.assertions import Template

from inference_constructs.pipeline import OperationsRole
from tests.templates import only, statements

TRUSTED = ["arn:aws:iam::999988887777:role/slipway-pipeline-check-prod"]


@pytest.fixture(scope="module")
def template(feature_flags: dict[str, Any]) -> Template:
    stack = Stack(App(context=feature_flags), "Stack", env=Environment(account="333344445555", region="eu-west-1"))
    OperationsRole(
        stack,
        "Operations",
        role_name="slipway-prod-eu-west-1-operations",
        environment="prod",
        trusted_role_arns=TRUSTED,
    )
    return Template.from_stack(stack)


def test_it_trusts_the_named_roles_of_the_tools_account_only(template: Template) -> None:
    role = only(template, "AWS::IAM::Role")
    assert role["RoleName"] == "slipway-prod-eu-west-1-operations"
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRole"
    assert ":iam::999988887777:root" in str(statement["Principal"]["AWS"])
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": TRUSTED}}


def test_it_reads_and_invokes_and_does_nothing_else(template: Template) -> None:
    actions = {action for statement in statements(template) for action in _listed(statement["Action"])}
    verbs = {action.split(":")[1] for action in actions}
    assert all(verb.startswith(("Describe", "List", "Get")) or verb == "InvokeEndpoint" for verb in verbs)
    assert {"cloudformation:GetTemplate", "sagemaker:InvokeEndpoint", "cloudwatch:DescribeAlarms"} <= actions


def test_it_reaches_its_own_environment_in_its_own_region(template: Template) -> None:
    named = [
        resource
        for statement in statements(template)
        for resource in _listed(statement["Resource"])
        if "elasticloadbalancing" not in str(statement["Action"])
    ]
    assert len(named) == 4
    for resource in named:
        assert ":eu-west-1:333344445555:" in str(resource)
        assert "prod" in str(resource) or "alarm:*" in str(resource)


def test_roles_of_several_accounts_are_refused(feature_flags: dict[str, Any]) -> None:
    others = [*TRUSTED, "arn:aws:iam::111122223333:role/other"]
    with pytest.raises(ValueError, match="are no roles of one account"):
        OperationsRole(
            Stack(App(context=feature_flags), "Stack"),
            "Operations",
            role_name="slipway-prod-operations",
            environment="prod",
            trusted_role_arns=others,
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
