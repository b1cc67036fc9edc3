"""What is said of a pod: the containers' states, the conditions and the phase, as a kubelet reports them."""

import dataclasses
from typing import Any, Final

from slipway.emulator.common.workspace import HOST
from slipway.emulator.kubernetes.api.objects import Manifest, now

GATE: Final = "target-health.eks.amazonaws.com/slipway"


@dataclasses.dataclass
class ContainerRecord:
    """What one container is doing.

    Attributes:
        name: The container's name.
        image: Its image.
        state: `{"waiting": …}`, `{"running": …}` or `{"terminated": …}`.
        last: How it ended before.
        started: Whether its startup probe has succeeded.
        ready: Whether its readiness probe does.
        restarts: How often it was started again.
    """

    name: str
    image: str
    state: dict[str, Any]
    last: dict[str, Any] = dataclasses.field(default_factory=dict)
    started: bool = False
    ready: bool = False
    restarts: int = 0

    def wait(self, reason: str, message: str = "") -> None:
        """It waits."""
        self.started = self.ready = False
        self.state = {"waiting": {"reason": reason} | ({"message": message} if message else {})}

    def run(self) -> None:
        """It runs."""
        self.state = {"running": {"startedAt": now()}}

    def end(self, status: int) -> None:
        """It has ended."""
        self.started = self.ready = False
        self.state = {
            "terminated": {"exitCode": status, "reason": "Error" if status else "Completed", "finishedAt": now()}
        }
        self.last = self.state

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return bool(self.state.get("terminated", {}).get("exitCode") == 0)

    def manifest(self) -> dict[str, Any]:
        """As a pod's status has it."""
        return {
            "name": self.name,
            "image": self.image,
            "imageID": "",
            "state": self.state,
            "lastState": self.last if self.last != self.state else {},
            "started": self.started,
            "ready": self.ready,
            "restartCount": self.restarts,
        }


def pod_status(
    old: Manifest, initial: list[ContainerRecord], containers: list[ContainerRecord], *, gate_open: bool | None
) -> Manifest:
    """The status of a pod.

    Args:
        old: The status before, for the times of its conditions.
        initial: The init containers.
        containers: The containers.
        gate_open: Whether its load balancer calls it healthy; None if it is not asked.
    """
    initialised = all(found.succeeded for found in initial)
    containers_ready = initialised and all(found.ready for found in containers)
    held = {
        "PodScheduled": True,
        "Initialized": initialised,
        "ContainersReady": containers_ready,
        "Ready": containers_ready and gate_open is not False,
    }
    if gate_open is not None:
        held[GATE] = gate_open
    running = initialised and any("running" in found.state for found in containers)
    # What will be started again is as good as running to Kubernetes.
    restarted = any(found.restarts or found.last for found in containers)
    return {
        "phase": "Running" if running or restarted else "Pending",
        "hostIP": HOST,
        "podIP": HOST,
        "podIPs": [{"ip": HOST}],
        "startTime": old.get("startTime") or now(),
        "qosClass": "Burstable",
        "conditions": [_condition(old, kind, held=state) for kind, state in held.items()],
        "initContainerStatuses": [found.manifest() | {"ready": found.succeeded, "started": False} for found in initial],
        "containerStatuses": [found.manifest() for found in containers],
    }


def is_true(manifest: Manifest, kind: str) -> bool:
    """Whether a condition of an object holds."""
    return any(found["type"] == kind and found["status"] == "True" for found in _conditions(manifest.get("status", {})))


def _conditions(status: Manifest) -> list[dict[str, Any]]:
    return list(status.get("conditions", []))


def _condition(old: Manifest, kind: str, *, held: bool) -> dict[str, Any]:
    status = "True" if held else "False"
    before = next((found for found in _conditions(old) if found["type"] == kind), None)
    if before is not None and before["status"] == status:
        return before
    reason = {} if held or kind == "PodScheduled" else {"reason": _REASONS.get(kind, "NotHealthy")}
    return {"type": kind, "status": status, "lastTransitionTime": now()} | reason


_REASONS: Final = {
    "Initialized": "ContainersNotInitialized",
    "ContainersReady": "ContainersNotReady",
    "Ready": "ContainersNotReady",
}
