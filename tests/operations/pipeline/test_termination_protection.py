"""Stacks that only a pipeline deploys are protected too: CodePipeline has no setting for it (aws-cdk issue 17871)."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from slipway.cli.main import app
from slipway.operations.aws.clients import Aws
from slipway.operations.errors import ExitStatus
from slipway.operations.pipeline.termination_protection import protect, stacks_to_protect
from slipway.operations.selection import select
from tests.conftest import ROOT
from tests.operations.stubbed import CREATED, Stubbed, stubbed_aws

FOUNDATION, NETWORK = "slipway-prod-foundation", "slipway-prod-network"


def assembly(root: Path) -> Path:
    """What a synthesis writes for one environment of which two stacks are to be protected."""
    folder = root / "cdk.out" / "assembly-prod"
    folder.mkdir(parents=True)
    stacks: dict[str, dict[str, Any]] = {
        "Foundation": {"stackName": FOUNDATION, "terminationProtection": True},
        "Network": {"stackName": NETWORK, "terminationProtection": True},
        "triage": {"stackName": "slipway-prod-service-triage"},
        "other": {"stackName": "slipway-prod-service-other", "terminationProtection": False},
    }
    artifacts: dict[str, dict[str, Any]] = {
        name: {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{name}.json", **properties}}
        for name, properties in stacks.items()
    }
    artifacts["Foundation.assets"] = {"type": "cdk:asset-manifest", "properties": {"file": "a.assets.json"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return root / "cdk.out"


def described(stubbed: Stubbed, name: str, *, protected: bool) -> None:
    stack = {
        "StackName": name,
        "CreationTime": CREATED,
        "StackStatus": "CREATE_COMPLETE",
        "EnableTerminationProtection": protected,
    }
    stubbed.answer("cloudformation", "describe_stacks", {"Stacks": [stack]}, StackName=name)


def switched_on(stubbed: Stubbed, name: str) -> None:
    stubbed.answer(
        "cloudformation", "update_termination_protection", {}, StackName=name, EnableTerminationProtection=True
    )


def test_the_synthesis_says_what_is_to_be_protected(tmp_path: Path) -> None:
    assert stacks_to_protect(assembly(tmp_path), "prod") == (FOUNDATION, NETWORK)


def test_what_is_not_protected_becomes_so_and_the_rest_is_left_alone() -> None:
    with stubbed_aws() as stubbed:
        described(stubbed, FOUNDATION, protected=True)
        described(stubbed, NETWORK, protected=False)
        switched_on(stubbed, NETWORK)
        found = protect(stubbed.aws, (FOUNDATION, NETWORK))
    assert (found.stacks, found.changed, found.problems) == (2, (NETWORK,), ())
    assert found.exit_status is ExitStatus.GOOD


def test_a_stack_that_is_not_deployed_is_told_after_the_others_were_protected() -> None:
    with stubbed_aws() as stubbed:
        message = f"Stack with id {FOUNDATION} does not exist"
        stubbed.refuse("cloudformation", "describe_stacks", "ValidationError", message)
        described(stubbed, NETWORK, protected=False)
        switched_on(stubbed, NETWORK)
        found = protect(stubbed.aws, (FOUNDATION, NETWORK))
    assert found.changed == (NETWORK,)
    assert found.problems == (f"{FOUNDATION} is not deployed, and so cannot be protected.",)
    assert found.exit_status is ExitStatus.FAILED


def test_a_refusal_is_no_stack_that_is_missing() -> None:
    with stubbed_aws() as stubbed:
        stubbed.refuse("cloudformation", "describe_stacks", "AccessDenied", "User is not authorized")
        with pytest.raises(ClientError, match="not authorized"):
            protect(stubbed.aws, (FOUNDATION,))


def test_the_command_says_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = select(ROOT, "prod").account
    with stubbed_aws() as stubbed:
        identity = {"Account": account, "Arn": f"arn:aws:sts::{account}:assumed-role/slipway-prod-protection/s"}
        stubbed.answer("sts", "get_caller_identity", identity)
        described(stubbed, FOUNDATION, protected=False)
        switched_on(stubbed, FOUNDATION)
        described(stubbed, NETWORK, protected=True)
        monkeypatch.setattr(Aws, "of_region", lambda _: stubbed.aws)
        command = ["protect", "prod", "--templates", str(assembly(tmp_path)), "--project", str(ROOT)]
        result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "prod: 2 stacks are protected from deletion, 1 of them newly." in result.output
