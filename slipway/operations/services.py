"""Which services an environment runs, and under which names they are deployed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference_constructs.config import ConfigError, Environment, Service, clusters_of, load_environment
from inference_constructs.config.yaml.project import load_environments
from slipway.operations.errors import WrongUsageError


@dataclass(frozen=True, kw_only=True)
class OnEks:
    """What else one has to know of a service on EKS.

    Attributes:
        cells: How many clusters serve it.
        drained_cells: The numbers of those that get no traffic.
        strategy: How a new version takes over.
        bake_s: Seconds for which every step of that is watched.
        candidate_step: How far the traffic has moved to the candidate, None where there is none.
        internal: Whether its load balancers are reached from the VPC only.
    """

    cells: int = 1
    drained_cells: frozenset[int] = frozenset()
    strategy: str = "all_at_once"
    bake_s: int = 0
    candidate_step: int | None = None
    internal: bool = True


@dataclass(frozen=True, kw_only=True)
class DeployedService:
    """A service in an environment, as far as one has to know it to find it on AWS.

    Attributes:
        environment: The environment's name.
        name: The service's name.
        latency_p99_ms: The latency it promises, None where it promises none.
        samples: The folder of its golden samples.
        eks: What EKS has to be asked about, None where SageMaker serves it.
    """

    environment: str
    name: str
    latency_p99_ms: int | None
    samples: Path
    eks: OnEks | None = None

    @property
    def backend(self) -> Literal["sagemaker", "eks"]:
        """What serves it."""
        return "sagemaker" if self.eks is None else "eks"

    @property
    def endpoint_name(self) -> str:
        """What callers of SageMaker invoke; on EKS no more than a name to speak of it."""
        return f"{self.environment}-{self.name}"

    @property
    def stack_name(self) -> str:
        """The CloudFormation stack that holds the endpoint, or the service in the first cell."""
        return self.cell_stack_name(1)

    def cell_stack_name(self, cell: int) -> str:
        """The CloudFormation stack that holds the service in a cell."""
        return f"slipway-{self.environment}-service-{self.name}{suffix_of(cell)}"

    def cluster_stack_name(self, cell: int) -> str:
        """The CloudFormation stack that holds a cell's cluster."""
        return f"slipway-{self.environment}-cluster{suffix_of(cell)}"


def suffix_of(cell: int) -> str:
    """What the names of a cell's stacks end with."""
    return "" if cell == 1 else f"-{cell}"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a command is about.

    Attributes:
        environment: The environment's name, with the region's where that is not its first.
        account: Its AWS account.
        region: Its AWS region.
        services: Its services, or the one that was named.
    """

    environment: str
    account: str
    region: str
    services: tuple[DeployedService, ...]


def select(project: Path, environment: str, service: str | None = None, *, needs_services: bool = True) -> Selection:
    """Read an environment of a project.

    Args:
        project: The folder that holds `environments/` and `model_artifacts/`.
        environment: The environment's name.
        service: The one service that is meant, all of them by default.
        needs_services: Whether there is nothing to do in an environment that runs none.

    Raises:
        WrongUsageError: There is no such environment or service, its files cannot be accepted, or it runs no service.
    """
    loaded = _load(project, environment)
    if service is not None and service not in {known.name for known in loaded.services}:
        names = ", ".join(known.name for known in loaded.services) or "none"
        raise WrongUsageError(f"The environment {environment} runs no service `{service}`; it runs {names}.")
    if needs_services and not loaded.services:
        raise WrongUsageError(f"The environment {environment} runs no service; name one under services:.")
    return Selection(
        environment=loaded.stage_name,
        account=loaded.account,
        region=loaded.region,
        services=tuple(_deployed(known, loaded, project) for known in loaded.services if service in (None, known.name)),
    )


def _deployed(service: Service, environment: Environment, project: Path) -> DeployedService:
    return DeployedService(
        environment=environment.name,
        name=service.name,
        latency_p99_ms=service.objectives.latency_p99_ms,
        samples=project / "model_artifacts" / (service.folder or service.name) / "samples",
        eks=_on_eks(service, environment) if service.backend == "eks" else None,
    )


def _on_eks(service: Service, environment: Environment) -> OnEks:
    clusters = clusters_of(environment)
    rollout = service.rollout or environment.rollout
    return OnEks(
        cells=clusters.cells,
        drained_cells=frozenset(clusters.drained_cells),
        strategy=rollout.strategy.value,
        bake_s=rollout.bake_s,
        candidate_step=service.candidate.step if service.candidate else None,
        internal=clusters.load_balancer.scheme == "internal",
    )


def _load(project: Path, environment: str) -> Environment:
    known = {file.stem: file for file in sorted((project / "environments").glob("*.yaml"))}
    if not known:
        raise WrongUsageError(
            f"{project.resolve()} has no environments/*.yaml; run this in the project, or use --project."
        )
    try:
        if environment in known:
            return load_environment(known[environment], root=project)
        # Another region of an environment goes by both names: prod-eu-west-1.
        for name, file in known.items():
            if environment.startswith(f"{name}-"):
                for region in load_environments(file, root=project):
                    if region.stage_name == environment:
                        return region
    except ConfigError as error:
        raise WrongUsageError(str(error)) from error
    raise WrongUsageError(f"There is no environment `{environment}`; there is {', '.join(known)}.")
