"""What a backend implements, and where it is registered: the commands know no backend by name."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from rich.console import Console

from inference_constructs.config import Environment, Service
from slipway.operations.aws.clients import Aws
from slipway.operations.check import CheckResult, CheckSettings
from slipway.operations.golden.answers import Answer
from slipway.operations.golden.samples import Samples
from slipway.operations.preflight import PreflightResult
from slipway.operations.services import DeployedService, Selection
from slipway.operations.templates.template_values import Resolver

S = TypeVar("S", bound=DeployedService)

#: Compares what was read of a synthesis with what is live.
Compare = Callable[[Aws], Sequence[PreflightResult]]


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What the check of a service needs besides the service.

    Attributes:
        aws: The clients.
        settings: How to check.
        trusted: What load balancers' certificates have to be signed by.
        console: Where results go.
        progress: Where progress goes.
    """

    aws: Aws
    settings: CheckSettings
    trusted: ssl.SSLContext
    console: Console
    progress: Console


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a person.

    Attributes:
        body: The request.
        content_type: Its media type.
        accept: The media type wanted for the answer, None for the model's choice.
        variant: The variant to answer, None for any by weight.
    """

    body: bytes
    content_type: str
    accept: str | None
    variant: str | None


class Backend(Protocol[S]):
    """What serves models, with services of the type `S`.

    Attributes:
        name: Its name in YAML, `backend: NAME`.
        title: Its name for people.
        entry_type: The CloudFormation type of what callers reach.
        pins_archives: Whether it loads archives only: of a model package, a promotion then pins the archive.
    """

    name: str
    title: str
    entry_type: str
    pins_archives: bool

    def describe(self, service: Service, environment: Environment, *, samples: Path) -> S:
        """Describe a service of a project as it is deployed.

        Args:
            service: The service.
            environment: The environment that runs it.
            samples: The folder of its golden samples.

        Raises:
            WrongUsageError: The environment lacks what the service needs.
        """
        ...

    def entry_point(self, service: DeployedService) -> str:
        """What callers of a service reach here, for people."""
        ...

    def check(self, service: S, samples: Samples, tools: Tools, *, bake: bool) -> Sequence[CheckResult]:
        """Check a service, and print the outcome.

        Args:
            service: The service.
            samples: Its golden samples.
            tools: What else it takes.
            bake: Whether to watch its alarms afterwards, where the backend does not do so by itself.

        Raises:
            AwsAccessError: What serves it cannot be reached from here.
        """
        ...

    def preflight(self, service: S, selection: Selection, templates: Path, resolver: Resolver) -> Compare:
        """Read a service's templates, before AWS is asked anything.

        Args:
            service: The service.
            selection: The environment that runs it.
            templates: The cloud assembly.
            resolver: Resolves values of templates.

        Raises:
            WrongUsageError: A template is missing, or is not what it should be.
        """
        ...

    def status(self, aws: Aws, services: Sequence[S], console: Console) -> None:
        """Look at services, and print what runs."""
        ...

    def invoke(self, aws: Aws, service: S, request: Request, *, trusted: ssl.SSLContext) -> Answer:
        """Send one request, once, as callers do.

        Raises:
            InvocationError: It was not answered with a prediction.
            AwsAccessError: What serves it cannot be reached from here.
        """
        ...


# Which type of service a backend has is the backend's own affair; here they are all the same.
_BACKENDS: Final[dict[str, Backend[Any]]] = {}


def register(backend: Backend[Any]) -> None:
    """Add a backend; the commands know it from then on."""
    _BACKENDS[backend.name] = backend


@contextmanager
def registered(backend: Backend[Any]) -> Iterator[None]:
    """Have a backend for a while, as a test does."""
    register(backend)
    try:
        yield
    finally:
        del _BACKENDS[backend.name]


def backends() -> tuple[Backend[Any], ...]:
    """Every backend, in the order of their registration."""
    return tuple(_BACKENDS.values())


def backend_of(name: str) -> Backend[Any]:
    """The backend of a name.

    Raises:
        LookupError: None of this name is registered.
    """
    if name not in _BACKENDS:
        raise LookupError(f"No backend `{name}` is registered in slipway/operations/registry.py.")
    return _BACKENDS[name]


def by_backend(services: Sequence[DeployedService]) -> Iterator[tuple[Backend[Any], list[DeployedService]]]:
    """The backends of services, each with its services."""
    for backend in backends():
        own = [service for service in services if service.backend == backend.name]
        if own:
            yield backend, own
