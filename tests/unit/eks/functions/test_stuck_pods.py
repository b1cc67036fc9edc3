"""When pods of a new version are given up before Kubernetes does: all of them, for what no waiting ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inference_constructs.eks.functions.rollout_watch.stuck_pods import are_stuck, newest_pods

NOW = datetime(2026, 12, 1, 12, 0, 0, tzinfo=UTC)
CRASHED = {"terminated": {"exitCode": 1}}
CRASHING = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": CRASHED, "restartCount": 2}


def pod(*containers: dict[str, Any], minutes: float = 2, init: bool = False) -> dict[str, Any]:
    """A pod that has had a node for so long."""
    since = (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    placed = {"type": "PodScheduled", "status": "True", "lastTransitionTime": since}
    key = "initContainerStatuses" if init else "containerStatuses"
    return {"metadata": {"name": "main-1"}, "status": {"conditions": [placed], key: list(containers)}}


def waiting(reason: str) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason}}}


@pytest.mark.parametrize(
    "container",
    [
        CRASHING,
        waiting("ImagePullBackOff"),
        waiting("InvalidImageName"),
        # Between two crashes.
        {"state": {"running": {}}, "lastState": CRASHED, "restartCount": 3, "ready": False},
    ],
)
def test_what_no_waiting_ends(container: dict[str, Any]) -> None:
    assert are_stuck([pod(container), pod(container, init=True)], NOW)
    assert not are_stuck([pod(container), pod(container, minutes=1.9)], NOW), "one may still come up"


@pytest.mark.parametrize(
    "container",
    [
        waiting("ContainerCreating"),
        waiting("ErrImagePull"),  # the first try
        CRASHING | {"restartCount": 1},
        {"state": {"running": {}}, "ready": False},
        {"state": {"running": {}}, "lastState": CRASHED, "restartCount": 9, "ready": True},
    ],
)
def test_what_may_still_come_up(container: dict[str, Any]) -> None:
    assert not are_stuck([pod(CRASHING), pod(container)], NOW)


def test_pods_without_a_node_and_no_pods_are_not_stuck() -> None:
    unplaced = {"metadata": {"name": "main-1"}, "status": {"conditions": [{"type": "PodScheduled", "status": "False"}]}}
    assert not are_stuck([unplaced], NOW)
    assert not are_stuck([], NOW)


def test_only_pods_of_the_newest_revision_count() -> None:
    def replica_set(revision: str, digest: str) -> dict[str, Any]:
        annotations = {"deployment.kubernetes.io/revision": revision}
        return {"metadata": {"annotations": annotations, "labels": {"pod-template-hash": digest}}}

    def of(digest: str, **metadata: str) -> dict[str, Any]:
        return {"metadata": {"labels": {"pod-template-hash": digest}} | metadata}

    deployment = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "7"}}}
    sets = [replica_set("6", "old"), replica_set("7", "new")]
    new = of("new")
    pods = [of("old"), new, of("new", deletionTimestamp="2026-12-01T12:00:00Z")]
    assert newest_pods(deployment, sets, pods) == [new]
    assert newest_pods(deployment, sets[:1], pods) == []
