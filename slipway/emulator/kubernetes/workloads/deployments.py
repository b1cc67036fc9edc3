"""The controllers of a cluster: what Deployments and autoscalers ask for becomes pods, and is reported back."""

import hashlib
import json
import secrets
from typing import Final

from slipway.emulator.kubernetes.api.objects import Manifest, now
from slipway.emulator.kubernetes.workloads.bindings import bindings, wants_gates
from slipway.emulator.kubernetes.workloads.container_spec import can_run
from slipway.emulator.kubernetes.workloads.deployment_status import not_run, rollout_status
from slipway.emulator.kubernetes.workloads.pod import PodProcess, Surroundings
from slipway.emulator.kubernetes.workloads.pod_status import is_true
from slipway.emulator.kubernetes.workloads.replicas import ReplicaCandidate, next_step

_DEPLOYMENTS: Final = "deployments.apps"
_AUTOSCALERS: Final = "horizontalpodautoscalers.autoscaling"
_HASH: Final = "pod-template-hash"
_ASKED: Final = "slipway.local/replicas-asked-for"
#: One machine is no cluster: this many pods of a Deployment at most.
MOST_PODS: Final = 2


class Deployments:
    """Brings the pods of a cluster to what its Deployments say, a step at a time."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._objects = around.objects
        self.pods: dict[tuple[str, str], PodProcess] = {}

    def step(self) -> None:
        """Look at everything once, and begin what has to be done next."""
        self._forget()
        for autoscaler in self._objects.all(_AUTOSCALERS):
            self._scale(autoscaler)
        for deployment in self._objects.all(_DEPLOYMENTS):
            self._reconcile(deployment)
        self._end_orphans()
        self._end_namespaces()

    async def end(self) -> None:
        """End every pod, and wait for it."""
        pods = list(self.pods.values())
        for pod in pods:
            pod.terminate()
        for pod in pods:
            await pod.gone()

    def selected(self, namespace: str, labels: dict[str, str]) -> list[PodProcess]:
        """The pods of a namespace that have these labels."""
        return [
            pod
            for pod in self.pods.values()
            if pod.namespace == namespace
            and (manifest := pod.manifest) is not None
            and labels.items() <= manifest["metadata"].get("labels", {}).items()
        ]

    def _forget(self) -> None:
        self.pods = {key: pod for key, pod in self.pods.items() if pod.manifest is not None}

    def _scale(self, autoscaler: Manifest) -> None:
        """An autoscaler that nothing measures for: it sees to its minimum, and to its maximum."""
        namespace, spec = autoscaler["metadata"]["namespace"], autoscaler["spec"]
        target = self._objects.get(_DEPLOYMENTS, namespace, spec["scaleTargetRef"]["name"])
        if target is None:
            return
        least, most = min(int(spec.get("minReplicas", 1)), MOST_PODS), int(spec["maxReplicas"])
        replicas = min(max(int(target["spec"].get("replicas", 1)), least), most)
        if replicas != target["spec"].get("replicas"):
            self._objects.replace(_DEPLOYMENTS, target | {"spec": target["spec"] | {"replicas": replicas}})
        status = {"currentReplicas": target.get("status", {}).get("replicas", 0), "desiredReplicas": replicas}
        self._objects.replace(_AUTOSCALERS, autoscaler | {"status": autoscaler.get("status", {}) | status})

    def _reconcile(self, deployment: Manifest) -> None:
        deployment = self._capped(deployment)
        if not can_run(deployment["spec"]["template"]["spec"]):
            self._tell(deployment, not_run(deployment))
            return
        digest, pods = _digest(deployment), self._pods_of(deployment)
        living = [pod for pod in pods if not pod.is_terminating]
        wait = self._around.clock.seconds(float(deployment["spec"].get("minReadySeconds", 0)))
        candidates = [_candidate(pod, digest, wait) for pod in living]
        step = next_step(deployment["spec"].get("strategy", {}), int(deployment["spec"]["replicas"]), candidates)
        recreating = deployment["spec"].get("strategy", {}).get("type") == "Recreate"
        if not (recreating and len(living) < len(pods)):  # Recreate waits until the old pods are gone
            for _ in range(step.create):
                self._create(deployment, digest)
        for pod in living:
            if pod.name in step.remove:
                pod.terminate()
                self._mark(pod)
        self._tell(deployment, rollout_status(deployment, candidates, digest, self._around.clock))

    def _capped(self, deployment: Manifest) -> Manifest:
        """The deployment with no more replicas than this machine is asked to bear."""
        asked = int(deployment["spec"].get("replicas", 1))
        if asked <= MOST_PODS:
            return deployment
        metadata = deployment["metadata"]
        noted = metadata | {"annotations": metadata.get("annotations", {}) | {_ASKED: str(asked)}}
        spec = deployment["spec"] | {"replicas": MOST_PODS}
        return self._objects.replace(_DEPLOYMENTS, deployment | {"metadata": noted, "spec": spec})

    def _pods_of(self, deployment: Manifest) -> list[PodProcess]:
        namespace, uid = deployment["metadata"]["namespace"], deployment["metadata"]["uid"]
        return [
            pod
            for pod in self.pods.values()
            if pod.namespace == namespace and pod.manifest is not None and _owner(pod.manifest) == uid
        ]

    def _create(self, deployment: Manifest, digest: str) -> None:
        metadata, template = deployment["metadata"], deployment["spec"]["template"]
        name = f"{metadata['name']}-{digest}-{secrets.token_hex(3)[:5]}"
        labels = template["metadata"].get("labels", {}) | {_HASH: digest}
        owner = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": metadata["name"],
            "uid": metadata["uid"],
            "controller": True,
        }
        manifest = self._objects.add(
            "pods",
            {
                "apiVersion": "v1",
                "kind": "PodProcess",
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": labels,
                    "annotations": template["metadata"].get("annotations", {}),
                    "ownerReferences": [owner],
                },
                "spec": template["spec"],
            },
        )
        pod = PodProcess(self._around, manifest, gated=self._is_gated(metadata["namespace"], labels))
        self.pods[pod.namespace, pod.name] = pod
        pod.start()

    def _is_gated(self, namespace: str, labels: dict[str, str]) -> bool:
        """Whether a new pod gets a readiness gate: only if its namespace says so, and its binding is there by then."""
        space = self._objects.get("namespaces", "", namespace) or {}
        if not wants_gates(space):
            return False
        services = [
            self._objects.get("services", namespace, binding["spec"]["serviceRef"]["name"])
            for binding in bindings(self._objects, namespace)
        ]
        return any(found and found["spec"].get("selector", {}).items() <= labels.items() for found in services)

    def _mark(self, pod: PodProcess) -> None:
        if (manifest := pod.manifest) is not None and not manifest["metadata"].get("deletionTimestamp"):
            marked = manifest | {"metadata": manifest["metadata"] | {"deletionTimestamp": now()}}
            self._objects.replace("pods", marked)

    def _end_orphans(self) -> None:
        """End the pods that were deleted, and those whose Deployment was."""
        owners = {deployment["metadata"]["uid"] for deployment in self._objects.all(_DEPLOYMENTS)}
        for pod in self.pods.values():
            manifest = pod.manifest
            if manifest is None or pod.is_terminating:
                continue
            if manifest["metadata"].get("deletionTimestamp") or _owner(manifest) not in owners:
                pod.terminate()
                self._mark(pod)

    def _end_namespaces(self) -> None:
        """Empty the namespaces that were deleted, and take them away when their last pod has ended."""
        for space in self._objects.all("namespaces"):
            if not space["metadata"].get("deletionTimestamp"):
                continue
            name = space["metadata"]["name"]
            for resource, namespace, found in self._objects.keys(name):
                if resource != "pods":
                    self._objects.remove(resource, namespace, found)
            if not self._objects.keys(name):
                self._objects.remove("namespaces", "", name)

    def _tell(self, deployment: Manifest, status: Manifest) -> None:
        self._objects.replace(_DEPLOYMENTS, deployment | {"status": status})


def _candidate(pod: PodProcess, digest: str, wait: float) -> ReplicaCandidate:
    manifest, ready = pod.manifest or {}, pod.ready_seconds
    is_new = manifest.get("metadata", {}).get("labels", {}).get(_HASH) == digest
    is_ready = is_true(manifest, "Ready")
    return ReplicaCandidate(pod.name, is_new, is_ready, is_available=is_ready and ready is not None and ready >= wait)


def _digest(deployment: Manifest) -> str:
    """What tells one pod template from another."""
    template = json.dumps(deployment["spec"]["template"], sort_keys=True).encode()
    return hashlib.sha256(template).hexdigest()[:10]


def _owner(pod: Manifest) -> str:
    return next((str(owner["uid"]) for owner in pod["metadata"].get("ownerReferences", [])), "")
