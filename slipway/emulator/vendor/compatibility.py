"""What this package expects of the emulators, to be looked at before anything relies on it."""

import inspect
from collections.abc import Callable
from typing import Any

#: A name, and whether it is where it is expected, and what it is expected to be.
Expectation = tuple[str, bool]


def parameters(function: Callable[..., Any] | None) -> list[str]:
    """The names of a function's parameters; none of what is no function."""
    return list(inspect.signature(function).parameters) if callable(function) else []
