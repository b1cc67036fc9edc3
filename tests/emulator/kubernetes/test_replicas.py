from typing import Any

import pytest

from slipway.emulator.kubernetes.workloads.replicas import ReplicaCandidate, ReplicaStep, next_step

_CAREFUL = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def _pods(old: int = 0, new: int = 0, *, available: bool = True) -> list[ReplicaCandidate]:
    return [
        ReplicaCandidate(f"old-{number}", is_new=False, is_ready=True, is_available=True) for number in range(old)
    ] + [
        ReplicaCandidate(f"new-{number}", is_new=True, is_ready=available, is_available=available)
        for number in range(new)
    ]


@pytest.mark.parametrize(
    ("strategy", "desired", "pods", "step"),
    [
        (_CAREFUL, 2, _pods(), ReplicaStep(2, ())),
        (_CAREFUL, 2, _pods(old=2), ReplicaStep(1, ())),
        (_CAREFUL, 2, _pods(old=2, new=1, available=False), ReplicaStep(0, ())),
        (_CAREFUL, 2, _pods(old=2, new=1), ReplicaStep(0, ("old-0",))),
        (_CAREFUL, 2, _pods(old=1, new=1), ReplicaStep(1, ())),
        (_CAREFUL, 2, _pods(old=1, new=2), ReplicaStep(0, ("old-0",))),
        (_CAREFUL, 2, _pods(new=2), ReplicaStep(0, ())),
        (_CAREFUL, 1, _pods(new=2), ReplicaStep(0, ("new-0",))),
        ({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}, 2, _pods(old=2), ReplicaStep(0, ("old-0",))),
        ({"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0}}, 2, _pods(old=2), ReplicaStep(2, ())),
        ({}, 4, _pods(old=4), ReplicaStep(1, ("old-0",))),
        ({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}, 2, _pods(old=2), ReplicaStep(0, ("old-0",))),
        ({"type": "Recreate"}, 2, _pods(old=2), ReplicaStep(0, ("old-0", "old-1"))),
        ({"type": "Recreate"}, 2, _pods(), ReplicaStep(2, ())),
        (_CAREFUL, 0, _pods(old=1, new=1), ReplicaStep(0, ("old-0", "new-0"))),
    ],
)
def test_the_next_step_of_a_rollout(
    strategy: dict[str, Any], desired: int, pods: list[ReplicaCandidate], step: ReplicaStep
) -> None:
    assert next_step(strategy, desired, pods) == step


def test_old_pods_that_answer_nobody_go_first_and_at_once() -> None:
    broken = ReplicaCandidate("broken", is_new=False, is_ready=False, is_available=False)
    assert next_step(_CAREFUL, 2, [*_pods(old=1), broken]).remove == ("broken",)
