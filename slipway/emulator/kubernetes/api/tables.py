"""What `kubectl get` prints: the columns of a kind, and an object's row."""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

Manifest = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class TableColumn:
    """A column: its heading, and what it shows of an object."""

    name: str
    cell: Callable[[Manifest], Any]


def table(kind: str, manifests: Iterable[Manifest], version: str) -> Manifest:
    """The objects of a kind as a `Table` of meta.k8s.io."""
    columns = (TableColumn("Name", _text("metadata", "name")), *_COLUMNS.get(kind, ()), TableColumn("Age", _age))
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [
            {"name": column.name, "type": "string", "format": "", "description": "", "priority": 0}
            for column in columns
        ],
        "rows": [
            {
                "cells": [column.cell(manifest) for column in columns],
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": manifest["metadata"],
                },
            }
            for manifest in manifests
        ],
    }


def pod_status(pod: Manifest) -> str:
    """The word that kubectl shows for a pod: why it waits or ended, else its phase."""
    status = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for prefix, containers in (("Init:", "initContainerStatuses"), ("", "containerStatuses")):
        for container in status.get(containers, []):
            state = container.get("state", {})
            waiting = state.get("waiting", {}).get("reason", "")
            ended = state.get("terminated", {})
            if waiting not in {"", "PodInitializing", "ContainerCreating"}:
                return f"{prefix}{waiting}"
            if ended and ended.get("exitCode"):
                return f"{prefix}{ended.get('reason', 'Error')}"
    return str(status.get("phase", "Unknown"))


def _text(*path: str, default: str = "<none>") -> Callable[[Manifest], str]:
    def cell(manifest: Manifest) -> str:
        found: Any = manifest
        for step in path:
            found = found.get(step, {}) if isinstance(found, dict) else {}
        return default if found in ({}, "", None) else str(found)

    return cell


def _age(manifest: Manifest) -> str:
    created = manifest["metadata"].get("creationTimestamp")
    if not created:
        return "<unknown>"
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _ready_replicas(deployment: Manifest) -> str:
    return f"{deployment.get('status', {}).get('readyReplicas', 0)}/{deployment['spec'].get('replicas', 0)}"


def _ready_containers(pod: Manifest) -> str:
    containers = pod.get("status", {}).get("containerStatuses", [])
    return f"{sum(bool(found.get('ready')) for found in containers)}/{len(pod['spec']['containers'])}"


def _restarts(pod: Manifest) -> str:
    status = pod.get("status", {})
    return str(
        sum(
            found.get("restartCount", 0)
            for part in ("containerStatuses", "initContainerStatuses")
            for found in status.get(part, [])
        )
    )


def _scaled(autoscaler: Manifest) -> str:
    target = autoscaler["spec"]["scaleTargetRef"]
    return f"{target['kind']}/{target['name']}"


def _ports(service: Manifest) -> str:
    return ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in service["spec"].get("ports", []))


_COLUMNS: Final[dict[str, tuple[TableColumn, ...]]] = {
    "Deployment": (
        TableColumn("Ready", _ready_replicas),
        TableColumn("Up-to-date", _text("status", "updatedReplicas", default="0")),
        TableColumn("Available", _text("status", "availableReplicas", default="0")),
    ),
    "Pod": (
        TableColumn("Ready", _ready_containers),
        TableColumn("Status", pod_status),
        TableColumn("Restarts", _restarts),
    ),
    "HorizontalPodAutoscaler": (
        TableColumn("Reference", _scaled),
        TableColumn("MinPods", _text("spec", "minReplicas", default="1")),
        TableColumn("MaxPods", _text("spec", "maxReplicas")),
        TableColumn("Replicas", _text("status", "currentReplicas", default="0")),
    ),
    "PodDisruptionBudget": (
        TableColumn("Min Available", _text("spec", "minAvailable", default="N/A")),
        TableColumn("Max Unavailable", _text("spec", "maxUnavailable", default="N/A")),
    ),
    "Service": (
        TableColumn("Type", _text("spec", "type", default="ClusterIP")),
        TableColumn("Cluster-IP", _text("spec", "clusterIP")),
        TableColumn("Port(s)", _ports),
    ),
    "TargetGroupBinding": (
        TableColumn("Service-Name", _text("spec", "serviceRef", "name")),
        TableColumn("Service-Port", _text("spec", "serviceRef", "port")),
        TableColumn("Target-Type", _text("spec", "targetType", default="ip")),
    ),
    "Namespace": (TableColumn("Status", _text("status", "phase", default="Active")),),
    "NodePool": (TableColumn("NodeClass", _text("spec", "template", "spec", "nodeClassRef", "name")),),
}
