"""What is said of a Deployment, as Kubernetes' controller reports it: counts, and the conditions of a rollout."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from slipway.emulator.kubernetes.api.clock import Clock
from slipway.emulator.kubernetes.api.objects import Manifest, now
from slipway.emulator.kubernetes.workloads.replicas import ReplicaCandidate

_COMPLETE: Final = "NewReplicaSetAvailable"
_GAVE_UP: Final = "ProgressDeadlineExceeded"
_UNDER_WAY: Final = "ReplicaSetUpdated"
_WORDS: Final = {
    _COMPLETE: "has successfully progressed.",
    _GAVE_UP: "has timed out progressing.",
    _UNDER_WAY: "is progressing.",
}
#: Namespaces of what runs beside the models, such as Prometheus.
_BESIDE_THE_MODELS: Final = "slipway-"
_DEFAULT_DEADLINE_SECONDS: Final = 600
#: The shortest that a deadline is made: a pod's start is real work, and takes as long as it takes.
_SHORTENED_DEADLINE_SECONDS: Final = 60.0


def rollout_status(deployment: Manifest, pods: Sequence[ReplicaCandidate], digest: str, clock: Clock) -> Manifest:
    """The status of a Deployment.

    Args:
        deployment: It, with its status so far.
        pods: Its pods but those that end.
        digest: What tells its pod template from others, as in the name of a ReplicaSet.
        clock: How long waits last.
    """
    old, desired = deployment.get("status", {}), int(deployment["spec"]["replicas"])
    available = sum(pod.is_available for pod in pods)
    updated = sum(pod.is_new for pod in pods)
    counts = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": len(pods),
        "updatedReplicas": updated,
        "readyReplicas": sum(pod.is_ready for pod in pods),
        "availableReplicas": available,
        "unavailableReplicas": max(0, max(len(pods), desired) - available),
    }
    progressing = _found(old, "Progressing")
    # Once it was complete, a pod that fails or is added is no rollout any more.
    was_complete = updated == len(pods) and progressing.get("reason") == _COMPLETE
    complete = was_complete or updated == len(pods) == desired == available
    moved = _moved(old, counts)
    late = not complete and not moved and _is_late(deployment, progressing, clock)
    reason = _COMPLETE if complete else _GAVE_UP if late else _UNDER_WAY
    words = f'ReplicaSet "{deployment["metadata"]["name"]}-{digest}" {_WORDS[reason]}'
    held = available >= desired
    conditions = [
        _condition(
            old, "Available", held=held, reason="MinimumReplicasAvailable" if held else "MinimumReplicasUnavailable"
        ),
        _condition(
            old, "Progressing", held=not late, reason=reason, message=words, touched=moved and reason == _UNDER_WAY
        ),
    ]
    return {**counts, "conditions": conditions}


def not_run(deployment: Manifest) -> Manifest:
    """The status of a Deployment whose image is not here."""
    old, message = deployment.get("status", {}), "The embedded AWS runs containers of serving/ only."
    if deployment["metadata"]["namespace"].startswith(_BESIDE_THE_MODELS):
        # A cluster's deployment waits for these, and nothing here needs them.
        replicas = int(deployment["spec"].get("replicas", 1))
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas)
        progressing = _condition(old, "Progressing", held=True, reason=_COMPLETE, message=message)
        return {"observedGeneration": deployment["metadata"]["generation"], "conditions": [progressing]} | counts
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": 0,
        "unavailableReplicas": int(deployment["spec"].get("replicas", 1)),
        "conditions": [_condition(old, "Available", held=False, reason="NotRunHere", message=message)],
    }


def _moved(old: Manifest, new: Manifest) -> bool:
    """Whether there was progress: more new pods, fewer old ones, more of them ready, or a first look at a new template.

    A template that has pods already gets no such look: what was said of the one before stands until there is progress.
    """
    if new["observedGeneration"] != old.get("observedGeneration") and not new["updatedReplicas"]:
        return True
    more = ("updatedReplicas", "readyReplicas", "availableReplicas")
    before = old.get("replicas", 0) - old.get("updatedReplicas", 0)
    return new["replicas"] - new["updatedReplicas"] < before or any(new[part] > old.get(part, 0) for part in more)


def _is_late(deployment: Manifest, progressing: Manifest, clock: Clock) -> bool:
    """Whether there was no progress for too long; who gave up stays with it until there is some."""
    if progressing.get("reason") == _GAVE_UP:
        return True
    since = progressing.get("lastUpdateTime")
    if since is None:
        return False
    declared = float(deployment["spec"].get("progressDeadlineSeconds", _DEFAULT_DEADLINE_SECONDS))
    deadline = min(declared, max(clock.seconds(declared), _SHORTENED_DEADLINE_SECONDS))
    return (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds() > deadline


def _condition(
    old: Manifest, kind: str, *, held: bool, reason: str, message: str = "", touched: bool = False
) -> dict[str, Any]:
    status, before = "True" if held else "False", _found(old, kind)
    if before and (before["status"], before["reason"]) == (status, reason) and not touched:
        return before
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": now(),
        "lastTransitionTime": before["lastTransitionTime"] if before.get("status") == status else now(),
    }


def _found(status: Manifest, kind: str) -> Manifest:
    return next((found for found in status.get("conditions", []) if found["type"] == kind), {})
