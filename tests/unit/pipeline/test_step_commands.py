"""The commands of the steps, run in a shell as CodeBuild does."""

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from aws_cdk.assertions import Template

from slipway.cli import services
from tests.templates import Resource, resources
from tests.unit.pipeline.pipelines import app_of, template_of

OPERATIONS = "/slipway "
BUILD = "Compare-Xyz:0a1b"
REPORT = """\
## Changes

2 stacks changed: 1 resource added, 0 removed, 3 changed, **1 replaced**. Security: **1 broader**.

| stack | added |
"""


@pytest.fixture(scope="module")
def template(feature_flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Template:
    return template_of(app_of(tmp_path_factory.mktemp("project"), feature_flags))


@pytest.fixture(scope="module")
def steps(template: Template) -> dict[str, Resource]:
    """The builds that run the project's operations, each by the last that it runs, such as `check dev`."""
    found: dict[str, Resource] = {}
    for project in resources(template, "AWS::CodeBuild::Project"):
        if project["Source"]["BuildSpec"].startswith("{"):  # those that publish assets have theirs in files
            commands = json.loads(project["Source"]["BuildSpec"])["phases"]["build"]["commands"]
            operations = [line.partition(OPERATIONS)[2] for line in commands if OPERATIONS in line]
            found |= dict.fromkeys(operations[-1:], project)
    return found


@pytest.fixture(scope="module")
def spec(template: Template) -> dict[str, Any]:
    """The phases of the step that compares production, in its two regions."""
    projects = template.find_resources("AWS::CodeBuild::Project")
    (project,) = [value["Properties"] for key, value in projects.items() if "Compare" in key]
    phases: dict[str, Any] = json.loads(project["Source"]["BuildSpec"])["phases"]
    return phases


def run(folder: Path, *lines: str, **variables: str) -> str:
    script = "set -eu\n" + "\n".join(lines)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_profile_per_region_assumes_that_regions_role(spec: dict[str, Any], tmp_path: Path) -> None:
    profiles = [line for line in spec["install"]["commands"] if line.startswith("printf")]
    run(tmp_path, *profiles)
    session = botocore.session.Session(session_vars={"config_file": (None, None, str(tmp_path / ".aws-config"), None)})
    found = session.full_config["profiles"]
    assert set(found) == {"prod", "prod-eu-west-1"}
    for name, profile in found.items():
        assert profile["role_arn"] == f"arn:aws:iam::333344445555:role/slipway-{name}-operations"
        assert profile["credential_source"] == "EcsContainer", "where CodeBuild has a build's credentials"


def test_the_operations_are_run_with_these_profiles(spec: dict[str, Any], tmp_path: Path) -> None:
    export, *_ = spec["build"]["commands"]
    assert run(tmp_path, export, 'printf "%s %s" "$AWS_CONFIG_FILE" "$AWS_PROFILE"') == f"{tmp_path}/.aws-config prod"
    fetched = [line for line in spec["build"]["commands"] if "deployed-templates" in line]
    assert [line.split()[0] for line in fetched] == ["AWS_PROFILE=prod", "AWS_PROFILE=prod-eu-west-1"]


def test_the_approval_gets_the_counts_and_the_address_of_the_log(spec: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "review").mkdir()
    (tmp_path / "review" / "changes.md").write_text(REPORT)
    exports = [line for line in spec["build"]["commands"] if line.startswith(("export CHANGES", "export REVIEW"))]
    told = run(
        tmp_path,
        *exports,
        'printf "%s\\n%s" "$CHANGES" "$REVIEW_URL"',
        AWS_REGION="us-east-1",
        CODEBUILD_BUILD_ID=BUILD,
    )
    changes, url = told.splitlines()
    assert changes == "2 stacks changed: 1 resource added, 0 removed, 3 changed, 1 replaced. Security: 1 broader."
    assert url == (
        "https://us-east-1.console.aws.amazon.com/codesuite/codebuild/999988887777/projects/Compare-Xyz/build/"
        "Compare-Xyz:0a1b/?region=us-east-1"
    )


def test_codebuild_ends_no_step_before_its_command_is_done(steps: dict[str, Resource]) -> None:
    """At `TimeoutInMinutes` it does, the installation of the tools counted (CodeBuild API, CreateProject)."""
    setup, longest_check = 15, inspect.signature(services.check).parameters["timeout_minutes"].default
    assert longest_check >= 60, "a fleet of SageMaker's takes half an hour to start, and the old one goes after that"
    takes = {
        "check dev": longest_check,
        "check prod": longest_check,
        "check prod-eu-west-1": longest_check,
        "watch prod --minutes 5": 5,
        "watch prod-eu-west-1 --minutes 5": 5,
        "protect prod --templates cdk.out": 5,
        "protect prod-eu-west-1 --templates cdk.out": 5,
        "diff-templates review/deployed review/proposed --output review/changes.md": 5,
    }
    assert steps.keys() == takes.keys()
    given = {command: project["TimeoutInMinutes"] for command, project in steps.items()}
    assert {command: given[command] for command, minutes in takes.items() if given[command] < minutes + setup} == {}


def test_only_the_tools_accounts_own_builds_become_a_steps_role(template: Template, steps: dict[str, Resource]) -> None:
    """Without `aws:SourceAccount` the service could be talked into it for somebody else's project (IAM User Guide,
    "The confused deputy problem")."""
    roles = template.find_resources("AWS::IAM::Role")
    for command, project in steps.items():
        role = roles[project["ServiceRole"]["Fn::GetAtt"][0]]["Properties"]
        assert role["AssumeRolePolicyDocument"]["Statement"] == [
            {
                "Effect": "Allow",
                "Principal": {"Service": "codebuild.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "999988887777"}},
            }
        ], command
