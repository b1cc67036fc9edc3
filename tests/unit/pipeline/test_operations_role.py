"""The pipeline looks at what it deployed by a role of each environment's account, which may change nothing."""

import re
from typing import Any

import pytest
from aws_cdk import Environment, Stack
from aws_cdk.assertions import Template

from inference_constructs.pipeline import OperationsRole
from tests.conftest import ROOT
from tests.templates import only, statements, unvalidated_app

TRUSTED = ["arn:aws:iam::999988887777:role/slipway-pipeline-check-prod"]


@pytest.fixture(scope="module")
def template(feature_flags: dict[str, Any]) -> Template:
    stack = Stack(
        unvalidated_app(context=feature_flags), "Stack", env=Environment(account="333344445555", region="eu-west-1")
    )
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
        if not {"elasticloadbalancing:DescribeTags", "cloudwatch:DescribeAlarms"} & set(_listed(statement["Action"]))
    ]
    assert len(named) == 4
    assert any(str(resource).endswith(":cluster/slipway-prod") for resource in named), "and none of another, prod2"
    for resource in named:
        assert ":eu-west-1:333344445555:" in str(resource)
        assert re.search(r"[/-]prod(-\*)?$", str(resource).rstrip("'}]")), resource


def test_it_may_ask_for_composite_alarms(template: Template) -> None:
    """Those are told to nobody whose permission is narrower than `*` (CloudWatch API reference, "DescribeAlarms")."""
    (statement,) = [one for one in statements(template) if "cloudwatch:DescribeAlarms" in _listed(one["Action"])]
    assert "cloudwatch:DescribeAlarmHistory" in statement["Action"]
    assert statement["Resource"] == "*"


#: What no grant is needed for, and what only other commands than the pipeline's steps call.
_CALLED_ELSEWHERE = {
    "get_caller_identity",  # needs no grant
    "update_termination_protection",  # the protection role's
    "describe_endpoint_config",  # preflight
    "describe_model",  # preflight
    "describe_scalable_targets",  # preflight, status
    "get_resource_schema",  # cfn-lint's, no call of AWS
}
_CALL = re.compile(
    r"aws\.(?P<client>cloudformation|cloudwatch|sagemaker|runtime|eks|elbv2|autoscaling|sts)"
    r'\.(?:get_paginator\("(?P<paged>\w+)"|(?P<called>\w+)\()'
)
_PREFIXES = {"runtime": "sagemaker", "elbv2": "elasticloadbalancing"}


def test_every_call_of_the_steps_is_allowed(template: Template) -> None:
    """What the operations call of AWS, read from their code: a call that is new there has to be allowed here."""
    allowed = {action for statement in statements(template) for action in _listed(statement["Action"])}
    called = {
        (_PREFIXES.get(found["client"], found["client"]), found["paged"] or found["called"])
        for file in (ROOT / "slipway" / "operations").rglob("*.py")
        for found in _CALL.finditer(file.read_text())
        if (found["paged"] or found["called"]) not in _CALLED_ELSEWHERE
    }
    names = {f"{service}:{''.join(word.capitalize() for word in name.split('_'))}" for service, name in called}
    assert len(names) >= 13
    assert names == allowed, "and what is allowed is called"


def test_roles_of_several_accounts_are_refused(feature_flags: dict[str, Any]) -> None:
    others = [*TRUSTED, "arn:aws:iam::111122223333:role/other"]
    with pytest.raises(ValueError, match="are no roles of one account"):
        OperationsRole(
            Stack(unvalidated_app(context=feature_flags), "Stack"),
            "Operations",
            role_name="slipway-prod-operations",
            environment="prod",
            trusted_role_arns=others,
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
