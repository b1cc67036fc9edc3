"""What of a service runs in a cell: variants, pods, traffic, targets and alarms."""

from dataclasses import dataclass, field

from slipway.operations.aws.alarms import Alarm, ringing
from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import Stack, alarms_of, find_stack
from slipway.operations.eks.cells import Cell, read_cell
from slipway.operations.eks.kubernetes.api import KubernetesApi, KubernetesError
from slipway.operations.eks.kubernetes.objects import Autoscaler, Deployment
from slipway.operations.eks.kubernetes.rollout import DeploymentRollout
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.eks.targets import Targets, find_targets
from slipway.operations.eks.weights import weights_of
from slipway.operations.errors import OperationError

_DIGEST = 12


@dataclass(frozen=True, kw_only=True)
class PodVariantStatus:
    """What of a variant runs.

    Attributes:
        name: The variant's.
        weight: Its share of the traffic, None if no rule gives it any.
        targets: Its targets, None if its target group is gone.
        deployment: Its Deployment, None if there is none or it is not known.
        autoscaler: Its autoscaler, None if there is none or it is not known.
    """

    name: str
    weight: float | None
    targets: Targets | None
    deployment: Deployment | None = None
    autoscaler: Autoscaler | None = None

    @property
    def pods(self) -> str:
        """How many pods are ready, are wanted, and may be at most."""
        if self.deployment is None:
            return "unknown"
        wanted = self.deployment.spec.replicas
        most = f" (at most {self.autoscaler.spec.max_replicas})" if self.autoscaler else ""
        return f"{self.deployment.status.ready_replicas} of {wanted}{most}"

    @property
    def model(self) -> str:
        """The beginning of the model's SHA-256."""
        containers = self.deployment.spec.template.spec.init_containers if self.deployment else []
        digests = [container.variable("SERVING_MODEL_SHA256") for container in containers]
        return next(
            (digest[:_DIGEST] for digest in digests if digest), "in the image" if self.deployment else "unknown"
        )

    @property
    def image(self) -> str:
        """The image without its registry."""
        containers = self.deployment.spec.template.spec.containers if self.deployment else []
        return next((container.image.rpartition("/")[2] for container in containers), "unknown")


@dataclass(frozen=True, kw_only=True)
class CellStatus:
    """What of a service runs in a cell.

    Attributes:
        service: The service.
        number: The cell's.
        stack: Its stack there, None if it was never deployed.
        variants: Its variants.
        alarms: How many alarms its stack holds.
        ringing: Those in ALARM.
        notes: What else is worth knowing, a sentence each.
    """

    service: DeployedEksService
    number: int
    stack: Stack | None
    variants: tuple[PodVariantStatus, ...] = ()
    alarms: int = 0
    ringing: tuple[Alarm, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """The service and where it runs, for people."""
        return self.service.name_in_cell(self.number)


def status_of_cell(aws: Aws, service: DeployedEksService, number: int) -> CellStatus:
    """Look at a service in a cell. A Kubernetes API that is out of reach is a note: AWS shows the rest."""
    stack = find_stack(aws, service.cell_stack_name(number))
    if stack is None:
        return CellStatus(service=service, number=number, stack=None)
    names = alarms_of(aws, stack)
    rings = ringing(aws, names)
    notes = [] if stack.good else [f"The stack {stack.name} is {stack.status}."]
    try:
        cell = read_cell(stack, number)
    except OperationError as error:
        notes.append(str(error))
        return CellStatus(
            service=service, number=number, stack=stack, alarms=len(names), ringing=rings, notes=tuple(notes)
        )
    weights = weights_of(aws, cell)
    variants = tuple(
        PodVariantStatus(name=variant, weight=weights.get(variant), targets=find_targets(aws, variant, arn))
        for variant, arn in cell.target_groups.items()
    )
    try:
        variants = _with_pods(aws, cell, variants)
    except KubernetesError as error:
        notes.append(str(error))
    return CellStatus(
        service=service,
        number=number,
        stack=stack,
        variants=variants,
        alarms=len(names),
        ringing=rings,
        notes=(*notes, *_of_pods(variants)),
    )


def _with_pods(aws: Aws, cell: Cell, variants: tuple[PodVariantStatus, ...]) -> tuple[PodVariantStatus, ...]:
    api = KubernetesApi.of_cluster(aws, cell.cluster_name)
    return tuple(
        PodVariantStatus(
            name=variant.name,
            weight=variant.weight,
            targets=variant.targets,
            deployment=api.deployment(cell.namespace, variant.name),
            autoscaler=api.autoscaler(cell.namespace, variant.name),
        )
        for variant in variants
    )


def _of_pods(variants: tuple[PodVariantStatus, ...]) -> list[str]:
    rollouts = [
        DeploymentRollout(variant=variant.name, deployment=variant.deployment)
        for variant in variants
        if variant.deployment
    ]
    return [f"Variant {one.variant} has not rolled out: {one.missing}." for one in rollouts if one.missing]
