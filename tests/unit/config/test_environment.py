"""What an environment means by its purpose, in its regions, within its limits and in a VPC of others."""

import json
from pathlib import Path
from typing import get_args

import pytest
from aws_cdk import Stack, aws_logs
from aws_cdk.assertions import Template

from inference_constructs.config import ConfigError, Environment, Strategy, load_project
from inference_constructs.config.models.environment import LOG_RETENTION_DAYS
from inference_constructs.config.models.tags import MOST_TAGS
from inference_constructs.pipeline.names import StepKind, operations_role_name, protection_role_name, step_role_name
from stacks.advice import advice
from stacks.settings import log_retention_of
from tests.conftest import ROOT
from tests.templates import unvalidated_app
from tests.unit.config.projects import ENVIRONMENT, ENVIRONMENT_WITH_EKS, SERVICE_ON_EKS, with_line, write_project

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


@pytest.mark.parametrize("url", ["https://wiki.example.com/runbooks", "https://git.example.com:8443/ops/blob/main/"])
def test_runbooks_are_published_at_an_address(tmp_path: Path, url: str) -> None:
    (environment,) = environments(tmp_path, written=f"{PURPOSE}    runbook_base_url: {url}\n")
    assert environment.runbook_base_url == url


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
    with pytest.raises(ConfigError, match=f"accepted: {needed} or more"):
        environments(tmp_path / "short", written=rest + limits % (needed - 1))


@pytest.mark.parametrize(
    ("rollout", "cells", "needed"),
    [
        ("{strategy: all_at_once}", 1, 12),  # 3 pods and 3 new ones, of 2 GPUs
        ("{strategy: rolling, batch_percent: 10}", 1, 8),
        ("{strategy: rolling, batch_percent: 50}", 1, 10),
        ("{strategy: rolling, batch_percent: 50}", 2, 20),
    ],
)
def test_limits_count_the_gpus_of_pods(tmp_path: Path, rollout: str, cells: int, needed: int) -> None:
    """In each cell, and with those that a rollout adds: Kubernetes rounds `maxSurge` up ("Deployments")."""
    pods = SERVICE_ON_EKS.replace("memory: 4Gi", "memory: 4Gi, gpus: 2").replace("max: 20", "max: 3")
    pods = with_line(pods, "{strategy: rolling}", rollout)
    pools = f"[{{name: cpu}}, {{name: gpu, kind: gpu, max_accelerators: 8}}]\n      cells: {cells}"
    clusters = with_line(ENVIRONMENT_WITH_EKS, "[{name: cpu}]", pools)
    clusters = with_line(clusters, PURPOSE, PURPOSE + "    limits: {gpus: %d}\n")
    assert load_project(write_project(tmp_path / "enough", service=pods, environment=clusters % needed))
    short = write_project(tmp_path / "short", service=pods, environment=clusters % (needed - 1))
    with pytest.raises(ConfigError, match=f"limits.gpus: `{needed - 1}`; accepted: {needed} or more"):
        load_project(short)


def test_the_longest_name_leaves_roles_within_what_iam_takes(tmp_path: Path) -> None:
    """64 characters (IAM API Reference, CreateRole)."""
    (environment,) = environments(tmp_path, written=PURPOSE)
    longest = {"name": "a" * 20, "region": "ap-southeast-1", "first_region": "ap-southeast-2"}
    environment = type(environment).model_validate(
        dict(environment) | longest | {"network": {"availability_zones": ["ap-southeast-1a", "ap-southeast-1b"]}}
    )
    names = [step_role_name(kind, environment) for kind in get_args(StepKind)]
    names += [operations_role_name(environment), protection_role_name(environment)]
    assert max(len(name) for name in names) == 60


def test_logs_are_kept_for_each_time_that_cloudwatch_knows(tmp_path: Path) -> None:
    """Whoever has to keep logs for ten years can say so."""
    (environment,) = environments(tmp_path, written=PURPOSE)
    stack = Stack(unvalidated_app(), "Stack")
    for days in LOG_RETENTION_DAYS:
        there = type(environment).model_validate(dict(environment) | {"log_retention_days": days})
        aws_logs.LogGroup(stack, f"Log{days}", retention=log_retention_of(there))
    groups = Template.from_stack(stack).find_resources("AWS::Logs::LogGroup").values()
    assert sorted(group["Properties"]["RetentionInDays"] for group in groups) == list(LOG_RETENTION_DAYS)
    assert len(LOG_RETENTION_DAYS) == len(aws_logs.RetentionDays) - 1, "all but for ever"


def test_tags_may_be_of_any_language(tmp_path: Path) -> None:
    tags = f"{{Équipe: ML-플랫폼, 'cost center': 'a_b.c:d/e=f+g-h@1', {'k' * 128}: {'v' * 256}}}"
    (environment,) = environments(tmp_path, written=f"{PURPOSE}    tags: {tags}\n")
    assert environment.tags["Équipe"] == "ML-플랫폼"
    assert len(environment.tags) == 3


def test_the_most_tags_leave_room_for_those_of_the_app() -> None:
    """AWS takes 50 on a resource. What the app and the CDK add, the templates show."""
    own = {key for environment in load_project(ROOT).environments for key in environment.tags}
    added = [
        len({tag["Key"] for tag in tags if tag["Key"] not in own})
        for file in (ROOT / "tests" / "snapshots" / "test_templates").glob("*.json")
        for resource in json.loads(file.read_text())["Resources"].values()
        if isinstance(tags := resource.get("Properties", {}).get("Tags"), list)
    ]
    assert max(added) + MOST_TAGS == 50


@pytest.mark.parametrize("rollout", ["{strategy: canary, canary_percent: 5}", "{strategy: linear}", None])
def test_without_a_candidate_pods_are_replaced_batch_by_batch(tmp_path: Path, rollout: str | None) -> None:
    """An environment's canary, production's default too, is for SageMaker and for candidates."""
    pods = with_line(SERVICE_ON_EKS, "    rollout: {strategy: rolling}\n", "")
    written = "" if rollout is None else f"    rollout: {rollout}\n"
    clusters = with_line(ENVIRONMENT_WITH_EKS, "    purpose: development\n", written)
    for name, candidate, expected in (
        ("without", "", Strategy.ROLLING),
        ("with", "    candidate: {image: {build: serving}, step: 1}\n", None),
    ):
        service = with_line(pods, "    backend: eks\n", "    backend: eks\n" + candidate)
        project = load_project(write_project(tmp_path / name, service=service, environment=clusters))
        found = project.environments[0].services[0].rollout
        assert found is not None
        assert found.strategy is (expected or (Strategy.LINEAR if "linear" in written else Strategy.CANARY))


def test_a_production_network_with_fewer_ways_out_than_zones_is_told(tmp_path: Path) -> None:
    """A failed zone takes its NAT gateway along; in a development environment that is nobody's concern."""
    production = with_line(ENVIRONMENT_WITH_EKS, "    purpose: development\n", "")
    for name, environment, expected in (
        ("one", production, 1),
        ("three", with_line(production, "nat_gateways: 1", "nat_gateways: 3"), 0),
        ("development", ENVIRONMENT_WITH_EKS, 0),
    ):
        project = load_project(write_project(tmp_path / name, service=SERVICE_ON_EKS, environment=environment))
        found = list(advice(project))
        assert len(found) == expected
        assert all("network.nat_gateways: 1 for 3 zones" in sentence for sentence in found)


def test_cells_without_a_hosted_zone_are_told(tmp_path: Path) -> None:
    certificate = "certificate_arn: arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
    clusters = with_line(ENVIRONMENT_WITH_EKS, "hosted_zone_id: Z0123456789ABC", f"{certificate}\n      cells: 2")
    (sentence,) = advice(load_project(write_project(tmp_path, service=SERVICE_ON_EKS, environment=clusters)))
    assert "eks.cells: 2 without eks.load_balancer.hosted_zone_id" in sentence
