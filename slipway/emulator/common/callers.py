"""Who may call the embedded AWS: programs of this machine, and no page that a browser shows.

Requests are not signed, and a Lambda function runs as a process of the developer. So a page that could send one request
could run code. A browser says where a request comes from in headers that a page can not change:
https://www.w3.org/TR/fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header
"""

import re
from collections.abc import Mapping
from typing import Final

FORBIDDEN: Final = 403
#: What a browser sends when a person has typed the address.
_BY_HAND: Final = "none"
_HERE: Final = re.compile(r"(?:(?:[a-z0-9_-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::(?P<port>\d+))?")
_DEFAULT_PORTS: Final = frozenset({"80", "443"})


def from_a_page(headers: Mapping[str, str]) -> str | None:
    """Why a request is refused that a page in a browser has sent; None for any other.

    Args:
        headers: Those of the request, with names in lower case.
    """
    if "origin" in headers:
        return f"The embedded AWS answers no web page: the request has the header Origin: {headers['origin']}"
    site = headers.get("sec-fetch-site", _BY_HAND)
    if site != _BY_HAND:
        return f"The embedded AWS answers no web page: the request has the header Sec-Fetch-Site: {site}"
    return None


def from_elsewhere(headers: Mapping[str, str], port: int) -> str | None:
    """Why a request is refused that a page has sent, or that names another machine than this one.

    A name of another machine is what a page sends whose own name has come to mean 127.0.0.1.

    Args:
        headers: Those of the request, with names in lower case.
        port: Where it arrived.
    """
    host = headers.get("host", "")
    named = _HERE.fullmatch(host.lower())
    ports = {named["port"]} if named and named["port"] else _DEFAULT_PORTS
    if named is None or str(port) not in ports:
        return (
            f"The embedded AWS is localhost:{port}, and the request is for {host!r}: "
            f"localhost, a name that ends with .localhost, 127.0.0.1 or [::1] is accepted, with the port {port}"
        )
    return from_a_page(headers)
