"""What a backend implements for the embedded AWS, and where it is registered."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from rich.console import Console, RenderableType

from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.golden.samples import Sample, Samples, read_samples
from slipway.operations.services import DeployedService

S_contra = TypeVar("S_contra", bound=DeployedService, contravariant=True)

#: People read JSON more easily than rows of numbers.
_SHOWN_FIRST: Final = "application/json"


class NotInServiceError(Exception):
    """A service that was deployed and does not answer."""


class DemoError(Exception):
    """The demonstration did not show what it is there to show."""


class EmulatorBackend(Protocol[S_contra]):
    """What serves models on the embedded AWS, with services of the type `S_contra`.

    Attributes:
        name: Its name in YAML, `backend: NAME`.
        way: How the demonstration asks a service, for people.
    """

    name: str
    way: str

    def wait_until_in_service(self, workspace: Workspace, steps: ProgressSteps) -> None:
        """Wait until everything that is deployed on it serves what was deployed last.

        Raises:
            NotInServiceError: Something does not.
        """
        ...

    def show_usage(self, workspace: Workspace, services: Sequence[S_contra], console: Console) -> None:
        """Show how to call services from a shell or a program."""
        ...

    def show_artifacts(self, running: Running, service: S_contra, console: Console) -> None:
        """Show that what serves a service runs the model that was packed; nothing where that cannot be told apart.

        Raises:
            DemoError: It does not.
        """
        ...

    def invoke(self, workspace: Workspace, service: S_contra, sample: Sample) -> bytes:
        """Send a golden sample to a service, and return the answer.

        Raises:
            DemoError: It was not answered with a prediction.
        """
        ...

    def tables(self, running: Running) -> Iterable[RenderableType]:
        """What runs on it, as tables; none if nothing is deployed on it."""
        ...


# Which type of service a backend has is the backend's own affair; here they are all the same.
_BACKENDS: Final[dict[str, EmulatorBackend[Any]]] = {}


def register(backend: EmulatorBackend[Any]) -> None:
    """Add a backend; the embedded AWS knows it from then on."""
    _BACKENDS[backend.name] = backend


@contextmanager
def registered(backend: EmulatorBackend[Any]) -> Iterator[None]:
    """Have a backend for a while, as a test does."""
    register(backend)
    try:
        yield
    finally:
        del _BACKENDS[backend.name]


def backends() -> tuple[EmulatorBackend[Any], ...]:
    """Every backend, in the order of their registration."""
    return tuple(_BACKENDS.values())


def backend_of(service: DeployedService) -> EmulatorBackend[Any]:
    """The backend of a service.

    Raises:
        LookupError: It is not registered.
    """
    if service.backend not in _BACKENDS:
        raise LookupError(f"No backend `{service.backend}` is registered for the embedded AWS.")
    return _BACKENDS[service.backend]


def first_sample(samples: Samples) -> Sample:
    """The golden sample that usage texts and the demonstration take: the first in JSON, or else the first."""
    return next((one for one in samples.shared if one.content_type == _SHOWN_FIRST), samples.shared[0])


def usage_sample(service: DeployedService) -> tuple[Sample, str]:
    """The sample for usage texts, and the path of its request for a shell in the current folder."""
    sample = first_sample(read_samples(service.samples))
    return sample, shown_path(service.samples / sample.request_file)


def shown_path(path: Path) -> str:
    """A path for a shell in the current folder: relative where that is shorter."""
    path, here = path.absolute(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
