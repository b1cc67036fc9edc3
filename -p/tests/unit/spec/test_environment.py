"""What an environment means by its purpose, in its regions, within its limits and in a VPC of others."""

from pathlib import Path

import pytest

from inference_constructs.spec import Environment, SpecError, Strategy, load_project
from tests.unit.spec.projects import ENVIRONMENT, with_line, write_project

PURPOSE = "    purpose: development\n"


def environments(root: Path, *, instead_of: str = PURPOSE, written: str) -> tuple[Environment, ...]:
    return load_project(write_project(root, environment=with_line(ENVIRONMENT, instead_of, written))).environments


def test_production_is_strict_unless_told_otherwise(tmp_path: Path) -> None:
    (production,) = environments(tmp_path, written="")
    assert production.purpose == "production", "what says nothing of itself is not disposable"
    assert (production.removal, production.termination_protection) == ("retain", True)
    assert production.log_retention_days == 365
    (service,) = production.services
    assert service.rollout is not None
    assert service.rollout.strategy is Strategy.CANARY


def test_development_is_cheap_and_disposable(tmp_path: Path) -> None:
    (development,) = environments(tmp_path, written=PURPOSE)
    assert (development.removal, development.termination_protection) == ("destroy", False)
    assert development.log_retention_days == 14
    assert development.services[0].rollout is not None
    assert development.services[0].rollout.strategy is Strategy.ALL_AT_ONCE


def test_what_is_said_counts_more_than_the_purpose(tmp_path: Path) -> None:
    (environment,) = environments(tmp_path, written=PURPOSE + "    removal: retain\n    rollout: {strategy: rolling}\n")
    assert environment.removal == "retain"
    assert environment.services[0].rollout is not None
    assert environment.services[0].rollout.strategy is Strategy.ROLLING


def test_every_region_is_the_environment_with_what_differs_there(tmp_path: Path) -> None:
    written = PURPOSE + (
        "    regions:\n"
        "      eu-west-1:\n"
        "        network: {cidr: 10.1.0.0/16, availability_zones: [eu-west-1a, eu-west-1b]}\n"
        "        services: {triage: {scaling: {max: 4}}}\n"
    )
    first, second = environments(tmp_path, written=written)
    assert [each.region for each in (first, second)] == ["us-east-1", "eu-west-1"]
    assert [each.stage_name for each in (first, second)] == ["dev", "dev-eu-west-1"]
    assert [each.services[0].scaling.max for each in (first, second)] == [20, 4]
    assert second.network.cidr == "10.1.0.0/16"
    assert first.account == second.account


@pytest.mark.parametrize(
    ("rollout", "needed"), [("{strategy: all_at_once}", 40), ("{strategy: rolling, batch_percent: 20}", 20)]
)
def test_limits_count_the_new_fleet_beside_the_old_one(tmp_path: Path, rollout: str, needed: int) -> None:
    limits = "    limits: {instances: {ml.c7i.large: %d}}\n"
    rest = f"{PURPOSE}    rollout: {rollout}\n"
    assert environments(tmp_path / "enough", written=rest + limits % needed)
    with pytest.raises(SpecError, match=f"accepted: {needed} or more"):
        environments(tmp_path / "short", written=rest + limits % (needed - 1))
