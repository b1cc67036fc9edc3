"""What is made of a Deployment's status: each row that is not complete has a field that would mislead alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inference_constructs.eks.functions.rollout_watch.judgement import SETTLING, State, Verdict, judge, trouble

BEGAN = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
AVAILABLE = "NewReplicaSetAvailable"
CREATED, UPDATED = "NewReplicaSetCreated", "ReplicaSetUpdated"
GAVE_UP = "ProgressDeadlineExceeded"
TIMED_OUT = 'ReplicaSet "main-7" has timed out progressing.'


def progressing(reason: str, status: str = "True", *, at: datetime = BEGAN, message: str = "") -> dict[str, Any]:
    updated = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "Progressing", "status": status, "reason": reason, "message": message, "lastUpdateTime": updated}


def gave_up(*, at: datetime) -> dict[str, Any]:
    return progressing(GAVE_UP, "False", at=at, message=TIMED_OUT)


REFUSED = {
    "type": "ReplicaFailure",
    "status": "True",
    "reason": "FailedCreate",
    "message": 'pods "main-7" is forbidden: exceeded quota: few',
}


def deployment(
    *conditions: dict[str, Any], counts: tuple[int, int, int] = (4, 4, 4), wanted: int = 4, seen: int = 7
) -> dict[str, Any]:
    """A Deployment at generation 7; counts are all pods, those of the new version, and those available."""
    replicas, updated, available = counts
    status: dict[str, Any] = {"observedGeneration": seen, "conditions": list(conditions)}
    names = ("replicas", "updatedReplicas", "availableReplicas")
    # The API leaves out what is 0.
    status |= {name: count for name, count in zip(names, (replicas, updated, available), strict=True) if count}
    return {"metadata": {"generation": 7}, "spec": {"replicas": wanted}, "status": status}


def judged(found: dict[str, Any], *, after: timedelta = timedelta(minutes=30), minimum: int = 4) -> Verdict:
    return judge(found, minimum=minimum, began=BEGAN, now=BEGAN + after)


def test_what_is_complete() -> None:
    assert judged(deployment(progressing(AVAILABLE))) == Verdict(State.COMPLETE, since=BEGAN.timestamp())


@pytest.mark.parametrize(
    ("found", "words"),
    [
        # The status of the version before, all of it: the controller has not looked yet.
        (deployment(progressing(AVAILABLE), seen=6), "Kubernetes has not looked at the change yet"),
        # Nothing at all: it was made this moment.
        ({"metadata": {"generation": 1}, "spec": {}}, "Kubernetes has not looked at the change yet"),
        # The new ReplicaSet is there, its pods are not.
        (deployment(progressing(CREATED), counts=(4, 0, 4)), "4 of 4 pods are still of another version"),
        # Going back to a ReplicaSet that is there: the condition of the version before stays until there is progress.
        (deployment(progressing(AVAILABLE), counts=(4, 0, 4)), "4 of 4 pods are still of another version"),
        # Old pods that were not ready are taken out at once, before a new one is available.
        (deployment(progressing(AVAILABLE), counts=(4, 4, 0)), "0 of 4 pods are available"),
        # Every pod is new, and not yet ready for long enough.
        (deployment(progressing(UPDATED), counts=(4, 4, 3)), "3 of 4 pods are available"),
        # All new ones are available, and old ones still answer.
        (deployment(progressing(UPDATED), counts=(6, 4, 6)), "2 of 6 pods are still of another version"),
        # The first pods of a variant are there; the autoscaler wants more, which are on their way.
        (deployment(progressing(UPDATED), wanted=9), UPDATED),
        # Somebody has paused it.
        (
            deployment(progressing("DeploymentPaused", "Unknown", message="Deployment is paused")),
            "DeploymentPaused: Deployment is paused",
        ),
        # No progress yet, and why, long before Kubernetes gives up.
        (
            deployment(progressing(CREATED), REFUSED, counts=(4, 0, 4)),
            '4 of 4 pods are still of another version (FailedCreate: pods "main-7" is forbidden: exceeded quota: few)',
        ),
    ],
)
def test_what_is_under_way(found: dict[str, Any], words: str) -> None:
    """EKS fact 11: every part of a status may be of the version before, whatever the others say."""
    assert judged(found) == Verdict(State.UNDER_WAY, words)


def test_kubernetes_gives_up() -> None:
    found = deployment(gave_up(at=BEGAN + timedelta(minutes=20)), counts=(5, 1, 4))
    said = f"{GAVE_UP}: {TIMED_OUT.rstrip('.')}: 4 of 5 pods are still of another version"
    assert judged(found) == Verdict(State.FAILED, said)


def test_pods_that_may_not_be_made_are_told() -> None:
    found = deployment(gave_up(at=BEGAN + timedelta(minutes=20)), REFUSED, counts=(4, 0, 4))
    assert "has timed out progressing (FailedCreate: pods" in judged(found).words


@pytest.mark.parametrize("counts", [(8, 4, 4), (5, 3, 4)])
def test_a_rollback_is_not_taken_for_what_it_undoes(counts: tuple[int, int, int]) -> None:
    """The condition of the failed version stands with the new generation, until the first of its pods is gone."""
    found = deployment(gave_up(at=BEGAN - timedelta(seconds=20)), counts=counts)
    assert judged(found, after=timedelta(seconds=1)).state is State.UNDER_WAY
    assert judged(found, after=SETTLING - timedelta(seconds=1)).state is State.UNDER_WAY
    # It never was of the version before: nothing has changed since.
    assert judged(found, after=SETTLING).state is State.FAILED


def test_a_failure_within_the_first_minutes_is_one() -> None:
    found = deployment(gave_up(at=BEGAN + timedelta(seconds=30)), counts=(5, 1, 4))
    assert judged(found, after=timedelta(seconds=31)).state is State.FAILED


@pytest.mark.parametrize("reason", [AVAILABLE, GAVE_UP])
def test_the_autoscaler_may_want_more_than_there_are_nodes(reason: str) -> None:
    """EKS fact 5: the number of pods is the autoscaler's, and no version is to blame for what it adds."""
    condition = gave_up(at=BEGAN + timedelta(minutes=20)) if reason == GAVE_UP else progressing(reason)
    since = BEGAN.timestamp() if reason == AVAILABLE else None
    assert judged(deployment(condition, counts=(20, 20, 4), wanted=20)) == Verdict(State.COMPLETE, since=since)
    lacking = judged(deployment(condition, counts=(20, 20, 3), wanted=20))
    assert lacking.state is (State.FAILED if reason == GAVE_UP else State.UNDER_WAY)
    assert lacking.words.endswith("3 of 4 pods are available")


def test_somebody_may_have_switched_it_off() -> None:
    """With 0 pods an autoscaler is off too; it is no reason not to deploy."""
    assert judged(deployment(progressing(AVAILABLE), counts=(0, 0, 0), wanted=0)).state is State.COMPLETE


def test_the_autoscaler_may_take_pods_out_meanwhile() -> None:
    assert judged(deployment(progressing(AVAILABLE), counts=(2, 2, 2), wanted=2)).state is State.COMPLETE


def pod(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "main-7-x"}, "status": status}


def container(name: str = "server", **state: Any) -> dict[str, Any]:
    return {"name": name, "state": state}


READY = {"type": "Ready", "status": "True"}
PULL = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"conditions": [READY], "containerStatuses": [container(running={})]}, ""),
        ({"conditions": []}, ""),
        ({"containerStatuses": [container(waiting={"reason": "PodInitializing"})]}, ""),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]},
            "pod main-7-x has no node: 0/3 nodes are available",
        ),
        (
            {"containerStatuses": [container(waiting=PULL)]},
            "pod main-7-x, container server: ImagePullBackOff: Back-off pulling image",
        ),
        (
            {
                "initContainerStatuses": [
                    container("load-model", waiting={"reason": "CrashLoopBackOff"})
                    | {"lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "no such object"}}}
                ],
                "containerStatuses": [container(waiting={"reason": "PodInitializing"})],
            },
            "pod main-7-x, container load-model: CrashLoopBackOff, ended with exit code 1 (Error: no such object)",
        ),
        (
            {"containerStatuses": [container(terminated={"exitCode": 137, "reason": "OOMKilled"})]},
            "pod main-7-x, container server: ended with exit code 137 (OOMKilled)",
        ),
        ({"containerStatuses": [container(running={})]}, "pod main-7-x runs and is not ready"),
    ],
)
def test_what_holds_a_pod_up(status: dict[str, Any], words: str) -> None:
    assert trouble([pod(conditions=[READY]), pod(**status)]) == words


def test_a_pod_that_has_failed_tells_more_than_one_on_its_way() -> None:
    under_way = pod(containerStatuses=[container(running={})])
    failed = pod(containerStatuses=[container(terminated={"exitCode": 1})])
    assert trouble([under_way, failed]) == "pod main-7-x, container server: ended with exit code 1"
