"""What is deployed is laid beside what a commit proposes."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from slipway.cli.main import app
from slipway.operations.aws.clients import Aws
from slipway.operations.errors import WrongUsageError
from slipway.operations.selection import select
from slipway.operations.templates.deployed_templates import cannot_be_assumed, fetch, proposed_templates
from tests.conftest import ROOT
from tests.operations.stubbed import stubbed_aws

PROPOSED: dict[str, Any] = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
OLD: dict[str, Any] = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}


def assembly(root: Path, stage: str) -> Path:
    """What a synthesis writes for one environment."""
    folder = root / "cdk.out" / f"assembly-{stage}"
    folder.mkdir(parents=True)
    artifacts = {
        "Foundation": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "a.template.json", "stackName": "slipway-prod-foundation"},
        },
        "Foundation.assets": {"type": "cdk:asset-manifest", "properties": {"file": "a.assets.json"}},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (folder / "a.template.json").write_text(json.dumps(PROPOSED))
    return root / "cdk.out"


def test_the_proposed_templates_of_one_region_are_found(tmp_path: Path) -> None:
    found = proposed_templates(assembly(tmp_path, "prod-eu-west-1"), "prod-eu-west-1")
    assert found == {"slipway-prod-foundation": PROPOSED}


def test_an_assembly_without_the_environment_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUsageError, match=r"assembly-prod/manifest\.json is not there"):
        proposed_templates(assembly(tmp_path, "dev"), "prod")


def test_both_are_written_under_one_name(tmp_path: Path) -> None:
    with stubbed_aws() as stubbed:
        answer = {"TemplateBody": json.dumps(OLD)}
        stubbed.answer(
            "cloudformation", "get_template", answer, StackName="slipway-prod-foundation", TemplateStage="Original"
        )
        found = fetch(
            stubbed.aws,
            {"slipway-prod-foundation": PROPOSED},
            "prod",
            deployed=tmp_path / "deployed",
            beside=tmp_path / "proposed",
        )
    assert (found.stacks, found.missing) == (1, ())
    name = "prod.slipway-prod-foundation.json"
    assert json.loads((tmp_path / "deployed" / name).read_text()) == OLD
    assert json.loads((tmp_path / "proposed" / name).read_text()) == PROPOSED


def test_a_stack_that_is_not_deployed_is_an_empty_template(tmp_path: Path) -> None:
    with stubbed_aws() as stubbed:
        message = "Stack with id slipway-prod-foundation does not exist"
        stubbed.refuse("cloudformation", "get_template", "ValidationError", message)
        found = fetch(
            stubbed.aws,
            {"slipway-prod-foundation": PROPOSED},
            "prod",
            deployed=tmp_path / "deployed",
            beside=tmp_path / "proposed",
        )
    assert found.missing == ("slipway-prod-foundation",)
    (file,) = (tmp_path / "deployed").iterdir()
    assert json.loads(file.read_text()) == {"Resources": {}}


def test_any_other_refusal_is_not_hidden(tmp_path: Path) -> None:
    with stubbed_aws() as stubbed:
        stubbed.refuse("cloudformation", "get_template", "AccessDenied", "not authorized")
        with pytest.raises(ClientError):
            fetch(stubbed.aws, {"a": PROPOSED}, "prod", deployed=tmp_path / "a", beside=tmp_path / "b")


def refusal(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def test_a_role_that_is_not_there_yet_is_told_from_other_refusals() -> None:
    assert cannot_be_assumed(refusal("AssumeRole", "AccessDenied"))
    assert not cannot_be_assumed(refusal("GetCallerIdentity", "AccessDenied"))
    assert not cannot_be_assumed(refusal("AssumeRole", "RegionDisabledException"))


def test_before_the_first_deployment_everything_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal("AssumeRole", "AccessDenied")

    monkeypatch.setattr(Aws, "check_account", refuse)
    arguments = ["deployed-templates", "prod", "--templates", str(assembly(tmp_path, "prod")), "--project", str(ROOT)]
    places = ["--deployed", str(tmp_path / "deployed"), "--proposed", str(tmp_path / "proposed")]
    run = CliRunner().invoke(app, [*arguments, *places])
    assert run.exit_code == 0, run.output
    assert "everything is shown as new" in run.output
    assert "1 stacks, 1 of them not deployed yet" in run.output
    review = CliRunner().invoke(app, ["diff-templates", str(tmp_path / "deployed"), str(tmp_path / "proposed")])
    assert "1 resource added" in review.output.splitlines()[2], "the line that the approval shows"


def test_an_environments_other_region_is_selected_by_both_names() -> None:
    first, other = select(ROOT, "prod"), select(ROOT, "prod-eu-west-1")
    assert (first.region, other.region) == ("us-east-1", "eu-west-1")
    assert first.account == other.account
    assert (first.environment, other.environment) == ("prod", "prod-eu-west-1"), "the folders of their templates"
    assert {each.stack_name for each in first.services} == {each.stack_name for each in other.services}
    with pytest.raises(WrongUsageError, match="no environment `prod-eu-north-1`"):
        select(ROOT, "prod-eu-north-1")
