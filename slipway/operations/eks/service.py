"""A service on EKS, as far as one has to know it to find it on AWS."""

from dataclasses import dataclass
from typing import ClassVar

from inference_constructs.config.models.names import cluster_stack_name, service_stack_name
from slipway.operations.services import DeployedService


@dataclass(frozen=True, kw_only=True)
class DeployedEksService(DeployedService):
    """A service on one or more clusters, the cells of its environment.

    Attributes:
        cells: How many clusters serve it.
        drained_cells: The numbers of those that get no traffic.
        strategy: How a new version takes over.
        bake_s: Seconds for which every step of that is watched.
        candidate_step: How far the traffic has moved to the candidate, None where there is none.
        internal: Whether its load balancers are reached from the VPC only.
        authenticated: Whether its load balancers reject callers that show no certificate or token.
    """

    backend: ClassVar[str] = "eks"

    cells: int = 1
    drained_cells: frozenset[int] = frozenset()
    strategy: str = "all_at_once"
    bake_s: int = 0
    candidate_step: int | None = None
    internal: bool = True
    authenticated: bool = False

    @property
    def cell_numbers(self) -> range:
        """The numbers of its cells, from 1."""
        return range(1, self.cells + 1)

    @property
    def first_cell_with_traffic(self) -> int:
        """The number of the first cell that is not drained."""
        return next(number for number in self.cell_numbers if number not in self.drained_cells)

    @property
    def stack_names(self) -> tuple[str, ...]:
        """Every stack with alarms about the service: its own and its cluster's, in every cell."""
        return tuple(
            name
            for number in self.cell_numbers
            for name in (self.cell_stack_name(number), self.cluster_stack_name(number))
        )

    def cell_stack_name(self, cell: int) -> str:
        """The CloudFormation stack that holds the service in a cell."""
        return service_stack_name(self.environment, self.name, cell)

    def cluster_stack_name(self, cell: int) -> str:
        """The CloudFormation stack that holds a cell's cluster."""
        return cluster_stack_name(self.environment, cell)

    def name_in_cell(self, cell: int) -> str:
        """The service in a cell, for people; a single cell is not named."""
        return self.full_name + (f" in cell {cell}" if self.cells > 1 else "")
