from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.emulator.sagemaker.rollout import PlanError, TrafficPlan, TrafficStep, plan

ALARMS = {"Alarms": [{"AlarmName": "errors"}, {"AlarmName": "latency"}]}


def _percent(value: float) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def _blue_green(kind: str, wait: int = 300, keep: int = 0, **size: dict[str, Any]) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **size}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": keep}}


def _percents(found: TrafficPlan) -> list[float]:
    return [step.percent for step in found.steps]


def test_without_a_deployment_configuration_everything_moves_at_once_unwatched() -> None:
    assert plan(None, instances=2) == TrafficPlan((TrafficStep(100, 0),))


def test_all_at_once_is_watched_and_the_old_fleet_is_kept() -> None:
    deployment = _blue_green("ALL_AT_ONCE", keep=120) | {"AutoRollbackConfiguration": ALARMS}
    assert plan(deployment, instances=2) == TrafficPlan((TrafficStep(100, 300),), 120, ("errors", "latency"))


def test_a_canary_is_followed_by_the_rest() -> None:
    assert plan(_blue_green("CANARY", CanarySize=_percent(10)), instances=2) == TrafficPlan(
        (TrafficStep(10, 300), TrafficStep(100, 300))
    )


@pytest.mark.parametrize(
    ("size", "percents"),
    [(50, [50, 100]), (30, [30, 60, 90, 100]), (25, [25, 50, 75, 100]), (10, list(range(10, 101, 10)))],
)
def test_linear_steps_end_with_everything(size: int, percents: list[float]) -> None:
    assert _percents(plan(_blue_green("LINEAR", LinearStepSize=_percent(size)), instances=2)) == percents


def test_rolling_goes_batch_by_batch_and_keeps_no_old_fleet() -> None:
    policy = {"MaximumBatchSize": _percent(40), "WaitIntervalInSeconds": 60}
    found = plan({"RollingUpdatePolicy": policy, "AutoRollbackConfiguration": ALARMS}, instances=5)
    assert found == TrafficPlan(
        (TrafficStep(40, 60), TrafficStep(80, 60), TrafficStep(100, 60)), 0, ("errors", "latency")
    )


def test_a_size_in_instances_is_a_share_of_the_new_fleet() -> None:
    one = {"Type": "INSTANCE_COUNT", "Value": 1}
    assert _percents(plan(_blue_green("CANARY", CanarySize=one), instances=4)) == [25, 100]
    assert _percents(plan(_blue_green("LINEAR", LinearStepSize=one), instances=3)) == pytest.approx(
        [100 / 3, 200 / 3, 100]
    )
    assert _percents(plan(_blue_green("CANARY", CanarySize=one), instances=1)) == [100]


@given(st.floats(min_value=1, max_value=100))
def test_steps_grow_by_no_more_than_their_size_and_end_at_exactly_100(size: float) -> None:
    percents = _percents(plan(_blue_green("LINEAR", LinearStepSize=_percent(size)), instances=2))
    growth = [after - before for before, after in zip([0.0, *percents], percents, strict=False)]
    assert percents[-1] == 100
    assert all(0 < step <= size + 1e-4 for step in growth)


@pytest.mark.parametrize(
    "deployment",
    [_blue_green("SIDEWAYS"), _blue_green("CANARY"), _blue_green("LINEAR", LinearStepSize=_percent(0))],
    ids=["unknown-type", "no-size", "size-of-zero"],
)
def test_what_can_not_be_carried_out_is_refused(deployment: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match=r"SIDEWAYS|CanarySize|LinearStepSize"):
        plan(deployment, instances=2)
