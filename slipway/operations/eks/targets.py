"""Whether the load balancer sends requests to a variant's pods: the health of its targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from slipway.operations.aws.clients import Aws, error_code, sentence_for
from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy, wait_until
from slipway.operations.eks.cells import Cell
from slipway.operations.errors import TimedOutError

#: Without it EKS may not register pods in a target group that is not its own (AmazonEKSLoadBalancingPolicy).
CLUSTER_TAG: Final = "eks:eks-cluster-name"
_SHOWN: Final = 3


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The targets of a variant.

    Attributes:
        variant: Its name.
        arn: Its target group.
        states: How many targets are in which state, in the load balancer's words.
        complaints: Those that are not healthy and do not become so by themselves: which, and why.
    """

    variant: str
    arn: str
    states: Mapping[str, int]
    complaints: tuple[str, ...] = ()

    @property
    def healthy(self) -> int:
        """How many get requests."""
        return self.states.get("healthy", 0)

    @property
    def registered(self) -> int:
        """How many there are, without those that leave."""
        return sum(count for state, count in self.states.items() if state not in ("draining", "unhealthy.draining"))

    def good(self, fewest: int) -> bool:
        """Whether there are enough, all of them healthy."""
        return self.healthy >= fewest and self.healthy == self.registered

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return f"{self.variant} {states or 'no target'}"


def find_targets(aws: Aws, variant: str, arn: str) -> Targets | None:
    """The targets of a variant, None if there is no such target group."""
    try:
        described = aws.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    except ClientError as error:
        if error_code(error) == "TargetGroupNotFound":
            return None
        raise
    states: Counter[str] = Counter()
    complaints = []
    for one in described:
        health = one.get("TargetHealth", {})
        state = str(health.get("State", "unknown"))
        states[state] += 1
        if state in ("unhealthy", "unused", "unavailable"):
            target = one.get("Target", {"Id": "unknown"})
            complaints.append(
                f"{target['Id']} is {state}: {health.get('Reason', 'no reason')}"
                f" ({health.get('Description', 'no description')})"
            )
    return Targets(variant=variant, arn=arn, states=states, complaints=tuple(complaints))


def wait_for_targets(
    aws: Aws, cell: Cell, fewest: Mapping[str, int], *, wait_policy: WaitPolicy, on_progress: ProgressCallback
) -> tuple[dict[str, Targets | None], bool]:
    """Wait until every variant has enough healthy targets.

    Args:
        aws: The clients.
        cell: The service in its cell.
        fewest: How many targets every variant has to have.
        wait_policy: How long to wait.
        on_progress: Told what is waited for.

    Returns:
        The targets as they were seen last, and whether it took too long.
    """
    seen: dict[str, Targets | None] = {}

    def look() -> dict[str, Targets | None]:
        seen.update({variant: find_targets(aws, variant, arn) for variant, arn in cell.target_groups.items()})
        return seen

    try:
        wait_until(
            look,
            settled=lambda found: all(one is None or one.good(fewest[variant]) for variant, one in found.items()),
            describe=lambda found: f"targets of {cell.load_balancer}: {', '.join(str(one) for one in found.values())}",
            on_progress=on_progress,
            wait_policy=wait_policy,
        )
    except TimedOutError:
        return seen, True
    return seen, False


def problems_of_targets(
    aws: Aws, cell: Cell, fewest: Mapping[str, int], seen: Mapping[str, Targets | None]
) -> Iterator[str]:
    """What is wrong with the targets, a sentence each; nothing if nothing is."""
    for variant, targets in seen.items():
        if targets is None:
            yield (
                f"Variant {variant}: its target group {cell.target_groups[variant]} no longer exists, though the"
                f" stack {cell.stack.name} created it. Destroy the service's stack, and deploy it again."
            )
        elif targets.good(fewest[variant]):
            continue
        elif not targets.registered:
            yield f"Variant {variant}: no pod is registered in its target group. {_why_none(aws, cell, targets)}"
        else:
            complaints = "; ".join(targets.complaints[:_SHOWN]) or "the others are still being checked"
            more = len(targets.complaints) - _SHOWN
            yield (
                f"Variant {variant}: {targets.healthy} of {targets.registered} targets are healthy, and it needs"
                f" {fewest[variant]}: {complaints}{f'; and {more} more' if more > 0 else ''}. {_advice(targets)}"
            )


def _why_none(aws: Aws, cell: Cell, targets: Targets) -> str:
    return _told(lambda: _of_tags(aws, cell, targets))


def _of_tags(aws: Aws, cell: Cell, targets: Targets) -> str:
    (described,) = aws.elbv2.describe_tags(ResourceArns=[targets.arn])["TagDescriptions"]
    tags = {tag["Key"]: tag.get("Value", "") for tag in described.get("Tags", ())}
    found = tags.get(CLUSTER_TAG)
    if found != cell.cluster_name:
        state = f"is {found}" if found else "is missing"
        return (
            f"Its tag {CLUSTER_TAG} {state}, and without {CLUSTER_TAG}={cell.cluster_name} EKS may not register pods in"
            " it: deploy the service's stack again, and keep other tools from changing its tags."
        )
    return (
        f"Its tag {CLUSTER_TAG} is right, so look at the binding:"
        f" `kubectl --namespace {cell.namespace} describe targetgroupbinding {targets.variant}`."
    )


def _told(look: Callable[[], str]) -> str:
    """Not to be allowed to read tags must not hide what is wrong."""
    try:
        return look()
    except ClientError as error:
        return f"Whether its tag {CLUSTER_TAG} is right is not known: {sentence_for(error)}"


def _advice(targets: Targets) -> str:
    said = " ".join(targets.complaints)
    if "Target.NotInUse" in said:
        return "No rule of the load balancer's listener names its target group, or not in these zones: deploy again."
    if "Target.Timeout" in said or "Target.FailedHealthChecks" in said:
        return "The load balancer's security group may not reach port 8080 of the pods, or the pods do not answer."
    if "Target.ResponseCodeMismatch" in said:
        return "The pods answer GET /ping with something else than 200: see their logs."
    return "The pods' logs and the target group's page in the console show more."
