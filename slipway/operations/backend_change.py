"""Services that would change their backend in place: what callers reach would go in that very deployment."""

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.operations.backend import backend_of, backends
from slipway.operations.services import DeployedService


def backend_in(template: Mapping[str, Any]) -> str | None:
    """The backend that a template of a service is for, None if it holds nothing that callers could reach."""
    types = {resource.get("Type") for resource in template.get("Resources", {}).values()}
    return next((backend.name for backend in backends() if backend.entry_type in types), None)


def refused_backend_change(
    service: DeployedService, stack_name: str, *, before: str | None, after: str | None
) -> Iterator[str]:
    """Why a stack must not get another backend; it has the same name on all of them.

    Args:
        service: The service.
        stack_name: The stack.
        before: The backend that the stack is deployed with, None if it has none.
        after: The one that it would be deployed with.
    """
    if before is None or after is None or before == after:
        return
    old, new = backend_of(before), backend_of(after)
    yield (
        f"{service.name} changes its backend from {old.title} to {new.title} in the same stack, {stack_name}:"
        f" CloudFormation would delete the live {old.entry_point(service)} in that deployment, and callers would have"
        f" no time to move. Leave {service.name} on {old.title}, add a second entry under services: of the environment"
        f" {service.environment}, under another name, with `folder: {_folder(service)}` and `backend: {after}`, deploy"
        " it, move the callers, and only then remove the first."
    )


def _folder(service: DeployedService) -> str:
    """The service's folder under `model_artifacts/`, which its samples lie in."""
    return service.samples.parent.name
