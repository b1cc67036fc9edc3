"""A body that is too long is refused without being kept, and the sender gets to read so."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from tests.serving.running import TUMOR_TRIAGE, Server, running_server

LIMIT = 100_000
CSV_ROW = ",".join(["0.1"] * 30) + "\n"
HEADERS = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def small_limit() -> Iterator[Server]:
    with running_server(TUMOR_TRIAGE / "model", "--max-body-bytes", str(LIMIT)) as server:
        yield server


def of_length(length: int) -> bytes:
    """Return rows, filled up with blank lines."""
    rows = CSV_ROW * 3
    return (rows + "\n" * (length - len(rows))).encode()


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
@pytest.mark.parametrize(
    ("length", "status"), [(LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413), (2 * LIMIT, 413), (3 * LIMIT, 413)]
)
def test_the_limit_holds_to_the_byte(small_limit: Server, length: int, status: int, *, chunked: bool) -> None:
    body = of_length(length)
    content = in_chunks(body) if chunked else body
    response = httpx.post(f"{small_limit.url}/invocations", content=content, headers=HEADERS)

    assert response.status_code == status
    if status == 413:
        error = response.json()["error"]
        assert error["code"] == "body_too_large"
        assert str(LIMIT) in error["message"]
        assert response.headers["connection"] == "close"


def test_a_length_far_too_long_is_refused_before_the_body_is_sent(small_limit: Server) -> None:
    with socket.create_connection(("127.0.0.1", small_limit.port), timeout=30) as connection:
        connection.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 99999999999\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))  # until the server closes
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_endless_body_is_cut_off(small_limit: Server) -> None:
    """The server must stop reading; the sender sees that because nothing takes its chunks any more."""
    sent = 0
    with socket.create_connection(("127.0.0.1", small_limit.port), timeout=30) as connection:
        connection.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        with suppress(ConnectionError):
            while sent < 1_000 * LIMIT:
                connection.sendall(b"2710\r\n" + b"\n" * 10_000 + b"\r\n")
                sent += 10_000
    assert sent < 1_000 * LIMIT


def test_the_limit_is_sagemakers_unless_set(server: Server) -> None:
    response = httpx.post(f"{server.url}/invocations", content=of_length(25 * 1024 * 1024), headers=HEADERS, timeout=60)
    assert response.status_code == 200
