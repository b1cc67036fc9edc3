"""Whether every pod of a new version is stuck in a way that waiting does not end.

Kubernetes itself goes on trying until the progress deadline, which leaves time for a node, an image and a model. A
container that crashes with each start, or whose image is not there, is known long before.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

Object = Mapping[str, Any]

#: A pod that has had a node for so long has tried more than once: a registry or bucket may fail for a moment.
PATIENCE: Final = timedelta(minutes=2)
#: Restarts of a container that is not ready: one may be bad luck, and each comes later than the one before.
_OFTEN: Final = 2
_CRASHING: Final = "CrashLoopBackOff"
_NEVER: Final = frozenset({"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"})
_REVISION: Final = "deployment.kubernetes.io/revision"
_HASH: Final = "pod-template-hash"


def newest_pods(deployment: Object, replica_sets: Iterable[Object], pods: Iterable[Object]) -> list[Object]:
    """The pods of a Deployment's current version that are not about to end; none while it has no ReplicaSet.

    Args:
        deployment: The Deployment.
        replica_sets: The ReplicaSets with its labels.
        pods: The pods with its labels.
    """
    revision = _annotation(deployment)
    hashes = {
        each["metadata"].get("labels", {}).get(_HASH) for each in replica_sets if _annotation(each) == revision
    } - {None}
    return [
        pod
        for pod in pods
        if pod["metadata"].get("labels", {}).get(_HASH) in hashes and "deletionTimestamp" not in pod["metadata"]
    ]


def are_stuck(pods: Iterable[Object], now: datetime) -> bool:
    """Whether there are pods, and each has been stuck for long enough."""
    found = list(pods)
    return bool(found) and all(_is_stuck(pod, now) for pod in found)


def _is_stuck(pod: Object, now: datetime) -> bool:
    status = pod.get("status", {})
    placed: Object = next((each for each in status.get("conditions", []) if each["type"] == "PodScheduled"), {})
    since = placed.get("lastTransitionTime") if placed.get("status") == "True" else None
    if since is None or now - datetime.fromisoformat(since) < PATIENCE:
        return False
    return any(_container_is_stuck(each) for each in _containers(status))


def _container_is_stuck(container: Object) -> bool:
    reason = container.get("state", {}).get("waiting", {}).get("reason")
    if reason in _NEVER:
        return True
    often = container.get("restartCount", 0) >= _OFTEN and not container.get("ready", False)
    # Between two crashes it runs for a moment, and its last state tells of the crash.
    crashed = container.get("lastState", {}).get("terminated", {}).get("exitCode", 0) != 0
    return often and (reason == _CRASHING or crashed)


def _containers(status: Object) -> Iterator[Object]:
    yield from status.get("initContainerStatuses", [])
    yield from status.get("containerStatuses", [])


def _annotation(found: Object) -> str | None:
    revision: str | None = found["metadata"].get("annotations", {}).get(_REVISION)
    return revision
