from typing import Any

import pytest

from slipway.emulator.kubernetes.load_balancing.listener_rules import HttpRequest, ListenerRule, actions_for, weighted

_ASKED = HttpRequest("POST", "/invocations", {"host": "a.slipway.localhost:443", "x-variant": "Candidate"})


def _path(*values: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def _header(name: str, *values: str) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ((), True),
        ((_path("/invocations", "/ping"),), True),
        ((_path("/Invocations"),), False),
        ((_path("/inv*"),), True),
        ((_path("/invocation?"),), True),
        ((_path("/invocation"),), False),
        (({"Field": "path-pattern", "Values": ["/invocations"]},), True),
        (({"Field": "host-header", "HostHeaderConfig": {"Values": ["*.SLIPWAY.localhost"]}},), True),
        (({"Field": "host-header", "HostHeaderConfig": {"Values": ["slipway.localhost"]}},), False),
        ((_header("X-Variant", "candidate"),), True),
        ((_header("X-Variant", "main"),), False),
        ((_header("X-Other", "*"),), False),
        ((_path("/invocations"), _header("X-Variant", "main")), False),
        (({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},), False),
        (({"Field": "source-ip", "SourceIpConfig": {"Values": ["0.0.0.0/0"]}},), False),
    ],
)
def test_a_condition(conditions: tuple[dict[str, Any], ...], *, met: bool) -> None:
    assert ListenerRule(1, conditions, ()).meets(_ASKED) is met


def test_the_lowest_priority_that_is_met_decides_and_else_the_default() -> None:
    rules = [
        ListenerRule(20, (), ({"Type": "late"},)),
        ListenerRule(10, (_path("/invocations"),), ({"Type": "early"},)),
    ]
    default = ({"Type": "default"},)
    assert actions_for(_ASKED, rules, default) == ({"Type": "early"},)
    assert actions_for(HttpRequest("GET", "/metrics", {}), rules[1:], default) == default


def test_weights_are_those_of_the_action_and_one_if_it_names_none() -> None:
    groups = [{"TargetGroupArn": "a", "Weight": "90"}, {"TargetGroupArn": "b", "Weight": 10}]
    assert weighted({"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}) == [("a", 90), ("b", 10)]
    assert weighted({"Type": "forward", "TargetGroupArn": "a"}) == [("a", 1)]
