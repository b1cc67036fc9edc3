"""What GitHub, editors and development containers read: valid, and naming what is there."""

import configparser
import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT
from tests.validation.repository.tracked import make_targets, text_of, tracked, tracked_with_folders, yaml_of

FORMS = sorted(path for path in tracked() if path.match(".github/ISSUE_TEMPLATE/*.yml") and path.stem != "config")
WORKFLOWS = sorted(path for path in tracked() if path.match(".github/workflows/*.yml"))
#: Written for a test that it cannot be read.
_WRONG_ON_PURPOSE = PurePosixPath("tests/unit")


def accepted(schema: str, *paths: PurePosixPath) -> None:
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [program, "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_github_accepts_the_forms_and_workflows() -> None:
    assert {path.stem for path in FORMS} == {"bug", "feature"}
    accepted("github-issue-forms", *FORMS)
    accepted("github-issue-config", PurePosixPath(".github/ISSUE_TEMPLATE/config.yml"))
    accepted("github-workflows", *WORKFLOWS)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_form_asks_each_question_once(form: PurePosixPath) -> None:
    asked = [field for field in yaml_of(form)["body"] if field["type"] != "markdown"]
    for values in ([field["id"] for field in asked], [field["attributes"]["label"] for field in asked]):
        assert len(values) == len(set(values))
    assert any(field.get("validations", {}).get("required") for field in asked)


def test_a_vulnerability_is_not_reported_in_an_issue() -> None:
    assert yaml_of(".github/ISSUE_TEMPLATE/config.yml") == {"blank_issues_enabled": False}
    assert "SECURITY.md" in text_of(".github/ISSUE_TEMPLATE/bug.yml")


def owned(pattern: str) -> bool:
    """Tell whether a pattern of CODEOWNERS is about some file."""
    name = pattern.removeprefix("/")
    if pattern.endswith("/"):
        return PurePosixPath(name) in tracked_with_folders()
    return any(fnmatchcase(str(path), name) for path in tracked())


def test_every_owner_has_files_and_every_file_an_owner() -> None:
    rules = [line.split() for line in text_of(".github/CODEOWNERS").splitlines() if line and not line.startswith("#")]
    assert rules[0][0] == "*"
    for pattern, *owners in rules:
        assert owned(pattern), pattern
        assert pattern == "*" or pattern.startswith("/"), "only this folder, not each of its name"
        assert not set(pattern) & set("![]"), "GitHub does not read these"
        assert owners
        assert all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for owner in owners)


def test_the_pull_request_template_names_targets_that_exist() -> None:
    assert set(re.findall(r"`make ([a-z-]+)`", text_of(".github/pull_request_template.md"))) <= make_targets()


def test_the_development_container_sets_up_by_make() -> None:
    container = json.loads(text_of(".devcontainer/devcontainer.json"))
    image, _, tag = container["image"].partition(":")
    assert image.startswith("mcr.microsoft.com/devcontainers/")
    assert tag not in {"", "latest"}
    program, target = container["postCreateCommand"].split()
    assert program == "make"
    assert target in make_targets()
    for schema, files in container["customizations"]["vscode"]["settings"]["yaml.schemas"].items():
        assert (ROOT / schema).is_file()
        assert list(ROOT.glob(files)), files


def test_the_port_is_the_one_that_make_up_takes() -> None:
    container = json.loads(text_of(".devcontainer/devcontainer.json"))
    (port,) = container["forwardPorts"]
    assert f"PORT ?= {port}\n" in text_of("Makefile")
    assert str(port) in container["portsAttributes"]


def test_editors_format_as_ruff_does() -> None:
    settings = configparser.ConfigParser()
    settings.read_string(re.sub(r"^(root = .*)$", r"[top]\n\1", text_of(".editorconfig"), count=1, flags=re.MULTILINE))
    assert settings["top"]["root"] == "true"
    assert settings["*.{py,pyi}"]["indent_size"] == "4"
    width = tomllib.loads(text_of("pyproject.toml"))["tool"]["ruff"]["line-length"]
    assert settings["*.{py,pyi}"]["max_line_length"] == str(width)
    assert settings["Makefile"]["indent_style"] == "tab"


def test_files_are_as_the_editor_configuration_wants_them() -> None:
    wrong = []
    for path in tracked():
        content = (ROOT / path).read_bytes()
        if b"\0" in content or path.suffix in {".onnx", ".ambr"} or not content or "corpus" in path.parts:
            continue
        if b"\r" in content or not content.endswith(b"\n") or re.search(rb"[ \t]\n", content):
            wrong.append(str(path))
    assert wrong == []


@pytest.mark.parametrize("suffix", [".json", ".yml", ".yaml", ".toml"])
def test_every_file_can_be_read(suffix: str) -> None:
    paths = [path for path in tracked() if path.suffix == suffix and not path.is_relative_to(_WRONG_ON_PURPOSE)]
    assert paths
    for path in paths:
        if suffix == ".json":
            json.loads(text_of(path))
        elif suffix == ".toml":
            tomllib.loads(text_of(path))
        else:
            assert list(YAML(typ="safe", pure=True).load_all(text_of(path))), path
