"""Names that callers, tags, metrics and tools rely on, the same wherever they are needed; and what S3 takes as one."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

#: What would be accepted, for the end of a sentence.
BUCKET_NAME: Final = (
    "3 to 63 lower-case letters, digits, hyphens and single dots, no IP address and no start or end that S3 reserves"
)


def cell_suffix(cell: int) -> str:
    """The suffix of a cell's names. The first cell has none, so its names stay when a second one is added.

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


def alarm_name_prefix(environment: str, *, service: str | None = None, cell: int | None = None) -> str:
    """The first part of the name of every alarm of a service, or of the cluster of a cell.

    It begins like the names of our stacks, which is what the execution policies allow. The cell is always there, the
    first one's too: a service that moves to the other backend gets new alarms before its old ones are deleted, and
    their names must differ.

    Args:
        environment: The environment's name; in each of its regions the same.
        service: The service, None for a cluster.
        cell: The cell's number, None for a service on SageMaker.
    """
    parts = (f"slipway-{environment}", service, f"cell-{cell}" if cell is not None else None)
    return "/".join(part for part in parts if part)


def regional_label(service: str, region: str) -> str:
    """The first label of the name that a service on EKS has in one region."""
    return f"{service}-{region}"


def is_bucket_name(name: str) -> bool:
    """Whether a general purpose bucket may be called so (S3 User Guide, "General purpose bucket naming rules")."""
    return (
        _SHAPE.fullmatch(name) is not None
        and ".." not in name
        and _ADDRESS.fullmatch(name) is None
        and not name.startswith(_RESERVED_STARTS)
        and not name.endswith(_RESERVED_ENDS)
    )


def is_in_bucket(uri: str) -> bool:
    """Whether what is between `s3://` and the next slash is the name of a bucket."""
    return uri.startswith("s3://") and is_bucket_name(uri.split("/")[2])
