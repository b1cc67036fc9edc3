"""The schemas that editors read say the same as the spec."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from inference_constructs.config import load_project
from inference_constructs.config.yaml.file import read_yaml
from inference_constructs.config.yaml.json_schema import (
    environment_schema,
    pipeline_schema,
    service_schema,
    write_schemas,
)

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = {
    "service.schema.json": service_schema(),
    "environment.schema.json": environment_schema(),
    "pipeline.schema.json": pipeline_schema(),
}


def test_the_committed_schemas_are_current(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    for name in SCHEMAS:
        committed = (ROOT / "docs" / "schema" / name).read_text()
        assert committed == (tmp_path / name).read_text(), "run `make snapshots` and commit what it changes"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_itself(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def yaml_files() -> list[Path]:
    patterns = ("environments/*.yaml", "model_artifacts/*/service.yaml", "pipeline.yaml")
    return sorted(file for pattern in patterns for file in ROOT.glob(pattern))


@pytest.mark.parametrize("file", yaml_files(), ids=lambda file: file.parent.name + "/" + file.name)
def test_every_yaml_file_names_its_schema_and_keeps_to_it(file: Path) -> None:
    first_line = file.read_text().splitlines()[0]
    named = (file.parent / first_line.removeprefix("# yaml-language-server: $schema=")).resolve()
    assert named.parent == ROOT / "docs" / "schema"
    Draft202012Validator(json.loads(named.read_text())).validate(read_yaml(file, root=ROOT).data)


@pytest.mark.parametrize(
    "overrides",
    [{"bogus": 1}, {"name": "other"}, {"scaling": {"mim": 1}}, {"image": {"build": 3}}, {"scaling": {"metric": "cpu"}}],
)
def test_the_environment_schema_refuses_wrong_overrides(overrides: dict[str, Any]) -> None:
    data = read_yaml(ROOT / "environments" / "dev.yaml", root=ROOT).data | {"services": {"tumor-triage": overrides}}
    assert not Draft202012Validator(environment_schema()).is_valid(data)


def test_the_project_itself_is_accepted() -> None:
    assert {environment.name for environment in load_project(ROOT).environments} >= {"dev", "local"}
