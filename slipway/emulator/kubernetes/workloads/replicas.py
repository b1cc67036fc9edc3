"""How many pods of the new and of the old template a rolling update has to have next."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class ReplicaCandidate:
    """A pod as the arithmetic sees it.

    Attributes:
        name: The pod's name.
        is_new: Whether it is of the newest template.
        is_ready: Whether it is ready.
        is_available: Whether it has been ready for `minReadySeconds`.
    """

    name: str
    is_new: bool
    is_ready: bool
    is_available: bool


@dataclasses.dataclass(frozen=True)
class ReplicaStep:
    """What to do now.

    Attributes:
        create: How many pods of the new template to create.
        remove: The pods to end.
    """

    create: int
    remove: tuple[str, ...]


def next_step(strategy: dict[str, Any], desired: int, pods: Sequence[ReplicaCandidate]) -> ReplicaStep:
    """The next step towards so many pods of the new template; terminating pods do not count.

    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment

    Args:
        strategy: The Deployment's `strategy`.
        desired: How many pods are wanted.
        pods: Those there are, the oldest first.
    """
    new, old = [pod for pod in pods if pod.is_new], [pod for pod in pods if not pod.is_new]
    # Those that help least go first.
    surplus = sorted(new, key=lambda pod: (pod.is_available, pod.is_ready))[: max(0, len(new) - desired)]
    missing = max(0, desired - len(new))
    if strategy.get("type") == "Recreate":
        return ReplicaStep(0 if old else missing, tuple(pod.name for pod in [*old, *surplus]))
    rolling = strategy.get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", "25%"), desired, math.ceil)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), desired, math.floor)
    if surge == unavailable == 0:
        unavailable = 1  # or nothing could ever move
    room = desired + surge - len(pods)
    unready = [pod for pod in old if not pod.is_ready]
    available = sum(pod.is_available for pod in pods)
    spare = max(0, available - (desired - unavailable))
    ready = [pod for pod in old if pod.is_ready][:spare]
    doomed = [*unready, *ready, *surplus] if desired else [*old, *surplus]
    return ReplicaStep(min(missing, max(0, room)), tuple(pod.name for pod in doomed))


def _share(value: int | str, desired: int, rounded: Any) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return int(rounded(desired * int(value.removesuffix("%")) / 100))
    return int(value)
