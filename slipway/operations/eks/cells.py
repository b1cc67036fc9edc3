"""A service in one cell, as the outputs of its stack describe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from slipway.operations.aws.stacks import Stack
from slipway.operations.errors import OperationError

_OUTPUTS: Final = ("ServiceUrl", "LoadBalancerDnsName", "ClusterName", "Namespace", "TargetGroups")
_HTTPS: Final = 443


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A service in one cell.

    Attributes:
        number: The cell's, from 1.
        stack: The stack that holds the service.
        cluster_name: The EKS cluster.
        namespace: The Kubernetes namespace.
        url: Where callers reach the service.
        load_balancer: The load balancer's own DNS name, with a port if it is not 443.
        target_groups: The ARN of every variant's target group, by the variant's name.
    """

    number: int
    stack: Stack
    cluster_name: str
    namespace: str
    url: str
    load_balancer: str
    target_groups: Mapping[str, str]

    @property
    def host(self) -> str:
        """The name that callers ask for, and that the certificate is for."""
        return urlsplit(self.url).hostname or ""

    @property
    def address(self) -> tuple[str, int]:
        """Where the load balancer listens: its name and port."""
        own = urlsplit(f"//{self.load_balancer}")
        return own.hostname or "", own.port or urlsplit(self.url).port or _HTTPS


def read_cell(stack: Stack, number: int) -> Cell:
    """Read the outputs of a service's stack.

    Raises:
        OperationError: One is missing, or its outputs cannot be used.
    """
    missing = [name for name in _OUTPUTS if not stack.outputs.get(name)]
    if missing:
        raise OperationError(
            f"The stack {stack.name} has no output {', '.join(missing)}, so what should be live is not known."
        )
    groups = dict(entry.partition("=")[::2] for entry in stack.outputs["TargetGroups"].split(","))
    if (
        not all(variant and arn for variant, arn in groups.items())
        or not urlsplit(stack.outputs["ServiceUrl"]).hostname
    ):
        raise OperationError(
            f"The stack {stack.name} has ServiceUrl {stack.outputs['ServiceUrl']} and TargetGroups"
            f" {stack.outputs['TargetGroups']}; an https URL and VARIANT=ARN, separated by commas, were expected."
        )
    return Cell(
        number=number,
        stack=stack,
        cluster_name=stack.outputs["ClusterName"],
        namespace=stack.outputs["Namespace"],
        url=stack.outputs["ServiceUrl"],
        load_balancer=stack.outputs["LoadBalancerDnsName"],
        target_groups=groups,
    )
