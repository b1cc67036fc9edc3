"""What differs between two environments, whatever the spec can say."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from inference_constructs.config import load_environment
from inference_constructs.config.backends import any_service_model, environment_model
from slipway.cli.main import app
from slipway.operations.environment_diff.comparison import ABSENT, Difference, compare, effective

SERVICE = """\
name: triage
backend: sagemaker
model: {path: model/}
image: {uri: "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1.4.0"}
sagemaker: {instance_type: ml.c7i.large}
eks: {cpu: "1", memory: 1Gi}
"""
DEV = """\
name: dev
account: "111122223333"
region: us-east-1
network:
  cidr: 10.10.0.0/16
  availability_zones: [us-east-1a, us-east-1b]
log_retention_days: 14
rollout: {strategy: all_at_once}
services:
  triage:
    scaling: {min: 1, max: 4, target: 8}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two environments that are alike but for a few values, and a service more in one of them."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "model_artifacts" / "triage" / "model").mkdir(parents=True)
    (tmp_path / "model_artifacts" / "triage" / "service.yaml").write_text(SERVICE)
    (tmp_path / "environments" / "dev.yaml").write_text(DEV)
    text = DEV.replace("name: dev", "name: qa").replace("log_retention_days: 14", "log_retention_days: 30")
    text = text.replace("min: 1, max: 4, target: 8}", "min: 2, max: 4, target: 8}\n  other: {folder: triage}")
    (tmp_path / "environments" / "qa.yaml").write_text(text)
    return tmp_path


def test_only_what_differs_is_shown_by_group(project: Path) -> None:
    found = compare(project, "dev", "qa")
    told = {group.name: {each.key: each.values for each in group.differences} for group in found.groups}
    assert told == {
        "environment": {"name": ("dev", "qa"), "log_retention_days": (14, 30)},
        "services.other": {},
        "services.triage": {"scaling.min": (1, 2)},
    }
    assert {group.name: group.only_in for group in found.groups if group.only_in} == {"services.other": "qa"}


def test_all_shows_every_key_that_the_spec_has(project: Path) -> None:
    """A key that the spec gains tomorrow is in here by itself: the models are asked, not a list."""
    found = {group.name: group for group in compare(project, "dev", "qa", everything=True).groups}
    shown = {each.key.partition(".")[0].partition("[")[0] for each in found["services.triage"].differences}
    assert shown == set(any_service_model().model_fields)
    own = {each.key.partition(".")[0] for each in found["environment"].differences}
    assert own == set(environment_model().model_fields) - {"services", "network", "eks"}


def test_a_value_that_is_set_to_its_default_is_no_difference(project: Path) -> None:
    file = project / "environments" / "qa.yaml"
    file.write_text(file.read_text().replace("cidr: 10.10.0.0/16", "cidr: 10.10.0.0/16\n  nat_gateways: 0"))
    assert "network" not in {group.name for group in compare(project, "dev", "qa").groups}


def test_a_rollout_that_is_inherited_counts_as_the_services_own(project: Path) -> None:
    environment = load_environment(project / "environments" / "qa.yaml", root=project)
    assert effective(environment)["services.triage"]["rollout"]["strategy"] == "all_at_once"


def test_a_whole_that_one_has_and_the_other_not_is_shown_by_its_keys(project: Path) -> None:
    found = {group.name: group for group in compare(project, "dev", "qa").groups}
    assert found["services.triage"].only_in is None
    file = project / "environments" / "qa.yaml"
    file.write_text(file.read_text().replace("{folder: triage}", "{folder: triage, eks: null}"))
    file.write_text(file.read_text().replace("target: 8}\n", "target: 8}\n    eks: null\n"))
    differences = next(g for g in compare(project, "dev", "qa").groups if g.name == "services.triage").differences
    assert Difference(key="eks.cpu", values=("1", ABSENT)) in differences
    assert "eks" not in {each.key for each in differences}


def _run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["diff-env", *arguments, "--project", str(project)])


def test_the_table(project: Path) -> None:
    result = _run(project, "dev", "qa")
    assert result.exit_code == 0
    assert "services.other in qa only" in result.stdout
    assert [line.split() for line in result.stdout.splitlines() if "log_retention_days" in line] == [
        ["│", "log_retention_days", "│", "14", "│", "30", "│"]
    ]


def test_json(project: Path) -> None:
    result = _run(project, "dev", "qa", "--json")
    groups = {group["name"]: group for group in json.loads(result.stdout)["groups"]}
    assert groups["services.triage"]["values"] == [{"key": "scaling.min", "equal": False, "dev": 1, "qa": 2}]


def test_an_environment_against_itself(project: Path) -> None:
    result = _run(project, "dev", "dev")
    assert (result.exit_code, result.stdout) == (0, "dev and dev do not differ.\n")


def test_an_unknown_environment(project: Path) -> None:
    result = _run(project, "dev", "pord")
    assert result.exit_code == 2
    assert result.stderr == "There is no environment `pord`; there is dev, qa.\n"
