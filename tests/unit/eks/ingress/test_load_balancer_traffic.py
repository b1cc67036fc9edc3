"""HTTPS comes in on one listener; weights and a header say which variant answers."""

import functools
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk.assertions import Template
from hypothesis import given
from hypothesis import strategies as st

from inference_constructs.config import Rollout, Strategy
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.ingress.listener import rule_priorities, traffic_weights
from tests.templates import only, resources
from tests.unit.eks import services
from tests.unit.eks.services import deployed

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
PATHS = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/invocations", "/ping"]}}


@pytest.fixture(scope="module")
def template() -> Template:
    return deployed(second="candidate").template


def target_group_of(template: Template) -> dict[str, str]:
    """The logical id of each target group, by its variant."""
    found = template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup")
    return {variant: name for variant in ("main", "candidate") for name in found if variant in name}


def by_header(rule: dict[str, Any]) -> str | None:
    (header,) = [each["HttpHeaderConfig"] for each in rule["Conditions"] if each["Field"] == "http-header"] or [None]
    if header is None:
        return None
    assert header["HttpHeaderName"] == "X-Amzn-SageMaker-Target-Variant"
    (variant,) = header["Values"]
    return str(variant)


def shares(rule: dict[str, Any]) -> dict[str, int]:
    (action,) = rule["Actions"]
    assert action["Type"] == "forward"
    return {each["TargetGroupArn"]["Ref"]: each["Weight"] for each in action["ForwardConfig"]["TargetGroups"]}


@functools.cache
def some_variant() -> PodVariant:
    return services.variant(services.empty_stack())


def variants_with(**weights: float) -> list[PodVariant]:
    return [replace(some_variant(), name=name, weight=weight) for name, weight in weights.items()]


def test_https_is_the_only_way_in(template: Template) -> None:
    listener = only(template, LISTENER)
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert listener["Certificates"] == [{"CertificateArn": services.CERTIFICATE}]


def test_what_no_rule_names_is_not_found(template: Template) -> None:
    (action,) = only(template, LISTENER)["DefaultActions"]
    assert (action["Type"], action["FixedResponseConfig"]["StatusCode"]) == ("fixed-response", "404")
    for rule in resources(template, RULE):
        assert PATHS in rule["Conditions"], "every rule keeps to the two paths, so that metrics stay inside"


def test_traffic_is_shared_by_weight_and_sticks_to_no_variant(template: Template) -> None:
    (rule,) = [rule for rule in resources(template, RULE) if by_header(rule) is None]
    groups = target_group_of(template)
    assert shares(rule) == {groups["main"]: 90, groups["candidate"]: 10}
    assert rule["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"] == {"Enabled": False}


def test_a_variant_can_be_asked_by_name_before_it_gets_traffic(template: Template) -> None:
    rules = {by_header(rule): rule for rule in resources(template, RULE)}
    last = rules.pop(None)["Priority"]
    assert set(rules) == {"main", "candidate"}
    for variant, rule in rules.items():
        assert shares(rule) == {target_group_of(template)[str(variant)]: 1}
        assert rule["Priority"] < last, "asked before the rule that shares"


def test_the_rules_of_a_variant_stay_when_another_comes(template: Template) -> None:
    """EKS fact 8: names are part of the contract. What derives from one does not move with the others."""
    alone = deployed().template
    for kind in (RULE, "AWS::ElasticLoadBalancingV2::TargetGroup"):
        assert set(alone.find_resources(kind)) < set(template.find_resources(kind))
    before = {by_header(rule): rule["Priority"] for rule in resources(alone, RULE)}
    after = {by_header(rule): rule["Priority"] for rule in resources(template, RULE)}
    assert before.items() < after.items()


@pytest.mark.parametrize(
    ("rollout", "steps"),
    [
        (Rollout(strategy=Strategy.CANARY, canary_percent=10), [(100, 0), (90, 10), (0, 100)]),
        (
            Rollout(strategy=Strategy.LINEAR, step_percent=25),
            [(100, 0), (75, 25), (50, 50), (25, 75), (0, 100)],
        ),
        (Rollout(strategy=Strategy.LINEAR, step_percent=30), [(100, 0), (70, 30), (40, 60), (10, 90), (0, 100)]),
    ],
)
def test_each_step_of_a_rollout_is_a_pair_of_weights(rollout: Rollout, steps: list[tuple[int, int]]) -> None:
    assert rollout.steps == len(steps) - 1
    for step, (old, new) in enumerate(steps):
        moved = rollout.traffic_percent(step)
        assert traffic_weights(variants_with(main=100 - moved, candidate=moved)) == {"main": old, "candidate": new}


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"a": 1.0, "b": 1.0}, {"a": 1, "b": 1}),
        ({"a": 0.7, "b": 0.3}, {"a": 7, "b": 3}),
        ({"a": 1000.0, "b": 500.0}, {"a": 999, "b": 500}),
        ({"a": 100_000.0, "b": 1.0, "c": 0.0}, {"a": 999, "b": 1, "c": 0}),
    ],
)
def test_weights_become_whole_numbers_in_their_ratio(weights: dict[str, float], expected: dict[str, int]) -> None:
    assert traffic_weights(variants_with(**weights)) == expected


@given(st.lists(st.floats(0, 100, allow_subnormal=False), min_size=1, max_size=5).filter(any))
def test_any_weights_keep_their_ratio_as_well_as_whole_numbers_can(weights: list[float]) -> None:
    names = {f"variant{number}": weight for number, weight in enumerate(weights)}
    found = traffic_weights(variants_with(**names))
    heaviest, most = max(weights), max(found.values())
    for name, weight in names.items():
        assert 0 <= found[name] <= 999
        assert (found[name] == 0) == (weight == 0)
        assert abs(found[name] - most * weight / heaviest) <= 1


def test_traffic_for_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no variant gets traffic \(main\); accepted: a weight above 0"):
        traffic_weights(variants_with(main=0))


def test_more_variants_than_an_action_can_name_are_refused() -> None:
    """EKS fact 21: five target groups per action."""
    stack = services.empty_stack()
    with pytest.raises(ValueError, match="6 variants; accepted: up to 5"):
        services.service_of(stack, [services.variant(stack, f"v{number}") for number in range(6)])


@given(st.sets(st.from_regex(r"[a-z]{1,10}", fullmatch=True), min_size=1, max_size=5))
def test_priorities_differ_and_fit(names: set[str]) -> None:
    priorities = rule_priorities(sorted(names))
    assert len(set(priorities.values())) == len(names)
    assert all(1 <= priority < 50_000 for priority in priorities.values())
