"""Whether a network, its security groups and registries hold what clusters and their services need."""

from pathlib import Path
from typing import Any

import pytest

from inference_constructs.config import Clusters, ConfigError, Network, load_project
from inference_constructs.config.eks.capacity.network import (
    advise_on_addresses,
    check_addresses,
    check_rules,
    check_services_of_a_cluster,
)
from inference_constructs.config.models.environment import Limits
from stacks.advice import advice
from tests.unit.config.projects import ENVIRONMENT_WITH_EKS, SERVICE_ON_EKS, with_line, write_project
from tests.unit.config.rules.test_capacity import CPU, auto, service
from tests.unit.config.test_pools import LOAD_BALANCER

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
#: Subnets of a /22 are /26: 64 addresses, 5 of which AWS keeps.
SMALL = Network(cidr="10.0.0.0/22", availability_zones=ZONES)
ECR = "111122223333.dkr.ecr.{}.amazonaws.com/{}:1"
ISOLATED = (
    "interface_endpoints: [ec2, ecr.api, ecr.dkr, eks, eks-auth, elasticloadbalancing, lambda, logs, monitoring, sts]"
)


def blocks(number: int) -> list[str]:
    return [f"203.{index}.113.0/24" for index in range(number)]


def facing(**settings: Any) -> Clusters:
    return Clusters.model_validate({"load_balancer": LOAD_BALANCER | settings})


@pytest.mark.parametrize(("number", "rules"), [(60, 60), (70, 100)])
def test_a_security_group_has_a_rule_for_each_block(number: int, rules: int) -> None:
    there = facing(allowed_cidrs=blocks(number))
    check_rules(there, Limits(security_group_rules=rules))
    with pytest.raises(ValueError, match=rf"{number} blocks.*up to {number - 1}, the rules of a security group"):
        check_rules(there, Limits(security_group_rules=number - 1))


def test_a_clusters_api_takes_forty_blocks() -> None:
    for number in (40, 41):
        there = Clusters.model_validate(
            {"load_balancer": LOAD_BALANCER, "public_endpoint_cidrs": [f"52.{index}.0.0/16" for index in range(number)]}
        )
        if number == 40:
            check_rules(there, Limits())
            continue
        with pytest.raises(ValueError, match=r"41 blocks.*up to 40, the blocks of a cluster's API"):
            check_rules(there, Limits(security_group_rules=1000))


def test_each_service_has_a_rule_in_the_clusters_security_group() -> None:
    services = [service(scaling={"min": 2})] * 58
    check_services_of_a_cluster(services, Limits())
    with pytest.raises(ValueError, match=r"59 services.*up to 58 with the backend eks"):
        check_services_of_a_cluster([*services, services[0]], Limits())
    check_services_of_a_cluster([*services, services[0]], Limits(security_group_rules=61))


@pytest.mark.parametrize(
    ("pods", "cells", "needed"),
    [(141, 1, None), (142, 1, 60), (100, 2, 84)],
)
def test_each_pod_has_an_address(pods: int, cells: int, needed: int | None) -> None:
    """A quarter more in a rollout, a third of them in each zone, the pods of all cells in the same subnets."""
    services = [service(scaling={"min": pods, "max": pods})]
    there = auto(CPU, cells=cells)
    if needed is None:
        check_addresses(services, there, SMALL)
        return
    with pytest.raises(ValueError, match=f"pods need {needed} addresses in a zone, and its subnet has 59"):
        check_addresses(services, there, SMALL)


def test_addresses_that_run_out_on_a_bad_day_are_reported() -> None:
    services = [service(scaling={"min": 2, "max": 96})]
    assert not list(advise_on_addresses([service(scaling={"min": 2, "max": 90})], auto(CPU), SMALL))
    (found,) = advise_on_addresses(services, auto(CPU), SMALL)
    assert "at their most, with one zone lost, pods need 60 addresses in a zone, and its subnet has 59" in str(found)
    (found,) = advise_on_addresses([], auto(CPU | {"max_cpus": 100_000}), SMALL)
    assert "max_cpus allows 1042 nodes in a zone, and its subnet has 59 addresses" in str(found)


def problem_of(root: Path, environment: str, service_file: str = SERVICE_ON_EKS) -> str:
    with pytest.raises(ConfigError) as refused:
        load_project(write_project(root, environment=environment, service=service_file))
    return str(refused.value)


def advice_of(root: Path, environment: str, service_file: str = SERVICE_ON_EKS) -> list[str]:
    return list(advice(load_project(write_project(root, environment=environment, service=service_file))))


def test_the_limits_of_an_environment_count(tmp_path: Path) -> None:
    few = with_line(ENVIRONMENT_WITH_EKS, "services:\n", "limits: {security_group_rules: 10}\n    services:\n")
    rules = ", ".join(blocks(11))
    callers = with_line(
        few, "hosted_zone_id: Z0123456789ABC", f"hosted_zone_id: Z0123456789ABC\n        allowed_cidrs: [{rules}]"
    )
    assert "eks.load_balancer.allowed_cidrs: `'11 blocks'`; accepted: up to 10" in problem_of(tmp_path / "a", callers)
    nine = "".join(f"\n      triage-{number}: {{folder: triage}}" for number in range(8))
    services = with_line(few, "triage: {}", f"triage: {{}}{nine}")
    assert "services: `'9 services'`; accepted: up to 8" in problem_of(tmp_path / "b", services)


def test_the_block_of_an_environment_counts(tmp_path: Path) -> None:
    small = with_line(ENVIRONMENT_WITH_EKS, "network:\n", "network:\n      cidr: 10.0.0.0/22\n")
    text = with_line(small, "[{name: cpu}]", "[{name: cpu, max_cpus: 2048}]")
    many = with_line(SERVICE_ON_EKS, "min: 2, max: 20", "min: 150, max: 150")
    problem = problem_of(tmp_path, text, many)
    assert "network.cidr: `'10.0.0.0/22'`; accepted: a larger block: at their fewest pods need 63 addresses" in problem


def images(**named: str) -> str:
    listed = ", ".join(f'{name}: "{image}"' for name, image in named.items())
    return with_line(
        ENVIRONMENT_WITH_EKS,
        "      node_pools: [{name: cpu}]",
        f"      images: {{{listed}}}\n      node_pools: [{{name: cpu}}]",
    )


@pytest.mark.parametrize(
    "image",
    ["", "prometheus", "prometheus:v3", "quay.io/prometheus/prometheus v3.5.0", "quay.io/prometheus", "quay.io/A/b:1",
     "quay.io/a/b:1@sha256:abc", "https://quay.io/a/b:1", "quay.io/a/b:"],
)  # fmt: skip
def test_an_image_has_a_registry_a_name_and_a_tag(tmp_path: Path, image: str) -> None:
    problem = problem_of(tmp_path, images(prometheus=image))
    assert f"eks.images.prometheus: `'{image}'`; accepted: REGISTRY/NAME:TAG" in problem


@pytest.mark.parametrize(
    "image", ["quay.io/a/b:v3", "registry.example.com:5000/a__b/c-d:1.0_x", f"quay.io/a/b@sha256:{'ab' * 32}"]
)
def test_other_images_are_taken(tmp_path: Path, image: str) -> None:
    assert not advice_of(tmp_path, images(prometheus=image))


@pytest.mark.parametrize("adapter", ["quay.io/a/b:1", ECR.format("eu-west-1", "adapter"), "registry.example.com/a:1"])
def test_nodes_without_a_way_out_pull_from_ecr_beside_them(tmp_path: Path, adapter: str) -> None:
    there = images(prometheus=ECR.format("us-east-1", "prometheus"), prometheus_adapter=adapter)
    problem = problem_of(tmp_path, with_line(there, "nat_gateways: 1", ISOLATED))
    assert f"eks.images.prometheus_adapter: `'{adapter}'" in problem
    assert "accepted: a copy in Amazon ECR in us-east-1" in problem


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_services_image_is_where_nodes_can_pull_it(tmp_path: Path, region: str) -> None:
    of_service = with_line(SERVICE_ON_EKS, "{build: serving}", f'{{uri: "{ECR.format(region, "serving")}"}}')
    copies = images(prometheus=ECR.format("us-east-1", "p"), prometheus_adapter=ECR.format("us-east-1", "a"))
    isolated = with_line(copies, "nat_gateways: 1", ISOLATED)
    if region == "us-east-1":
        assert not advice_of(tmp_path, isolated, of_service)
        return
    problem = problem_of(tmp_path / "isolated", isolated, of_service)
    assert "services.triage.image.uri: " in problem
    assert "accepted: one of us-east-1: nodes have no way to the internet, and none to ECR in eu-west-1" in problem
    (found,) = advice_of(tmp_path / "nat", ENVIRONMENT_WITH_EKS, of_service)
    assert "services.triage.image.uri: " in found
    assert "is in eu-west-1, and is pulled into us-east-1" in found


def test_a_cell_without_records_is_not_drained(tmp_path: Path) -> None:
    certificate = "certificate_arn: arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
    alone = with_line(ENVIRONMENT_WITH_EKS, "hosted_zone_id: Z0123456789ABC", certificate)
    two = with_line(alone, 'version: "1.35"', 'version: "1.35"\n      cells: 2')
    (found,) = advice_of(tmp_path / "cells", two)
    assert "eks.cells: 2 without eks.load_balancer.hosted_zone_id: no record is made" in found
    drained = with_line(two, "cells: 2", "cells: 2\n      drained_cells: [2]")
    assert "eks.drained_cells: `[2]`; accepted: none without load" in problem_of(tmp_path / "drained", drained)


def test_spot_capacity_that_takes_everything_or_cuts_requests_off_is_reported(tmp_path: Path) -> None:
    pools = with_line(ENVIRONMENT_WITH_EKS, "[{name: cpu}]", "[{name: cpu}, {name: cheap, spot_percent: 100}]")
    long = with_line(SERVICE_ON_EKS, "memory: 4Gi", "memory: 4Gi, longest_request_s: 91")
    all_spot, cut_off = advice_of(tmp_path, pools, long)
    assert "eks.node_pools: the pool cheap is all spot, costs least and takes all pods of kind cpu" in all_spot
    assert "services.triage.eks.longest_request_s: 91 on spot capacity (pool cheap)" in cut_off


def test_models_that_anybody_may_call_are_reported(tmp_path: Path) -> None:
    world = "hosted_zone_id: Z0123456789ABC\n        scheme: internet_facing\n        allowed_cidrs: [0.0.0.0/0]\n"
    anonymous = world + "        authentication: {anonymous: true}"
    (found,) = advice_of(tmp_path, with_line(ENVIRONMENT_WITH_EKS, "hosted_zone_id: Z0123456789ABC", anonymous))
    assert "eks.load_balancer.allowed_cidrs: 0.0.0.0/0 with anonymous callers" in found
