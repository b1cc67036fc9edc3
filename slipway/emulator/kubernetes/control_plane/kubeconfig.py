"""The file that points kubectl at the clusters of an embedded AWS."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Address:
    """Where a cluster's API answers.

    Attributes:
        name: The cluster's name.
        endpoint: Its URL.
        certificate_authority: Who signed its certificate, base64 of PEM.
    """

    name: str
    endpoint: str
    certificate_authority: str


def write(path: Path, clusters: Iterable[Address]) -> None:
    """Write the file, and one for each cluster alone beside it.

    The first cluster is the one that kubectl talks to unless it is told otherwise.
    """
    found = list(clusters)
    _write(path, found)
    for cluster in found:
        _write(of_cluster(path, cluster.name), [cluster])


def of_cluster(path: Path, name: str) -> Path:
    """The file of one cluster alone."""
    return path.with_name(f"{path.name}-{name}")


def _write(path: Path, found: Sequence[Address]) -> None:
    # Whoever reaches the API may do everything, so the token is of no importance.
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": found[0].name if found else "",
        "clusters": [
            {
                "name": cluster.name,
                "cluster": {"server": cluster.endpoint, "certificate-authority-data": cluster.certificate_authority},
            }
            for cluster in found
        ],
        "users": [{"name": "local", "user": {"token": "local"}}],
        "contexts": [
            {"name": cluster.name, "context": {"cluster": cluster.name, "user": "local"}} for cluster in found
        ],
    }
    path.write_text(json.dumps(document, indent=2))  # JSON is YAML too
