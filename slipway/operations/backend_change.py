"""Services that would change their backend in place: what callers reach would go in that very deployment."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from slipway.operations.services import DeployedService

Backend = Literal["sagemaker", "eks"]

#: What callers of each backend reach.
_DOORS: Final[Mapping[str, Backend]] = {
    "AWS::SageMaker::Endpoint": "sagemaker",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "eks",
}
_NAMES: Final[Mapping[Backend, str]] = {"sagemaker": "SageMaker", "eks": "EKS"}


def backend_of(template: Mapping[str, Any]) -> Backend | None:
    """The backend that a template of a service is for, None if it holds nothing that callers could reach."""
    types = {resource.get("Type") for resource in template.get("Resources", {}).values()}
    return next((backend for kind, backend in _DOORS.items() if kind in types), None)


def refused_backend_change(
    service: DeployedService, stack_name: str, *, before: Backend | None, after: Backend | None
) -> Iterator[str]:
    """Why a stack must not get the service's other backend; it has the same name on both.

    Args:
        service: The service.
        stack_name: The stack.
        before: What the stack is deployed with.
        after: What it would be deployed with.
    """
    if before is None or after is None or before == after:
        return
    live = f"endpoint {service.endpoint_name}" if before == "sagemaker" else "load balancer"
    yield (
        f"{service.name} changes its backend from {_NAMES[before]} to {_NAMES[after]} in the same stack, {stack_name}:"
        f" CloudFormation would delete the live {live} in that deployment, and callers would have no time to move."
        f" Leave {service.name} on {_NAMES[before]}, add a second entry under services: of the environment"
        f" {service.environment}, under another name, with `folder: {_folder(service)}` and `backend: {after}`, deploy"
        " it, move the callers, and only then remove the first."
    )


def _folder(service: DeployedService) -> str:
    """The service's folder under `model_artifacts/`, which its samples lie in."""
    return service.samples.parent.name
