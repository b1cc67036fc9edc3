from collections.abc import Iterator

import httpx
import pytest

from tests.serving.download.fetching import MODEL, PATH, environment
from tests.serving.download.stub_s3 import StubS3, stub_s3
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


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubS3]:
    """An S3 with the model in it, to which boto3's own variables point."""
    with stub_s3() as stub:
        stub.objects[PATH] = MODEL
        for name, value in environment(stub).items():
            monkeypatch.setenv(name, value)
        yield stub
