"""The model servers of one endpoint configuration, one per variant, started together and stopped together."""

import dataclasses
import logging
import secrets
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from slipway.emulator.common.workspace import Workspace
from slipway.emulator.data_plane.artifact import S3, UnpackedArtifact, UnpackingError, fetch
from slipway.emulator.data_plane.model_server import (
    DRAIN_SECONDS,
    Launch,
    ModelServer,
    NotHealthyError,
    container_environment,
    serving_command,
)

_log = logging.getLogger("slipway.data_plane")


class FleetError(Exception):
    """A fleet that did not come up; the text is SageMaker's sentence with the reason."""


@dataclasses.dataclass(frozen=True)
class ModelContainer:
    """What one variant runs.

    Attributes:
        variant: The variant's name.
        model_url: The `s3://` address of the artifact, None if the image brings its model.
        environment: The variables that the Model declares.
    """

    variant: str
    model_url: str | None
    environment: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Instance:
    """One running variant: its server, and the artifact it loaded."""

    variant: str
    server: ModelServer
    artifact: UnpackedArtifact | None


@dataclasses.dataclass(frozen=True)
class Fleet:
    """The running variants of one endpoint configuration."""

    config_name: str
    instances: tuple[Instance, ...]

    def server(self, variant: str) -> ModelServer:
        """The server of a variant.

        Raises:
            KeyError: The configuration has no such variant.
        """
        for instance in self.instances:
            if instance.variant == variant:
                return instance.server
        raise KeyError(variant)

    def stop(self, *, drain: bool) -> None:
        """End every server; with `drain`, after the requests it is answering."""
        for instance in self.instances:
            instance.server.stop(DRAIN_SECONDS if drain else 0)
            if instance.artifact is not None:
                shutil.rmtree(instance.artifact.folder.parent, ignore_errors=True)


def launch(workspace: Workspace, s3: S3, *, endpoint: str, config: str, containers: Iterable[ModelContainer]) -> Fleet:
    """Fetch the artifacts, start a model server per variant, and wait until all of them answer `/ping`.

    Raises:
        FleetError: One of them did not; none is left running.
    """
    wanted = list(containers)
    # An endpoint may move back to a configuration whose first servers are still being drained and cleaned up after.
    owner = f"{endpoint}-{config}-{secrets.token_hex(3)}"
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        starts = [pool.submit(_start, workspace, s3, owner, container) for container in wanted]
    failures = [error for start in starts if (error := start.exception())]
    fleet = Fleet(config_name=config, instances=tuple(start.result() for start in starts if not start.exception()))
    if not failures:
        return fleet
    fleet.stop(drain=False)
    raise failures[0]


def _start(workspace: Workspace, s3: S3, owner: str, container: ModelContainer) -> Instance:
    name = f"{owner}-{container.variant}"
    folder = workspace.models / name
    try:
        artifact = fetch(s3, container.model_url, folder) if container.model_url else None
        server = ModelServer(
            Launch(
                name=name,
                command=serving_command(artifact.folder if artifact else folder),
                environment=container_environment(container.environment),
                log=workspace.folder / "logs" / f"{name}.log",
                records=workspace.processes,
            )
        )
        server.start()
    except UnpackingError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise FleetError(str(error)) from error
    except NotHealthyError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise FleetError(
            f"The primary container for production variant {container.variant} did not pass the ping health check. "
            f"Its last words: {error}. Its log: {server.launch.log}"
        ) from error
    _log.info("%s answers on port %d", name, server.port)
    return Instance(variant=container.variant, server=server, artifact=artifact)
