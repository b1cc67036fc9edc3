"""A pipeline that proposes approved models: of its own account's registry, and of another's."""

from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from stacks.security_rules import unexplained_findings
from tests.templates import only, resources, strings_in
from tests.unit.pipeline.pipelines import PIPELINE, app_of, template_of

_GROUP = "arn:aws:sagemaker:{}:{}:model-package-group/triage"
PROMOTIONS = f"""\
    promotions:
      - service: triage
        model_package_group: {_GROUP.format("us-east-1", "999988887777")}
        artifacts: s3://trained/triage/
      - service: triage
        environment: prod
        region: eu-west-1
        model_package_group: {_GROUP.format("eu-west-1", "222233334444")}
        artifacts: s3://trained-there/triage/
    permissions_boundary: slipway-boundary
    """


@pytest.fixture(scope="module")
def app(feature_flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> App:
    root = tmp_path_factory.mktemp("project")
    return app_of(root, feature_flags, pipeline=PIPELINE.rstrip(" ") + PROMOTIONS)


@pytest.fixture(scope="module")
def template(app: App) -> Template:
    return template_of(app)


def _jobs(template: Template) -> dict[str, dict[str, str]]:
    """The values that each promotion's job has in its environment, by the job's logical id."""
    return {
        key: {each["Name"]: each["Value"] for each in value["Properties"]["Environment"]["EnvironmentVariables"]}
        for key, value in template.find_resources("AWS::CodeBuild::Project").items()
        if key.startswith("Promotions")
    }


def test_every_promotion_has_a_job_that_is_told_what_to_move(template: Template) -> None:
    first, second = sorted(_jobs(template).values(), key=lambda job: job["ENVIRONMENT"])
    assert first == {
        "SERVICE": "triage",
        "GROUP": _GROUP.format("us-east-1", "999988887777"),
        "ENVIRONMENT": "",
        "WITHIN": "",
    }
    assert second == {
        "SERVICE": "triage",
        "GROUP": _GROUP.format("eu-west-1", "222233334444"),
        "ENVIRONMENT": "prod",
        "WITHIN": "eu-west-1",
    }


def test_another_account_may_send_its_approvals_and_nothing_else(template: Template) -> None:
    """EventBridge User Guide, "Example policy: Send events to a custom bus in a different account"."""
    policy = only(template, "AWS::Events::EventBusPolicy")
    assert "EventBusName" not in policy, "the default bus"
    statement = policy["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::222233334444:root"}
    assert statement["Action"] == "events:PutEvents"
    assert "".join(strings_in(statement["Resource"])).endswith(":events:us-east-1:999988887777:event-bus/default")
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {"events:source": "aws.sagemaker"},
        "StringEquals": {"events:detail-type": "SageMaker Model Package State Change"},
    }


def test_the_roles_that_other_accounts_let_in_are_told(template: Template) -> None:
    told = [key for key in template.find_outputs("*") if key.startswith("Promotions")]
    assert len(told) == len(_jobs(template)) == 2


def test_every_role_of_the_pipeline_has_the_boundary_that_it_names(template: Template) -> None:
    """Where bootstrap/boundary.json is in the tools account, a role without it could not be made."""
    roles = resources(template, "AWS::IAM::Role")
    assert len(roles) >= 14
    assert {"".join(strings_in(role.get("PermissionsBoundary", {}))) for role in roles} == {
        "arn:aws:iam::999988887777:policy/slipway-boundary"
    }


def test_no_finding_is_left_without_a_reason(app: App) -> None:
    assert unexplained_findings(app.synth()) == []
