"""What the status of a Deployment says of its rollout.

Kubernetes writes a status piece by piece, and leaves standing what it last said: each part is believed only beside the
others (kubernetes/kubernetes, pkg/controller/deployment: `syncRolloutStatus`, `getNewReplicaSet`,
`DeploymentTimedOut`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Final

Object = Mapping[str, Any]

#: For so long a status may still be that of the version before. Going back to a ReplicaSet that is there, as a rollback
#: does, leaves a condition that gave up until the first pod of the failed version is gone, which takes seconds.
SETTLING: Final = timedelta(minutes=2)
_ALL_AVAILABLE: Final = "NewReplicaSetAvailable"
#: A container that waits for one of these is on its way.
_ON_ITS_WAY: Final = frozenset({"ContainerCreating", "PodInitializing"})


class State(Enum):
    """How far a rollout is."""

    COMPLETE = auto()
    UNDER_WAY = auto()
    FAILED = auto()


@dataclass(frozen=True)
class Verdict:
    """What is to be made of a status.

    Attributes:
        state: How far the rollout is.
        words: What is missing, or why it failed.
        since: When it was complete, in seconds since 1970; None if it is not, or if Kubernetes does not tell.
    """

    state: State
    words: str = ""
    since: float | None = None


def judge(deployment: Object, *, minimum: int, began: datetime, now: datetime) -> Verdict:
    """Judge a Deployment by what the Kubernetes API answers.

    It has rolled out when the latest change was seen, every pod is of the new version, and all are available that
    Kubernetes waits for. Pods that the autoscaler adds meanwhile are waited for too, but should they find no node,
    that is not the version's fault: its minimum of pods is enough then.

    Args:
        deployment: The object.
        minimum: The least number of pods that its autoscaler keeps.
        began: When the change had been applied.
        now: When the answer came.
    """
    spec, status = deployment.get("spec", {}), deployment.get("status", {})
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return Verdict(State.UNDER_WAY, "Kubernetes has not looked at the change yet")
    progress = _condition(status, "Progressing")
    missing = _missing(status, least=min(minimum, spec.get("replicas", 1)))
    gave_up = progress.get("status") == "False"
    if gave_up and missing and not _is_from_before(progress, began, now):
        return Verdict(State.FAILED, f"{_said(progress)}{_refused(status)}: {missing}")
    if missing or not (gave_up or progress.get("reason") == _ALL_AVAILABLE):
        return Verdict(State.UNDER_WAY, f"{missing or _said(progress)}{_refused(status)}")
    updated = progress.get("lastUpdateTime") if progress.get("reason") == _ALL_AVAILABLE else None
    since = None if updated is None else datetime.fromisoformat(updated).timestamp()
    return Verdict(State.COMPLETE, since=since)


def trouble(pods: Iterable[Object]) -> str:
    """What holds up the first pod that is held up, in words; empty if none is.

    A pod that has failed tells more than one that may still be on its way.
    """
    waiting = [pod for pod in pods if not _is_ready(pod)]
    return next((found for tell in (_failures, _waits) for pod in waiting for found in tell(pod)), "")


def _missing(status: Object, *, least: int) -> str:
    replicas, updated = status.get("replicas", 0), status.get("updatedReplicas", 0)
    available = status.get("availableReplicas", 0)
    if replicas > updated:
        return f"{replicas - updated} of {replicas} pods are still of another version"
    if available < least:
        return f"{available} of {least} pods are available"
    return ""


def _is_from_before(condition: Object, began: datetime, now: datetime) -> bool:
    updated = condition.get("lastUpdateTime")
    return now - began < SETTLING and updated is not None and datetime.fromisoformat(updated) < began


def _refused(status: Object) -> str:
    """Pods that may not be made: a quota, pod security, a webhook."""
    failure = _condition(status, "ReplicaFailure")
    return f" ({_said(failure)})" if failure.get("status") == "True" else ""


def _failures(pod: Object) -> Iterator[str]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    scheduled = _condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        yield f"pod {name} has no node: {scheduled.get('message', '')}"
    for container in _containers(status):
        if words := ", ".join(_of_container(container)):
            yield f"pod {name}, container {container['name']}: {words}"


def _waits(pod: Object) -> Iterator[str]:
    if any("running" in container.get("state", {}) for container in _containers(pod.get("status", {}))):
        yield f"pod {pod['metadata']['name']} runs and is not ready"


def _containers(status: Object) -> list[Object]:
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def _of_container(container: Object) -> Iterator[str]:
    state = container.get("state", {})
    waiting = state.get("waiting", {})
    if waiting.get("reason", "ContainerCreating") not in _ON_ITS_WAY:
        yield _said(waiting)
    ended = state.get("terminated") or container.get("lastState", {}).get("terminated") or {}
    if ended.get("exitCode"):
        told = any(ended.get(part) for part in ("reason", "message"))
        yield f"ended with exit code {ended['exitCode']}" + (f" ({_said(ended)})" if told else "")


def _is_ready(pod: Object) -> bool:
    return _condition(pod.get("status", {}), "Ready").get("status") == "True"


def _condition(status: Object, kind: str) -> Object:
    found: Iterator[Object] = (each for each in status.get("conditions", []) if each["type"] == kind)
    return next(found, {})


def _said(told: Object) -> str:
    """Reason and message of a condition or a state."""
    parts = [str(told[part]).strip().rstrip(".") for part in ("reason", "message") if told.get(part)]
    return ": ".join(parts) or "no reason given"
