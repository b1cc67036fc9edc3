"""Custom resources, whose waits are shortened as all waits here are."""

from collections.abc import Callable
from typing import Any, Final

from ministack.services.cloudformation import custom_resource

from slipway.emulator.vendor.compatibility import Expectation, parameters

#: The property of Slipway's own custom resources by which they are told to wait.
_WAIT: Final = "BakeSeconds"
_PARAMETERS: Final = [
    "request_type",
    "logical_id",
    "props",
    "stack_name",
    "stack_id",
    "resource_type",
    "physical_id",
    "old_props",
]


def shorten_waits(shortened: Callable[[float], float]) -> None:
    """Tell custom resources to wait for less than their template says.

    Args:
        shortened: How long a wait of so many seconds lasts here.
    """
    invoke = custom_resource.invoke_custom_resource

    def invoke_shortened(*given: Any, **named: Any) -> Any:
        known = dict(zip(_PARAMETERS, given, strict=False)) | named
        for name in ("props", "old_props"):
            properties = known.get(name) or {}
            if _WAIT in properties:
                known[name] = properties | {_WAIT: str(shortened(float(properties[_WAIT])))}
        return invoke(**known)

    custom_resource.invoke_custom_resource = invoke_shortened


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    found = getattr(custom_resource, "invoke_custom_resource", None)
    return [("ministack custom_resource.invoke_custom_resource(…)", parameters(found) == _PARAMETERS)]
