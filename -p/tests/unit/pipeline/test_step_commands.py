"""The commands of the steps, run in a shell as CodeBuild does."""

import json
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from aws_cdk.assertions import Template

from tests.unit.pipeline.pipelines import app_of, template_of

BUILD = "Compare-Xyz:0a1b"
REPORT = """\
## Changes

2 stacks changed: 1 resource added, 0 removed, 3 changed, **1 replaced**. Security: **1 broader**.

| stack | added |
"""


@pytest.fixture(scope="module")
def spec(feature_flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The phases of the step that compares production, in its two regions."""
    template: Template = template_of(app_of(tmp_path_factory.mktemp("project"), feature_flags))
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
