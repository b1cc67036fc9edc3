"""How the server starts, stays reachable, and stops, as SageMaker and Kubernetes see it."""

import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from slipway.serving.settings import Settings
from tests.serving.running import PATIENCE_SECONDS, TUMOR_TRIAGE, Server, free_port, running_server, start, wait_until
from tests.serving.small_models import slow_regressor

MODEL = TUMOR_TRIAGE / "model"
BODY = (TUMOR_TRIAGE / "samples" / "malignant-patient.request.csv").read_bytes()
ANSWER = (TUMOR_TRIAGE / "samples" / "malignant-patient.response.csv").read_bytes()


def request_in_flight(server: Server) -> socket.socket:
    """Send a request's head and return once the server waits for the body, which it says with 100 Continue."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)
    head = "POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nExpect: 100-continue\r\n"
    connection.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
    return connection


def until_closed(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_stopping_server_takes_no_more_but_finishes_what_it_has(stop_signal: signal.Signals) -> None:
    """EKS fact 3, the server's part: after the preStop sleep SIGTERM costs no request that has arrived."""
    with running_server(MODEL) as server, request_in_flight(server) as connection:
        server.process.send_signal(stop_signal)
        wait_until(lambda: not server.answers(), "the server to stop accepting")
        assert server.process.poll() is None

        connection.sendall(BODY)
        answer = until_closed(connection)

        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer
        assert answer.endswith(ANSWER)
        assert server.process.wait(PATIENCE_SECONDS) == 0
    assert [event["event"] for event in server.events()][-1] == "stopped"


def test_a_request_that_never_ends_does_not_hold_up_the_stop() -> None:
    with running_server(MODEL, "--drain-seconds", "1") as server, request_in_flight(server):
        assert server.stop() == 0


def test_ping_answers_while_the_model_computes(tmp_path: Path) -> None:
    with (
        running_server(slow_regressor(tmp_path), "--inference-threads", "1") as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as http,
        ThreadPoolExecutor(1) as caller,
    ):
        slow = caller.submit(
            httpx.post, f"{server.url}/invocations", json={"instances": [[1.0]] * 1000}, timeout=PATIENCE_SECONDS
        )
        longest_ping = 0.0
        while not slow.done():
            ping = http.get("/ping")
            assert ping.status_code == 200
            longest_ping = max(longest_ping, ping.elapsed.total_seconds())
        assert slow.result().json()["predictions"][0] == {"value": pytest.approx(1.0)}
    # Computed on the event loop, one ping would wait for nearly all of it.
    assert 0 < longest_ping < slow.result().elapsed.total_seconds() / 2


def test_an_idle_connection_stays_open_as_long_as_told_and_no_longer() -> None:
    with (
        running_server(MODEL, "--keep-alive-seconds", "1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection,
    ):
        asked = time.monotonic()
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert until_closed(connection) == b""
        assert time.monotonic() - asked > 0.9


def test_the_usual_keep_alive_exceeds_a_load_balancers_idle_timeout() -> None:
    """EKS fact 6: an ALB keeps an idle connection for 60 s, and the server has to keep it longer."""
    assert Settings().keep_alive_seconds > 60


def test_a_caller_that_goes_away_is_no_fault() -> None:
    with running_server(MODEL) as server:
        request_in_flight(server).close()
        wait_until(lambda: any(event.get("status") == 499 for event in server.events()), "the log to name it")
        assert server.answers()
        assert not [event for event in server.events() if event["level"] == "error"]


def test_many_callers_at_once_all_get_their_answer(server: Server) -> None:
    barrier = threading.Barrier(16)

    def call(_: int) -> set[bytes]:
        with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as http:
            barrier.wait()
            headers = {"Content-Type": "text/csv"}
            return {http.post("/invocations", content=BODY, headers=headers).content for _ in range(20)}

    with ThreadPoolExecutor(16) as callers:
        assert list(callers.map(call, range(16))) == [{ANSWER}] * 16


def test_serve_without_flags_follows_the_environment() -> None:
    """As in a container: `serve` is the only argument."""
    port = free_port()
    process = start(["serve"], variables={"SERVING_MODEL_DIR": str(MODEL), "SAGEMAKER_BIND_TO_PORT": str(port)})
    with process:
        assert process.stdout is not None
        listening = json.loads(process.stdout.readline())
        assert (listening["host"], listening["port"]) == ("127.0.0.1", port)
        assert httpx.get(f"http://127.0.0.1:{port}/ping").status_code == 200
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


def test_a_port_in_use_is_one_sentence_and_a_failure(server: Server) -> None:
    process = start(["serve", "--model-dir", str(MODEL), "--port", str(server.port)])
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert stderr == f"127.0.0.1:{server.port} cannot be listened on: Address already in use.\n"
    assert stdout == ""
