from collections.abc import Iterator

import httpx
import pytest

from tests.serving.running import TUMOR_TRIAGE, Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server of the tumor triage model for every test that does not need its own."""
    with running_server(TUMOR_TRIAGE / "model") as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as http:
        yield http
