"""What certificates have to be signed by."""

import ssl
from pathlib import Path

from slipway.operations.errors import WrongUsageError


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """What the load balancer's certificate has to be signed by.

    Args:
        ca_file: Certificates of a private authority, as PEM; those that this machine trusts by default.

    Raises:
        WrongUsageError: The file cannot be read as that.
    """
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise WrongUsageError(f"{ca_file} cannot be read as PEM certificates: {error}.") from error
