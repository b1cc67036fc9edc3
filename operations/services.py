"""Which services an environment runs, and under which names they are deployed."""

from dataclasses import dataclass
from pathlib import Path

from inference_constructs.spec import Environment, SpecError, load_environment
from operations.outcomes import WrongUsageError


@dataclass(frozen=True, kw_only=True)
class DeployedService:
    """A service in an environment, as far as one has to know it to find it on AWS.

    Attributes:
        environment: The environment's name.
        name: The service's name.
        latency_p99_ms: The latency it promises, None where it promises none.
        samples: The folder of its golden samples.
    """

    environment: str
    name: str
    latency_p99_ms: int | None
    samples: Path

    @property
    def endpoint_name(self) -> str:
        """What callers invoke."""
        return f"{self.environment}-{self.name}"

    @property
    def stack_name(self) -> str:
        """The CloudFormation stack that holds the endpoint."""
        return f"slipway-{self.environment}-service-{self.name}"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a command is about.

    Attributes:
        environment: The environment's name.
        account: Its AWS account.
        region: Its AWS region.
        services: Its services on SageMaker, or the one that was named.
        elsewhere: The names of its services that another backend serves, of which the commands know nothing.
    """

    environment: str
    account: str
    region: str
    services: tuple[DeployedService, ...]
    elsewhere: tuple[str, ...] = ()


def select(project: Path, environment: str, service: str | None = None) -> Selection:
    """Read an environment of a project.

    Args:
        project: The folder that holds `environments/` and `model_artifacts/`.
        environment: The environment's name.
        service: The one service that is meant, all of them by default.

    Raises:
        WrongUsageError: There is no such environment or service, its files cannot be accepted, or nothing in it is
            served by SageMaker.
    """
    loaded = _load(project, environment)
    if service is not None and service not in {known.name for known in loaded.services}:
        names = ", ".join(known.name for known in loaded.services) or "none"
        raise WrongUsageError(f"The environment {environment} runs no service `{service}`; it runs {names}.")
    meant = [known for known in loaded.services if service in (None, known.name)]
    services = tuple(
        DeployedService(
            environment=loaded.name,
            name=known.name,
            latency_p99_ms=known.objectives.latency_p99_ms,
            samples=project / "model_artifacts" / known.name / "samples",
        )
        for known in meant
        if known.backend == "sagemaker"
    )
    elsewhere = tuple(known.name for known in meant if known.backend != "sagemaker")
    if not services:
        subject = f"The service {service}" if service else f"Every service of the environment {environment}"
        reason = "is served by another backend than sagemaker" if meant else "is still to be named under services:"
        raise WrongUsageError(f"{subject} {reason}, so there is no endpoint.")
    return Selection(
        environment=loaded.name,
        account=loaded.account,
        region=loaded.region,
        services=services,
        elsewhere=elsewhere,
    )


def _load(project: Path, environment: str) -> Environment:
    known = {file.stem: file for file in sorted((project / "environments").glob("*.yaml"))}
    if not known:
        raise WrongUsageError(
            f"{project.resolve()} has no environments/*.yaml; run this in the project, or use --project."
        )
    if environment not in known:
        raise WrongUsageError(f"There is no environment `{environment}`; there is {', '.join(known)}.")
    try:
        return load_environment(known[environment], root=project)
    except SpecError as error:
        raise WrongUsageError(str(error)) from error
