"""Tools have one version each, said in one place, and whatever names a tool names one of those."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.validation.repository.tracked import make_targets, text_of, tracked, yaml_of

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;#]+)", re.MULTILINE)


def pins(*files: str) -> dict[str, str]:
    return {name.lower(): version for file in files for name, version in _PIN.findall(text_of(file))}


@pytest.fixture(scope="module")
def hooks() -> list[dict[str, Any]]:
    config = yaml_of(".pre-commit-config.yaml")
    assert [repository["repo"] for repository in config["repos"]] == ["local"], (
        "others would bring versions of their own"
    )
    return list(config["repos"][0]["hooks"])


@pytest.fixture(scope="module")
def renovate() -> dict[str, Any]:
    return dict(json.loads(text_of("renovate.json")))


def programs(package: str) -> set[str]:
    """Return the names of what an installed package puts beside the interpreter."""
    files = distribution(package).files or []
    return {Path(file).name for file in files if Path(file).parent.name in {"bin", "Scripts"}}


def test_a_hook_runs_a_pinned_tool_of_the_virtual_environment(hooks: list[dict[str, Any]]) -> None:
    pinned = {program for name in pins("requirements-dev.txt") for program in programs(name)}
    for hook in hooks:
        program, *words = hook["entry"].split()
        if program == "make":
            assert words[0] in make_targets()
        else:
            assert program.removeprefix(".venv/bin/") in pinned, hook["id"]
            assert program.startswith(".venv/bin/"), "without a version of another place"
        assert hook["language"] == "system"
        assert "additional_dependencies" not in hook


def test_a_hook_has_files_to_look_at(hooks: list[dict[str, Any]]) -> None:
    for hook in hooks:
        if "files" in hook:
            assert any(re.search(hook["files"], str(path)) for path in tracked()), hook["id"]


def test_the_hooks_check_what_make_lint_checks(hooks: list[dict[str, Any]]) -> None:
    entries = [hook["entry"].removeprefix(".venv/bin/") for hook in hooks]
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", text_of("Makefile"), re.MULTILINE)
    assert recipe is not None
    for line in recipe[1].splitlines():
        tool, command = line.split()[:2]
        assert any(entry.startswith(f"{tool} {command}") for entry in entries), line


def test_pre_commit_accepts_the_file() -> None:
    subprocess.run([Path(sys.executable).with_name("pre-commit"), "validate-config"], cwd=ROOT, check=True)


def test_what_renovate_groups_is_pinned(renovate: dict[str, Any]) -> None:
    python = pins(*(str(path) for path in tracked() if path.match("requirements*.txt")))
    node = json.loads(text_of("package.json"))["dependencies"]
    for rule in renovate["packageRules"]:
        for name in rule.get("matchPackageNames", []):
            pattern = re.compile(re.escape(name).replace(r"\*\*", ".*"))
            assert any(pattern.fullmatch(pinned) for pinned in (*python, *node)), name


def test_what_renovate_names_is_there(renovate: dict[str, Any]) -> None:
    for rule in renovate["packageRules"]:
        for name in rule.get("matchFileNames", []):
            assert (ROOT / name).is_file()
    for manager in renovate["customManagers"]:
        (expression,) = manager["matchStrings"]
        assert re.search(expression.replace("(?<", "(?P<"), text_of("Makefile")), expression


def test_the_emulators_are_upgraded_together(renovate: dict[str, Any]) -> None:
    """All of whom the embedded AWS uses private names; each is pinned for that reason."""
    (group,) = [rule for rule in renovate["packageRules"] if rule.get("groupName") == "emulators"]
    section = re.search(
        r"^# The embedded AWS:.*private names.*\n((?:[^#\n].*\n)+)", text_of("requirements.txt"), re.MULTILINE
    )
    assert section is not None
    assert set(group["matchPackageNames"]) <= set(dict(_PIN.findall(section[1])))


def test_the_command_line_is_upgraded_with_the_library(renovate: dict[str, Any]) -> None:
    (group,) = [rule for rule in renovate["packageRules"] if rule.get("groupName") == "CDK"]
    assert set(group["matchPackageNames"]) == {"aws-cdk-lib", "constructs", "aws-cdk"}


def test_every_place_names_the_same_oldest_python() -> None:
    oldest = text_of(".python-version").strip()
    settings = tomllib.loads(text_of("pyproject.toml"))["tool"]
    library = tomllib.loads(text_of("constructs/pyproject.toml"))["project"]["requires-python"]
    assert re.fullmatch(r"3\.\d+", oldest)
    assert settings["mypy"]["python_version"] == oldest
    assert settings["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert library.startswith(f">={oldest}.")
    patch = library.removeprefix(f">={oldest}.")
    assert f"sys.version_info < ({oldest.replace('.', ', ')}, {patch})" in text_of("Makefile")
    assert all(f"Python {oldest}.{patch}" in text_of(file) for file in ("Makefile", "README.md", ".ci/run"))
    assert json.loads(text_of(".devcontainer/devcontainer.json"))["image"].partition(":")[2].startswith(f"{oldest}-")


def test_renovates_schema_accepts_its_configuration() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    subprocess.run([program, "--builtin-schema", "vendor.renovate", "renovate.json"], cwd=ROOT, check=True)
