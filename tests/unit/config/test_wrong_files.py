"""What is wrong in a YAML file is told by file, line, key, value and what would be accepted."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from inference_constructs.config import ConfigError, load_project
from tests.unit.config.projects import (
    ENVIRONMENT,
    ENVIRONMENT_WITH_EKS,
    SERVICE,
    SERVICE_ON_EKS,
    with_line,
    write_project,
)

SERVICE_FILE = "model_artifacts/triage/service.yaml"
ENVIRONMENT_FILE = "environments/dev.yaml"


@dataclass(frozen=True)
class Case:
    instead_of: str
    written: str
    told: str


def corpus(name: str) -> list[Case]:
    return [Case(**case) for case in YAML(typ="safe").load(Path(__file__).parent / "corpus" / name)]


def assert_told(problem: str, file: str, case: Case) -> None:
    lines = problem.splitlines()
    assert all(re.match(rf"{file}(:\d+)?: ", line) for line in lines), problem
    assert any(case.told in line for line in lines), problem


def problem_of(root: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load_project(root)
    return str(error.value)


@pytest.mark.parametrize("case", corpus("wrong_services.yaml"), ids=lambda case: case.written.strip())
def test_a_wrong_service_is_told_in_a_sentence(tmp_path: Path, case: Case) -> None:
    root = write_project(tmp_path, service=with_line(SERVICE, case.instead_of, case.written))
    assert_told(problem_of(root), SERVICE_FILE, case)


@pytest.mark.parametrize("case", corpus("wrong_environments.yaml"), ids=lambda case: case.written.strip())
def test_a_wrong_environment_is_told_in_a_sentence(tmp_path: Path, case: Case) -> None:
    root = write_project(tmp_path, environment=with_line(ENVIRONMENT, case.instead_of, case.written))
    assert_told(problem_of(root), ENVIRONMENT_FILE, case)


@pytest.mark.parametrize("case", corpus("wrong_accounts_and_regions.yaml"), ids=lambda case: case.written.strip())
def test_a_wrong_account_or_region_is_told_in_a_sentence(tmp_path: Path, case: Case) -> None:
    root = write_project(tmp_path, environment=with_line(ENVIRONMENT, case.instead_of, case.written))
    assert_told(problem_of(root), ENVIRONMENT_FILE, case)


@pytest.mark.parametrize("case", corpus("wrong_services_on_eks.yaml"), ids=lambda case: case.written.strip())
def test_a_wrong_service_on_eks_is_told_in_a_sentence(tmp_path: Path, case: Case) -> None:
    service = with_line(SERVICE_ON_EKS, case.instead_of, case.written)
    root = write_project(tmp_path, service=service, environment=ENVIRONMENT_WITH_EKS)
    assert_told(problem_of(root), SERVICE_FILE, case)


@pytest.mark.parametrize("case", corpus("wrong_environments_with_eks.yaml"), ids=lambda case: case.written.strip())
def test_a_wrong_environment_with_eks_is_told_in_a_sentence(tmp_path: Path, case: Case) -> None:
    environment = with_line(ENVIRONMENT_WITH_EKS, case.instead_of, case.written)
    root = write_project(tmp_path, service=SERVICE_ON_EKS, environment=environment)
    assert_told(problem_of(root), ENVIRONMENT_FILE, case)


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    service = with_line(with_line(SERVICE, "min: 2", "min: 0"), "latency_p99_ms: 100", "latency_p99_ms: 0")
    problem = problem_of(write_project(tmp_path, service=service))
    assert [line.split(": ")[1] for line in problem.splitlines()] == ["objectives.latency_p99_ms", "scaling.min"]


def test_an_empty_file_and_a_list_are_no_service(tmp_path: Path) -> None:
    root = write_project(tmp_path, service="")
    assert problem_of(root) == f"{SERVICE_FILE}: an empty file; accepted: a mapping of keys to values"
    (root / SERVICE_FILE).write_text("- a\n")
    assert "accepted: a mapping of keys to values" in problem_of(root)


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    (root / SERVICE_FILE).write_bytes(b"name: \xff\n")
    assert problem_of(root) == f"{SERVICE_FILE}: byte 6 is not UTF-8; accepted: UTF-8 text"


def test_a_project_without_environments_is_told(tmp_path: Path) -> None:
    assert problem_of(tmp_path) == "environments: no environment; accepted: NAME.yaml"
