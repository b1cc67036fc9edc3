"""Which services an environment of a project runs, described as they are deployed."""

from pathlib import Path

from inference_constructs.config import ConfigError, Environment, Service, load_environment
from inference_constructs.config.yaml.project import load_environments
from slipway.operations.errors import WrongUsageError
from slipway.operations.registry import backend_of
from slipway.operations.services import DeployedService, Selection


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
    samples = project / "model_artifacts" / (service.folder or service.name) / "samples"
    described: DeployedService = backend_of(service.backend).describe(service, environment, samples=samples)
    return described


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
