"""Kubernetes objects as a cluster describes them, with what each failure looks like there."""

from typing import Any

from tests.operations.eks.https_stand_in import Cluster

NAMESPACE, VARIANT = "tumor-triage", "main"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
REPLICA_SETS = f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets"
AUTOSCALERS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
EVENTS = f"/api/v1/namespaces/{NAMESPACE}/events"
CLUSTER_EVENTS = "/api/v1/namespaces/default/events"
NODE_CLAIMS = "/apis/karpenter.sh/v1/nodeclaims"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway/serving:2"
OLD, NEW = "5d4f8c7b9d", "7c9d6b5f44"


def labels(variant: str = VARIANT, **more: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": NAMESPACE, "app.kubernetes.io/instance": variant, **more}


def deployment(variant: str = VARIANT, *conditions: dict[str, Any], wanted: int = 2, **status: Any) -> dict[str, Any]:
    """A Deployment that has rolled out, unless its status says otherwise."""
    good = {
        "observedGeneration": 3,
        "replicas": wanted,
        "updatedReplicas": wanted,
        "readyReplicas": wanted,
        "availableReplicas": wanted,
    }
    init = {
        "name": "load-model",
        "image": IMAGE,
        "env": [{"name": "SERVING_MODEL_SHA256", "value": "0123456789abcdef" * 4}, {"name": "AWS_REGION"}],
    }
    spec = {"containers": [{"name": "server", "image": IMAGE}], "initContainers": [init]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": variant, "namespace": NAMESPACE, "generation": 3, "labels": labels(variant)},
        "spec": {"replicas": wanted, "template": {"metadata": {"labels": labels(variant)}, "spec": spec}},
        "status": {**good, **status, "conditions": [condition("Available", "True"), *conditions]},
    }


def condition(kind: str, status: str, reason: str = "", message: str = "") -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-03-02T12:00:00Z",
    }


def autoscaler(variant: str = VARIANT, *, fewest: int = 2, most: int = 20) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": variant, "namespace": NAMESPACE},
        "spec": {"minReplicas": fewest, "maxReplicas": most, "scaleTargetRef": {"kind": "Deployment", "name": variant}},
        "status": {"currentReplicas": 2, "desiredReplicas": 2, "conditions": None},
    }


def replica_set(digest: str, revision: int, variant: str = VARIANT) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"{variant}-{digest}",
            "labels": labels(variant, **{"pod-template-hash": digest}),
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
        }
    }


def pod(
    name: str = "", *, digest: str = NEW, conditions: tuple[dict[str, Any], ...] = (), **status: Any
) -> dict[str, Any]:
    """A pod of the new version that is scheduled and not ready."""
    own = [condition("PodScheduled", "True"), condition("Ready", "False", "ContainersNotReady"), *conditions]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name or f"main-{digest}-x2x4k",
            "namespace": NAMESPACE,
            "labels": labels(**{"pod-template-hash": digest}),
        },
        "status": {"phase": "Pending", "conditions": own, "podIP": None, **status},
    }


def unscheduled(message: str) -> dict[str, Any]:
    """A pod for which the scheduler found no node."""
    found = pod()
    found["status"]["conditions"] = [condition("PodScheduled", "False", "Unschedulable", message)]
    return found


def container(name: str = "server", *, restarts: int = 0, ready: bool = False, **state: Any) -> dict[str, Any]:
    """The status of a container; `last` is how its run before ended."""
    last = state.pop("last", None)
    return {
        "name": name,
        "image": IMAGE,
        "imageID": "",
        "ready": ready,
        "started": False,
        "restartCount": restarts,
        "state": state,
        "lastState": {"terminated": last} if last else {},
    }


def ended(code: int, reason: str = "Error") -> dict[str, Any]:
    return {
        "exitCode": code,
        "reason": reason,
        "startedAt": "2026-03-02T12:00:00Z",
        "finishedAt": "2026-03-02T12:00:02Z",
        "containerID": "containerd://1",
    }


def event(name: str, reason: str, message: str, *, kind: str = "Pod", minute: int = 0) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{name}.{minute}", "namespace": NAMESPACE},
        "involvedObject": {"kind": kind, "name": name},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2026-03-02T12:{minute:02}:00Z",
        "eventTime": None,
    }


def held_up(*pods: dict[str, Any], conditions: tuple[dict[str, Any], ...] = ()) -> Cluster:
    """A cluster in which a new version does not come up: the old pods run, one new one should."""
    cluster = Cluster()
    state = {"replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "availableReplicas": 2}
    cluster.add(DEPLOYMENTS, deployment(VARIANT, *conditions, **state))
    cluster.add(AUTOSCALERS, autoscaler())
    cluster.add(REPLICA_SETS, replica_set(OLD, 1), replica_set(NEW, 12))
    # The old version's pods may be as unwell as they like: they are not what is rolled out.
    crashing = container(restarts=9, waiting={"reason": "CrashLoopBackOff"}, last=ended(1))
    cluster.add(PODS, pod(f"main-{OLD}-aaaaa", digest=OLD, containerStatuses=[crashing]), *pods)
    return cluster


def rolled_out(*variants: str) -> Cluster:
    """A cluster in which everything is as it should be."""
    cluster = Cluster()
    for variant in variants or (VARIANT,):
        cluster.add(DEPLOYMENTS, deployment(variant))
        cluster.add(AUTOSCALERS, autoscaler(variant))
    return cluster
