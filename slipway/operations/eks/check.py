"""The deploy check on EKS: has what was deployed rolled out, does traffic reach it, does it answer as it should?"""

import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stack_status import problems_of_stack, wait_for_stack
from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy
from slipway.operations.check import CheckSettings
from slipway.operations.eks.cells import Cell, read_cell
from slipway.operations.eks.kubernetes.api import KubernetesApi
from slipway.operations.eks.kubernetes.rollout import DeploymentRollout, DeploymentWatch
from slipway.operations.eks.load_balancer_client import LoadBalancerClient
from slipway.operations.eks.samples import SampleResults, ask_variants
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.eks.targets import Targets, problems_of_targets, wait_for_targets
from slipway.operations.eks.weights import weights_of
from slipway.operations.errors import ExitStatus, OperationError, TimedOutError
from slipway.operations.golden.answers import AskedVariant
from slipway.operations.golden.samples import Samples
from slipway.operations.golden.verdict import too_slow, unused_folders

#: When every pod is ready, their targets follow soon: a load balancer registers 4 a second, and checks them at once.
_TARGETS_S: Final = 15 * 60
#: What the command cannot show, it does not ask for.
_NOT_ASKED: Final = (
    "No golden sample was sent: the load balancer takes requests with a certificate or a token only"
    " (eks.load_balancer.authentication). Send them from a client that has one."
)


@dataclass(frozen=True, kw_only=True)
class CheckedPodVariant:
    """A variant, and how it answered.

    Attributes:
        rollout: Its pods.
        targets: Its targets.
        weight: Its share of the traffic, None if no rule gives it any.
        answers: How it answered its golden samples.
    """

    rollout: DeploymentRollout
    targets: Targets
    weight: float | None
    answers: AskedVariant


@dataclass(frozen=True, kw_only=True)
class CheckedCell:
    """What the check of a service in one cell came to.

    Attributes:
        service: The service.
        number: The cell's.
        cell: The outputs of the cell's stack, None if they cannot be used.
        variants: Its variants with their answers; empty when they were not asked.
        problems: Why the check failed, a sentence each; empty when it did not.
        warnings: What is worth knowing, and no failure.
        timed_out: Whether it failed for want of time.
    """

    service: DeployedEksService
    number: int
    cell: Cell | None = None
    variants: tuple[CheckedPodVariant, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    timed_out: bool = False

    @property
    def name(self) -> str:
        """The service and where it runs, for people."""
        return self.service.name_in_cell(self.number)

    @property
    def exit_status(self) -> ExitStatus:
        """What this cell alone would have the command exit with."""
        if self.timed_out:
            return ExitStatus.TIMED_OUT
        return ExitStatus.FAILED if self.problems else ExitStatus.GOOD


def check_cell(
    aws: Aws,
    service: DeployedEksService,
    number: int,
    samples: Samples,
    *,
    settings: CheckSettings,
    trusted: ssl.SSLContext,
    on_progress: ProgressCallback,
) -> CheckedCell:
    """Check a service in one cell.

    Its variants are asked only when they have rolled out and get requests: answers of another version prove nothing.

    Args:
        aws: The clients.
        service: The service.
        number: The cell's.
        samples: Its golden samples.
        settings: How to check.
        trusted: What the load balancer's certificate has to be signed by.
        on_progress: Told what is being done.

    Raises:
        AwsAccessError: The Kubernetes API or the load balancer cannot be reached from here.
    """
    name, wait_policy = service.cell_stack_name(number), settings.wait_policy
    try:
        stack = wait_for_stack(aws, name, wait_policy=wait_policy, on_progress=on_progress)
    except TimedOutError as error:
        return CheckedCell(service=service, number=number, problems=(str(error),), timed_out=True)
    problems = tuple(problems_of_stack(aws, name, stack))
    if problems or stack is None:
        return CheckedCell(service=service, number=number, problems=problems)
    try:
        cell = read_cell(stack, number)
    except OperationError as error:
        return CheckedCell(service=service, number=number, problems=(str(error),))
    return _check_live(aws, service, cell, samples, settings=settings, trusted=trusted, on_progress=on_progress)


def _check_live(
    aws: Aws,
    service: DeployedEksService,
    cell: Cell,
    samples: Samples,
    *,
    settings: CheckSettings,
    trusted: ssl.SSLContext,
    on_progress: ProgressCallback,
) -> CheckedCell:
    watch = DeploymentWatch(api=KubernetesApi.of_cluster(aws, cell.cluster_name), cell=cell)
    late = watch.wait(wait_policy=settings.wait_policy, on_progress=on_progress)
    fewest = {rollout.variant: rollout.fewest for rollout in watch.seen}
    if not all(rollout.done for rollout in watch.seen):
        problems = (*watch.problems(), *_of_targets(aws, cell, fewest, watch.seen, on_progress))
        return CheckedCell(
            service=service, number=cell.number, cell=cell, problems=problems, timed_out=late is not None
        )
    wait_policy = replace(settings.wait_policy, until=min(settings.wait_policy.until, time.monotonic() + _TARGETS_S))
    targets, timed_out = wait_for_targets(aws, cell, fewest, wait_policy=wait_policy, on_progress=on_progress)
    problems = tuple(problems_of_targets(aws, cell, fewest, targets))
    if problems:
        return CheckedCell(
            service=service,
            number=cell.number,
            cell=cell,
            problems=problems,
            timed_out=timed_out and _may_come(targets),
        )
    if service.authenticated:
        return CheckedCell(service=service, number=cell.number, cell=cell, warnings=(_NOT_ASKED,))
    weights = weights_of(aws, cell)
    with LoadBalancerClient(cell, trusted, internal=service.internal) as client:
        asked = ask_variants(
            client,
            service.name_in_cell(cell.number),
            {variant: weights.get(variant, 0.0) for variant in cell.target_groups},
            samples,
            requests=settings.requests,
            on_progress=on_progress,
        )
    variants = tuple(_variant(rollout, targets, weights, asked) for rollout in watch.seen)
    path, promised = "network and load balancer included", service.latency_p99_ms
    slow = tuple(too_slow(asked.variants, promised, path=path))
    unused = unused_folders(samples, cell.target_groups, of=cell.namespace)
    return CheckedCell(
        service=service,
        number=cell.number,
        cell=cell,
        variants=variants,
        problems=(*_wrong(cell, weights, asked), *(slow if settings.strict_latency else ())),
        warnings=(*(() if settings.strict_latency else slow), *unused),
    )


def _of_targets(
    aws: Aws, cell: Cell, fewest: Mapping[str, int], seen: tuple[DeploymentRollout, ...], on_progress: ProgressCallback
) -> Iterator[str]:
    """What the targets report of pods that wait for their load balancer."""
    waiting = {one.variant for one in seen if any(reason.of_targets for reason in one.reasons)}
    if waiting:
        once = WaitPolicy.of(0, poll_s=1)
        targets, _ = wait_for_targets(aws, cell, fewest, wait_policy=once, on_progress=on_progress)
        yield from problems_of_targets(aws, cell, fewest, {variant: targets[variant] for variant in waiting})


def _may_come(targets: Mapping[str, Targets | None]) -> bool:
    """Whether more time could have helped: nothing is known to be wrong with any target."""
    return all(one is not None and not one.complaints and one.registered for one in targets.values())


def _variant(
    rollout: DeploymentRollout,
    targets: Mapping[str, Targets | None],
    weights: Mapping[str, float],
    asked: SampleResults,
) -> CheckedPodVariant:
    found = targets[rollout.variant]
    if found is None:
        raise OperationError(f"The target group of the variant {rollout.variant} was deleted during the check.")
    return CheckedPodVariant(
        rollout=rollout,
        targets=found,
        weight=weights.get(rollout.variant),
        answers=asked.variants[rollout.variant],
    )


def _wrong(cell: Cell, weights: Mapping[str, float], asked: SampleResults) -> Iterator[str]:
    if not any(weights.values()):
        yield f"No rule of the load balancer {cell.load_balancer} gives a variant any traffic: deploy again."
    for answers in asked.variants.values():
        yield from answers.problems
    yield from asked.by_weight
