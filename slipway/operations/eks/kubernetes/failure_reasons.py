"""Why pods are not ready: a sentence for every cause, with what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from slipway.operations.eks.kubernetes.api import KubernetesApi
from slipway.operations.eks.kubernetes.objects import ContainerStatus, Event, Pod

_LOG_LINES: Final = 3
_LONGEST: Final = 400
_OFTEN: Final = 2  # restarts: one may be bad luck
_PULL: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_CONFIG: Final = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun"}
)
_OUT_OF_MEMORY: Final = "OOMKilled"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a rollout does not end.

    Attributes:
        sentence: Says what is wrong, and what to do next.
        lasting: Whether it does not pass by itself: a new node may come, a wrong image stays wrong.
        of_targets: Whether the load balancer's targets show more.
    """

    sentence: str
    lasting: bool
    of_targets: bool = False


def reasons_of(api: KubernetesApi, namespace: str, pods: Sequence[Pod], warnings: Sequence[Event]) -> Iterator[Reason]:
    """Why pods are not ready, the same reason once.

    Args:
        api: SampleResults for the logs of what crashed.
        namespace: Theirs.
        pods: The pods of the version that is being rolled out.
        warnings: What went wrong in the namespace, the newest last.
    """
    told: set[str] = set()
    for pod in pods:
        if pod.ready or pod.metadata.deletion_timestamp is not None:
            continue
        about = [event for event in warnings if event.involved_object.name == pod.metadata.name]
        first = next(_findings(api, namespace, pod, about), None)
        if first is not None and first[0] not in told:
            told.add(first[0])
            yield first[1]


def _findings(api: KubernetesApi, namespace: str, pod: Pod, about: Sequence[Event]) -> Iterator[tuple[str, Reason]]:
    """What holds a pod up, the first thing first, each with a word that identifies it."""
    scheduled = pod.condition("PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        yield "unschedulable", _unschedulable(pod, scheduled.message, about)
    for status in pod.status.init_container_statuses:
        yield from _of_container(api, namespace, pod, status, initial=True)
    for status in pod.status.container_statuses:
        yield from _of_container(api, namespace, pod, status, initial=False)
    if pod.status.phase == "Failed":
        said = pod.status.message or pod.status.reason or "no reason given"
        yield "failed", Reason(sentence=f"Pod {pod.metadata.name} failed: {_short(said)}", lasting=False)
    if any(status.state.running is not None for status in pod.status.container_statuses):
        yield "unready", _never_ready(pod, about)
    if about:
        sentence = f"Pod {pod.metadata.name} does not start: {_told(about[-1])}"
        yield about[-1].reason, Reason(sentence=sentence, lasting=False)


def _of_container(
    api: KubernetesApi, namespace: str, pod: Pod, status: ContainerStatus, *, initial: bool
) -> Iterator[tuple[str, Reason]]:
    waiting = status.state.waiting.reason if status.state.waiting else ""
    if waiting in _PULL:
        yield f"pull {status.image}", _image(pod, status)
    elif waiting in _CONFIG:
        yield f"start {status.name}", _does_not_start(pod, status)
    elif _crashes(status, waiting):
        log = api.last_lines(namespace, pod.metadata.name, status.name, lines=_LOG_LINES)
        yield f"crash {status.name}", _loader(pod, status, log) if initial else _crash(pod, status, log)


def _crashes(status: ContainerStatus, waiting: str) -> bool:
    ended = status.ended
    failed = ended is not None and ended.exit_code != 0 and not status.ready
    # A run that is under way may be the good one, unless there were several before it.
    return waiting == "CrashLoopBackOff" or (
        failed and (status.state.running is None or status.restart_count >= _OFTEN)
    )


def _image(pod: Pod, status: ContainerStatus) -> Reason:
    waiting = status.state.waiting
    said = f"{waiting.reason}: {waiting.message}" if waiting and waiting.message else waiting.reason if waiting else ""
    return Reason(
        sentence=(
            f"The image {status.image} of {status.name} cannot be pulled ({_short(said)}), first seen in pod"
            f" {pod.metadata.name}. Check that the tag exists in that registry, that the nodes' role may pull from it,"
            " and that the nodes have a way to it."
        ),
        lasting=waiting is not None and waiting.reason != "ErrImagePull",
    )


def _does_not_start(pod: Pod, status: ContainerStatus) -> Reason:
    waiting = status.state.waiting
    said = f"{waiting.reason}: {waiting.message or 'no reason given'}" if waiting else ""
    return Reason(
        sentence=(
            f"The container {status.name} of pod {pod.metadata.name} cannot be started ({_short(said)}). Check the"
            " image's command and user, and what the pod refers to in its namespace."
        ),
        lasting=True,
    )


def _loader(pod: Pod, status: ContainerStatus, log: Sequence[str]) -> Reason:
    return Reason(
        sentence=(
            f"The init container {status.name} of pod {pod.metadata.name} {_ending(status)}, so the model is not there."
            f" {_log(log)} Check that the model's S3 object exists with the SHA-256 that the service sets, and that the"
            " service account's role may read it."
        ),
        lasting=status.restart_count >= _OFTEN,
    )


def _crash(pod: Pod, status: ContainerStatus, log: Sequence[str]) -> Reason:
    ended = status.ended
    memory = ended is not None and ended.reason == _OUT_OF_MEMORY
    advice = "Raise eks.memory of the service." if memory else "Repair the model or the image, or roll back."
    return Reason(
        sentence=f"The container {status.name} of pod {pod.metadata.name} {_ending(status)}. {_log(log)} {advice}",
        lasting=status.restart_count >= _OFTEN,
    )


def _never_ready(pod: Pod, about: Sequence[Event]) -> Reason:
    probes = [event for event in about if event.reason == "Unhealthy"]
    said = _told(probes[-1]) if probes else "no probe has failed yet"
    gate = next((c for c in pod.status.conditions if c.type.startswith("target-health.") and c.status != "True"), None)
    if gate is not None and not probes:
        return Reason(
            sentence=(
                f"Pod {pod.metadata.name} runs, and waits for its load balancer to call it healthy"
                f" ({_short(gate.message or gate.reason or gate.type)}). Look at the targets below, and at whether the"
                " load balancer's security group may reach port 8080 of the pods."
            ),
            lasting=False,
            of_targets=True,
        )
    return Reason(
        sentence=(
            f"Pod {pod.metadata.name} runs and is not ready: {said} It has to answer GET /ping with 200 on port 8080;"
            " its log shows what it does instead: `kubectl logs` of the container server."
        ),
        lasting=False,
    )


def _unschedulable(pod: Pod, said: str, about: Sequence[Event]) -> Reason:
    nodes = [event for event in about if event.reason == "FailedScheduling" and event.message != said]
    provisioner = f" The node pool's controller says: {_short(nodes[-1].message).rstrip('.')}." if nodes else ""
    reason = _short(said or "the scheduler gives no reason").rstrip(".")
    return Reason(
        sentence=(
            f"No node has room for pod {pod.metadata.name}: {reason}.{provisioner} A new node takes a minute or two; if"
            " none comes, raise eks.node_pools' max_cpus or max_accelerators, or name more instance_families, zones or"
            " on-demand capacity."
        ),
        lasting=False,
    )


def _ending(status: ContainerStatus) -> str:
    ended = status.ended
    if ended is None:
        return f"does not stay up, after {status.restart_count} restarts"
    kind = f", {ended.reason}" if ended.reason and ended.reason != "Error" else ""
    return f"ends with exit code {ended.exit_code}{kind}, after {status.restart_count} restarts"


def _log(lines: Sequence[str]) -> str:
    return f"Its log ends: {' | '.join(_short(line) for line in lines)}." if lines else "It logged nothing."


def _told(event: Event) -> str:
    return f"{event.reason}: {_short(event.message).rstrip('.')}."


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
