"""The certificate authority of one embedded AWS: its load balancers and its Kubernetes APIs answer with TLS."""

import base64
import ssl
from pathlib import Path
from typing import Final

import trustme

_NAMES: Final = ("localhost", "127.0.0.1", "*.slipway.localhost")


class CertificateAuthority:
    """Signs one certificate for everything that listens here, and writes its own for clients to trust."""

    def __init__(self, path: Path) -> None:
        """Make the authority.

        Args:
            path: Where its certificate goes, for `curl --cacert` and the like.
        """
        authority = trustme.CA(organization_name="Slipway, embedded AWS")
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        authority.cert_pem.write_to_path(path)
        self._pem = authority.cert_pem.bytes()
        self.server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*_NAMES).configure_cert(self.server_context)

    @property
    def data(self) -> str:
        """The certificate as `DescribeCluster` and a kubeconfig carry it."""
        return base64.b64encode(self._pem).decode()
