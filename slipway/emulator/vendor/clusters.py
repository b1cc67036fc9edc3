"""What ministack knows of EKS clusters, and Lambda of the layers that a cluster's functions bring."""

from collections.abc import Callable
from typing import Any

from ministack.services import eks, lambda_svc

from slipway.emulator.vendor.compatibility import Expectation, parameters


def eks_cluster(name: str) -> dict[str, Any]:
    """Ministack's record of a cluster, which DescribeCluster tells."""
    record: dict[str, Any] = eks._clusters[name]  # noqa: SLF001
    return record


def has_k3s(name: str) -> bool:
    """Whether a container of k3s runs for a cluster."""
    return bool(eks_cluster(name).get("_docker_id"))


def know_every_access_entry_type() -> None:
    """Have ministack take the types of access entry that came after its own list."""
    # https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    newer = {"EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"}
    eks._VALID_ACCESS_ENTRY_TYPES = tuple({*eks._VALID_ACCESS_ENTRY_TYPES, *newer})  # noqa: SLF001
    associate = eks._associate_access_policy  # noqa: SLF001

    # The nodes of Auto Mode have an entry of type EC2 with the policy AmazonEKSAutoNodePolicy:
    # https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html
    def associate_for_nodes(cluster_name: str, principal_arn: str, body: dict[str, Any]) -> Any:
        entry = eks._access_entries.get(eks._ae_key(cluster_name, principal_arn))  # noqa: SLF001
        if not entry or entry["type"] != "EC2":
            return associate(cluster_name, principal_arn, body)
        entry["type"] = "STANDARD"
        try:
            return associate(cluster_name, principal_arn, body)
        finally:
            entry["type"] = "EC2"

    eks._associate_access_policy = associate_for_nodes  # noqa: SLF001


def leave_out_layers(unneeded: Callable[[bytes], bool]) -> None:
    """Have ministack's Lambda workers not unpack the layers that they would make nothing of."""
    inner = lambda_svc._resolve_layer_zip  # noqa: SLF001

    def resolve(attachment: str | dict[str, Any]) -> bytes | None:
        archive: bytes | None = inner(attachment)
        return None if archive is None or unneeded(archive) else archive

    lambda_svc._resolve_layer_zip = resolve  # noqa: SLF001


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    return [
        ("ministack eks._clusters", hasattr(eks, "_clusters")),
        ("ministack eks._VALID_ACCESS_ENTRY_TYPES", "STANDARD" in getattr(eks, "_VALID_ACCESS_ENTRY_TYPES", ())),
        (
            "ministack eks._associate_access_policy(cluster_name, principal_arn, body)",
            parameters(getattr(eks, "_associate_access_policy", None)) == ["cluster_name", "principal_arn", "body"],
        ),
        ("ministack lambda_svc._resolve_layer_zip", callable(getattr(lambda_svc, "_resolve_layer_zip", None))),
    ]
