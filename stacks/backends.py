"""The backends that there are, as stacks."""

from collections.abc import Iterator
from contextlib import contextmanager

from stacks.backend import BackendStacks
from stacks.eks.backend import EksStacks
from stacks.sagemaker.backend import SageMakerStacks

_REGISTERED: dict[str, BackendStacks] = {}


def register(backend: BackendStacks) -> None:
    """Add a backend; its services get stacks from then on."""
    _REGISTERED[backend.name] = backend


@contextmanager
def registered(backend: BackendStacks) -> Iterator[None]:
    """Have a backend for a while, as a test does."""
    register(backend)
    try:
        yield
    finally:
        del _REGISTERED[backend.name]


def backends() -> tuple[BackendStacks, ...]:
    """Every backend, in the order in which they were registered."""
    return tuple(_REGISTERED.values())


register(SageMakerStacks())
register(EksStacks())
