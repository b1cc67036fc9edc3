"""The workflows: the same checks as anywhere else, and nothing in them for a stranger to take."""

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
SET_UP = ROOT / ".github" / "actions" / "set-up" / "action.yml"
_OURS = "uses: $/.github/actions/set-up"
_PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
#: What somebody who opens a pull request can choose: it must not become part of a script.
_CHOSEN = re.compile(r"\$\{\{[^}]*\b(title|body|label|head\.ref|head_ref|message|email|name)\b[^}]*\}\}")


def _load(file: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load(file.read_text()))


@pytest.fixture(scope="module")
def workflows() -> dict[str, dict[str, Any]]:
    return {file.stem: _load(file) for file in FILES}


@pytest.fixture(scope="module")
def jobs(workflows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Every job of every workflow; no two have the same name."""
    found = [(name, job) for workflow in workflows.values() for name, job in workflow["jobs"].items()]
    assert len(dict(found)) == len(found)
    return dict(found)


def _commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def _targets_called(job: dict[str, Any]) -> set[str]:
    lines = [line for run in _commands(job) for line in run.splitlines()]
    words = [line.partition("|")[0].split() for line in lines if line.startswith("make ")]
    return {word for line in words for word in line[1:] if re.fullmatch("[a-z-]+", word)}


def _dry_run(*arguments: str) -> list[str]:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # `make test` runs this
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_readmes_command_runs_the_fast_tests() -> None:
    assert re.search(r"^make test +# lint, types\b", (ROOT / "README.md").read_text(), re.MULTILINE)
    shown = _dry_run("test")
    assert [line for line in shown if line.startswith(("ruff", "mypy", "pytest"))] == [
        "ruff check .",
        "ruff format --check .",
        "mypy",
        *(line for line in shown if line.endswith("-m 'not end_to_end'")),
    ]


def test_the_jobs_run_what_make_test_all_does(jobs: dict[str, Any]) -> None:
    """Beside each other instead of one after the other, and each test once."""
    called = set().union(*(_targets_called(jobs[name]) for name in ("checks", "fast", "end-to-end")))
    assert called == {"lint", "types", "fast", "end-to-end"}
    (everything,) = [line for line in _dry_run("end-to-end") if line.startswith("pytest")]
    assert [line for line in _dry_run("test-all") if line.startswith("pytest")] == [
        *(line for line in _dry_run("fast") if line.startswith("pytest")),
        everything,
    ]
    first, rest = jobs["end-to-end"]["strategy"]["matrix"]["select"]
    assert rest == f"not {first}"


def test_the_landing_check_runs_the_readmes_command_and_then_the_rest() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if line.startswith("make ")] == ["make test", "make end-to-end"]


def test_the_fast_tests_run_on_the_oldest_python_and_on_a_newer_one(jobs: dict[str, Any]) -> None:
    oldest, newest = jobs["fast"]["strategy"]["matrix"]["python"]
    assert oldest == (ROOT / ".python-version").read_text().strip()
    assert [int(part) for part in newest.split(".")] > [int(part) for part in oldest.split(".")]


def test_every_make_target_exists(jobs: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = set().union(*map(_targets_called, jobs.values()))
    assert called == {"lint", "types", "fast", "end-to-end", "coverage", "diff-templates", "tools"}
    assert called <= targets


def test_make_check_is_the_same_without_github() -> None:
    """Of what the workflows do, all but the coverage, writing a comment and asking an account."""
    shown = _dry_run("check", "BASE=HEAD")
    for tool in ("ruff check .", "mypy", "pytest -n ", "slipway diff-templates --git HEAD"):
        assert any(line.startswith(tool) for line in shown), tool


def test_they_start_by_pull_requests_and_commits_on_main_only(workflows: dict[str, dict[str, Any]]) -> None:
    """`pull_request_target` and `workflow_run` would run beside a token that can write."""
    assert {name: set(workflow["on"]) for name, workflow in workflows.items()} == {
        "pull-request": {"pull_request"},
        "tests": {"pull_request", "push"},
    }
    assert all(each["branches"] == ["main"] for workflow in workflows.values() for each in workflow["on"].values())
    assert all("pull_request_target" not in file.read_text() for file in FILES)


def test_a_job_has_the_permissions_it_needs_and_no_more(
    workflows: dict[str, dict[str, Any]], jobs: dict[str, Any]
) -> None:
    assert all(workflow["permissions"] == {} for workflow in workflows.values())
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "checks": {"contents": "read"},
        "fast": {"contents": "read"},
        "end-to-end": {"contents": "read"},
        "coverage": {"contents": "read"},
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
    assert len(checkouts) == 6
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_no_secret_and_no_key_is_stored(file: Path) -> None:
    text = file.read_text()
    assert "secrets." not in text
    assert "aws-secret-access-key" not in text
    assert "AWS_SECRET_ACCESS_KEY" not in text


@pytest.mark.parametrize("file", [*FILES, SET_UP], ids=lambda file: str(file.name))
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in file.read_text().splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not _PINNED.fullmatch(line) and line != _OURS] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_nothing_that_a_stranger_chose_is_put_into_a_script(file: Path) -> None:
    assert not re.search(r"run:.*\$\{\{", SET_UP.read_text())
    for job in _load(file)["jobs"].values():
        for script in _commands(job):
            assert "${{" not in script
        for step in job["steps"]:
            for value in step.get("env", {}).values():
                assert not _CHOSEN.search(str(value))


@pytest.mark.skipif(shutil.which("zizmor") is None, reason="zizmor is not installed")
def test_zizmor_finds_nothing() -> None:
    """A linter of workflows for what can be stolen or injected; every rule it has, and none that asks GitHub."""
    command = ["zizmor", "--offline", "--no-progress", "--persona=pedantic", *map(str, [*FILES, SET_UP])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_role_is_named_by_the_repository_and_asked_for_by_oidc(jobs: dict[str, Any]) -> None:
    deployed = jobs["deployed"]
    assert deployed["if"].startswith("vars.DIFF_ROLE_ARN != ''")
    (step,) = [each for each in deployed["steps"] if "configure-aws-credentials" in each.get("uses", "")]
    assert step["with"] == {"role-to-assume": "${{ vars.DIFF_ROLE_ARN }}", "aws-region": "${{ vars.DIFF_REGION }}"}
