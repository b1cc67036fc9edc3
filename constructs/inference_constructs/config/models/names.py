"""Names that callers, tags, metrics and tools rely on: part of the contract, the same wherever they are needed."""


def cell_suffix(cell: int) -> str:
    """What tells a cell's names from those of the first, whose names do not change when a second one is added.

    Args:
        cell: Its number, from 1.
    """
    return "" if cell == 1 else f"-{cell}"


def cluster_name(environment: str, cell: int = 1) -> str:
    """The EKS cluster of a cell."""
    return f"slipway-{environment}{cell_suffix(cell)}"


def cluster_stack_name(environment: str, cell: int = 1) -> str:
    """The CloudFormation stack that holds the cluster of a cell."""
    return f"slipway-{environment}-cluster{cell_suffix(cell)}"


def service_stack_name(environment: str, service: str, cell: int = 1) -> str:
    """The CloudFormation stack that holds a service; on EKS, its share in a cell."""
    return f"slipway-{environment}-service-{service}{cell_suffix(cell)}"


def regional_label(service: str, region: str) -> str:
    """The first label of the name that a service on EKS has in one region."""
    return f"{service}-{region}"
