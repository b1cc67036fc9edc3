"""The pull request's workflow: the same checks as anywhere else, and nothing in it for a stranger to take."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
#: What somebody who opens a pull request can choose: it must not become part of a script.
_CHOSEN = re.compile(r"\$\{\{[^}]*\b(title|body|label|head\.ref|head_ref|message|email|name)\b[^}]*\}\}")


def _load(file: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load(file.read_text()))


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    return _load(ROOT / ".github" / "workflows" / "pull-request.yml")


@pytest.fixture(scope="module")
def jobs(workflow: dict[str, Any]) -> dict[str, Any]:
    return dict(workflow["jobs"])


def _commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_it_runs_the_command_of_the_readme(jobs: dict[str, Any]) -> None:
    command = re.search(r"^(make test) +# lint, types\b", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert command is not None
    assert _commands(jobs["test"]) == [command[1]]


def test_every_make_target_exists(jobs: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {name for job in jobs.values() for run in _commands(job) for name in re.findall(r"\bmake ([a-z-]+)", run)}
    assert called == {"test", "diff-templates", "tools"}
    assert called <= targets


def test_make_check_is_the_same_without_github(jobs: dict[str, Any]) -> None:
    """Of what the workflow does, all but writing a comment and asking an account."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # `make test` runs this
    shown = subprocess.run(
        ["make", "--dry-run", "check", "BASE=HEAD"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for tool in ("ruff check .", "mypy", "pytest -n ", "slipway diff-templates --git HEAD"):
        assert any(line.startswith(tool) for line in shown), tool
    without_account = {
        run.split()[1] for name in ("test", "templates") for run in _commands(jobs[name]) if "make" in run
    }
    assert without_account == {"test", "diff-templates"}


def test_it_starts_by_pull_requests_only_and_with_their_own_rights(workflow: dict[str, Any]) -> None:
    """`pull_request_target` and `workflow_run` would run beside a token that can write."""
    assert set(workflow["on"]) == {"pull_request"}
    assert all("pull_request_target" not in file.read_text() for file in FILES)


def test_a_job_has_the_permissions_it_needs_and_no_more(workflow: dict[str, Any], jobs: dict[str, Any]) -> None:
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "test": {"contents": "read"},
        "templates": {"contents": "read"},
        "comment": {"actions": "read", "pull-requests": "write"},
        "deployed": {"contents": "read", "id-token": "write"},
    }


def test_a_job_that_may_write_or_become_a_role_is_not_for_forks(jobs: dict[str, Any]) -> None:
    own = "github.event.pull_request.head.repo.full_name == github.repository"
    for job in jobs.values():
        if set(job["permissions"].values()) & {"write"}:
            assert own in job["if"]


def test_the_job_that_may_write_checks_nothing_out(jobs: dict[str, Any]) -> None:
    writing = [job for job in jobs.values() if job["permissions"].get("pull-requests") == "write"]
    assert len(writing) == 1
    assert all("uses" not in step for step in writing[0]["steps"])


def test_a_checkout_leaves_no_token_behind(jobs: dict[str, Any]) -> None:
    checkouts = [
        step for job in jobs.values() for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert len(checkouts) == 3
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_no_secret_and_no_key_is_stored(file: Path) -> None:
    text = file.read_text()
    assert "secrets." not in text
    assert "aws-secret-access-key" not in text
    assert "AWS_SECRET_ACCESS_KEY" not in text


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in file.read_text().splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not _PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_nothing_that_a_stranger_chose_is_put_into_a_script(file: Path) -> None:
    for job in _load(file)["jobs"].values():
        for script in _commands(job):
            assert "${{" not in script
        for step in job["steps"]:
            for value in step.get("env", {}).values():
                assert not _CHOSEN.search(str(value))


@pytest.mark.skipif(shutil.which("zizmor") is None, reason="zizmor is not installed")
def test_zizmor_finds_nothing() -> None:
    """A linter of workflows for what can be stolen or injected; every rule it has, and none that asks GitHub."""
    command = ["zizmor", "--offline", "--no-progress", "--persona=pedantic", *map(str, FILES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_role_is_named_by_the_repository_and_asked_for_by_oidc(jobs: dict[str, Any]) -> None:
    deployed = jobs["deployed"]
    assert deployed["if"].startswith("vars.DIFF_ROLE_ARN != ''")
    (step,) = [each for each in deployed["steps"] if "configure-aws-credentials" in each.get("uses", "")]
    assert step["with"] == {"role-to-assume": "${{ vars.DIFF_ROLE_ARN }}", "aws-region": "${{ vars.DIFF_REGION }}"}
