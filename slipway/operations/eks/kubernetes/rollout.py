"""Waits until a variant's Deployment has rolled out, as `kubectl rollout status` does, or finds why it does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy, wait_until
from slipway.operations.eks.cells import Cell
from slipway.operations.eks.kubernetes.api import KubernetesApi
from slipway.operations.eks.kubernetes.failure_reasons import Reason, reasons_of
from slipway.operations.eks.kubernetes.objects import Autoscaler, Condition, Deployment, NodeClaim, Pod, ReplicaSet
from slipway.operations.errors import TimedOutError

_REVISION: Final = "deployment.kubernetes.io/revision"
_HASH: Final = "pod-template-hash"
_NODES: Final = frozenset({"NodeClaim", "NodePool", "NodeClass"})
_CLUSTER_EVENTS: Final = "default"  # where events about nodes and their pools are kept


@dataclass(frozen=True, kw_only=True)
class DeploymentRollout:
    """A variant, as its Deployment and its autoscaler report it.

    Attributes:
        variant: Its name.
        deployment: Its Deployment, None if there is none.
        autoscaler: Its autoscaler, None if there is none.
        reasons: Why it has not rolled out, empty if it has, or if nothing is wrong yet.
    """

    variant: str
    deployment: Deployment | None
    autoscaler: Autoscaler | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def done(self) -> bool:
        """Whether every pod is of the new version, and has been ready for long enough."""
        return self.deployment is not None and not self.missing

    @property
    def missing(self) -> str:
        """What is still to come, in a few words; empty if nothing is."""
        if self.deployment is None:
            return "there is no Deployment"
        found, wanted = self.deployment.status, self.deployment.spec.replicas
        if found.observed_generation < self.deployment.metadata.generation:
            return "the change has not been seen yet"
        if found.updated_replicas < wanted:
            return f"{found.updated_replicas} of {wanted} pods are new"
        if found.replicas > found.updated_replicas:
            return f"{found.replicas - found.updated_replicas} old pods are still there"
        if found.available_replicas < found.updated_replicas:
            return f"{found.available_replicas} of {found.updated_replicas} pods are available"
        return ""

    @property
    def gave_up(self) -> bool:
        """Whether Kubernetes itself has given up."""
        progress = self.deployment.condition("Progressing") if self.deployment else None
        return progress is not None and progress.reason == "ProgressDeadlineExceeded" and bool(self.missing)

    @property
    def fewest(self) -> int:
        """How many pods it should have at least."""
        if self.autoscaler is not None:
            return self.autoscaler.spec.min_replicas
        return self.deployment.spec.replicas if self.deployment else 0


@dataclass
class DeploymentWatch:
    """Looks at the rollouts of a cell's variants, again and again.

    A reason that does not pass by itself ends the waiting when it is seen in two looks running.

    Attributes:
        api: The cluster's API.
        cell: The service in its cell.
    """

    api: KubernetesApi
    cell: Cell
    seen: tuple[DeploymentRollout, ...] = ()
    _lasting: dict[str, int] = field(default_factory=dict)

    def wait(self, *, wait_policy: WaitPolicy, on_progress: ProgressCallback) -> str | None:
        """Wait until every variant has rolled out, or one of them never will.

        Returns:
            The sentence if it took too long, None if it did not.
        """
        try:
            wait_until(
                self.look,
                settled=self._settled,
                describe=self._describe,
                on_progress=on_progress,
                wait_policy=wait_policy,
            )
        except TimedOutError as error:
            return str(error)
        return None

    def look(self) -> tuple[DeploymentRollout, ...]:
        """Look once at every variant."""
        self.seen = tuple(self._look_at(variant) for variant in self.cell.target_groups)
        held_up = {
            f"{one.variant} {reason.sentence[:40]}" for one in self.seen for reason in one.reasons if reason.lasting
        }
        self._lasting = {key: self._lasting.get(key, 0) + 1 for key in held_up}
        return self.seen

    def problems(self) -> Iterator[str]:
        """Why the variants have not rolled out, a sentence each."""
        for one in self.seen:
            if one.done:
                continue
            where = f"Variant {one.variant} of {self.cell.namespace} in {self.cell.cluster_name}"
            if one.deployment is None:
                yield (
                    f"{where}: there is no Deployment of this name, though the stack {self.cell.stack.name} is"
                    f" {self.cell.stack.status}. It was deleted by hand: change the service and deploy it again."
                )
                continue
            deadline = "; Kubernetes gave up, its progress deadline is over" if one.gave_up else ""
            yield f"{where} has not rolled out: {one.missing}{deadline}."
            yield from (f"Variant {one.variant}: {reason.sentence}" for reason in one.reasons)

    def _settled(self, seen: tuple[DeploymentRollout, ...]) -> bool:
        hopeless = any(times > 1 for times in self._lasting.values())
        return all(one.done for one in seen) or hopeless or any(one.gave_up or one.deployment is None for one in seen)

    def _describe(self, seen: tuple[DeploymentRollout, ...]) -> str:
        states = [f"{one.variant}: {one.missing or 'rolled out'}" for one in seen]
        return f"the rollout of {self.cell.namespace} in {self.cell.cluster_name}: {', '.join(states)}"

    def _look_at(self, variant: str) -> DeploymentRollout:
        namespace = self.cell.namespace
        deployment = self.api.deployment(namespace, variant)
        rollout = DeploymentRollout(
            variant=variant, deployment=deployment, autoscaler=self.api.autoscaler(namespace, variant)
        )
        if deployment is None or rollout.done:
            return rollout
        return replace(rollout, reasons=tuple(self._reasons(deployment, variant)))

    def _reasons(self, deployment: Deployment, variant: str) -> Iterator[Reason]:
        refused = deployment.condition("ReplicaFailure")
        if refused is not None and refused.status == "True":
            yield Reason(
                sentence=(
                    f"Kubernetes refuses to make its pods ({refused.reason}: {refused.message}). A quota or the pod"
                    " security of the namespace forbids them: change what the message names."
                ),
                lasting=True,
            )
        labels = {"app.kubernetes.io/name": self.cell.namespace, "app.kubernetes.io/instance": variant}
        newest = _newest(self.api.replica_sets(self.cell.namespace, labels))
        pods = [pod for pod in self.api.pods(self.cell.namespace, labels) if _of(pod, newest)]
        warnings = self.api.warnings(self.cell.namespace)
        yield from reasons_of(self.api, self.cell.namespace, pods, warnings)
        if any(_unscheduled(pod) for pod in pods):
            yield from self._capacity()

    def _capacity(self) -> Iterator[Reason]:
        """What EC2 and the node pools report, where a pod waits for a node."""
        said = [
            f"{claim.metadata.name}: {condition.message}"
            for claim in self.api.node_claims()
            for condition in _failed(claim)
        ]
        events = self.api.warnings(_CLUSTER_EVENTS)
        said += [f"{e.involved_object.name}: {e.message}" for e in events if e.involved_object.kind in _NODES][-2:]
        if said:
            sentence = f"Nodes that were asked for did not come: {'; '.join(dict.fromkeys(said))[:600]}."
            yield Reason(sentence=sentence, lasting=False)


def _failed(claim: NodeClaim) -> Iterator[Condition]:
    yield from (c for c in claim.status.conditions if c.status == "False" and c.message)


def _newest(replica_sets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet of the version that is being rolled out."""
    return max(replica_sets, key=lambda one: int(one.metadata.annotations.get(_REVISION, "0")), default=None)


def _of(pod: Pod, newest: ReplicaSet | None) -> bool:
    wanted = newest.metadata.labels.get(_HASH) if newest else None
    return wanted is None or pod.metadata.labels.get(_HASH) == wanted


def _unscheduled(pod: Pod) -> bool:
    scheduled = pod.condition("PodScheduled")
    return scheduled is not None and scheduled.status == "False"
