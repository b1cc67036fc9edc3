"""What a scraper reads: requests in flight go back to none however they end, and nothing but requests is counted."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.serving.running import PATIENCE_SECONDS, TUMOR_TRIAGE, Server, running_server, wait_until
from tests.serving.small_models import slow_regressor, two_rows_only_regressor

MODEL = TUMOR_TRIAGE / "model"
BODY = (TUMOR_TRIAGE / "samples" / "malignant-patient.request.csv").read_bytes()
CSV = {"Content-Type": "text/csv"}
Samples = dict[tuple[str, str], float]


@pytest.fixture
def fresh() -> Iterator[Server]:
    """A server that was asked nothing yet."""
    with running_server(MODEL) as server:
        yield server


def scrape(server: Server) -> Samples:
    """Return every sample by its name and its one label's value."""
    response = httpx.get(f"{server.url}/metrics", timeout=PATIENCE_SECONDS)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def in_flight(server: Server) -> float:
    return scrape(server)["inference_requests_in_flight", ""]


def answered(server: Server) -> dict[str, float]:
    samples = scrape(server)
    return {code: count for (name, code), count in samples.items() if name == "inference_requests_total" and count}


def post(server: Server, body: bytes = BODY, headers: dict[str, str] = CSV) -> int:
    url = f"{server.url}/invocations"
    return httpx.post(url, content=body, headers=headers, timeout=PATIENCE_SECONDS).status_code


def begun(server: Server) -> socket.socket:
    """Send a request's head, without its body."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)
    head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {len(BODY)}\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def test_a_new_server_has_counted_nothing_but_shows_what_it_will_count(fresh: Server) -> None:
    samples = scrape(fresh)
    assert samples["inference_requests_in_flight", ""] == 0
    assert {code for name, code in samples if name == "inference_requests_total"} == {"200", "500"}
    assert not any(samples.values())
    bounds = [float(bound) for name, bound in samples if name == "inference_request_duration_seconds_bucket"]
    assert (bounds[0], bounds[-2], bounds[-1]) == (0.001, 10.0, float("inf"))
    assert bounds == sorted(bounds)
    assert {name for name, _ in samples} == {
        "inference_requests_in_flight",
        "inference_requests_total",
        "inference_request_duration_seconds_bucket",
        "inference_request_duration_seconds_count",
        "inference_request_duration_seconds_sum",
    }


def test_answered_and_refused_requests_are_counted_by_status_and_nothing_else_is(fresh: Server) -> None:
    statuses = [post(fresh), post(fresh), post(fresh, b"1"), post(fresh, headers={"Content-Type": "image/png"})]
    assert statuses == [200, 200, 400, 415]
    assert httpx.get(f"{fresh.url}/ping").status_code == 200
    assert httpx.get(f"{fresh.url}/invocations").status_code == 405
    assert httpx.get(f"{fresh.url}/nowhere").status_code == 404
    assert httpx.post(f"{fresh.url}/metrics").status_code == 405

    assert answered(fresh) == {"200": 2, "400": 1, "415": 1}
    samples = scrape(fresh)
    assert samples["inference_request_duration_seconds_count", ""] == 4
    assert samples["inference_request_duration_seconds_bucket", "+Inf"] == 4
    assert 0 < samples["inference_request_duration_seconds_sum", ""] < 4 * PATIENCE_SECONDS
    assert samples["inference_requests_in_flight", ""] == 0


def test_a_failed_request_is_counted_and_no_longer_in_flight(tmp_path: Path) -> None:
    with running_server(two_rows_only_regressor(tmp_path)) as server:
        assert post(server, b"1,2") == 500
        assert answered(server) == {"500": 1}
        assert in_flight(server) == 0


def test_a_request_whose_caller_goes_away_is_no_longer_in_flight(fresh: Server) -> None:
    with begun(fresh):
        wait_until(lambda: in_flight(fresh) == 1, "the request to be in flight")
    wait_until(lambda: in_flight(fresh) == 0, "the request to be gone")
    assert answered(fresh) == {"499": 1}


def test_a_body_too_long_is_no_longer_in_flight() -> None:
    with running_server(MODEL, "--max-body-bytes", "10") as server:
        assert post(server) == 413
        assert answered(server) == {"413": 1}
        assert in_flight(server) == 0


def test_requests_that_wait_for_a_thread_are_in_flight_too(tmp_path: Path) -> None:
    """EKS fact 19: a CPU is late to tell that requests queue, so the autoscaler follows these."""
    callers = 4
    with (
        running_server(slow_regressor(tmp_path), "--inference-threads", "1") as server,
        ThreadPoolExecutor(callers) as pool,
    ):
        body = b"1.0\n" * 1000
        results = [pool.submit(post, server, body) for _ in range(callers)]
        wait_until(lambda: in_flight(server) == callers, "every request to be in flight at one thread")
        assert [result.result() for result in results] == [200] * callers
        assert in_flight(server) == 0


def test_the_gauge_is_right_after_many_requests_of_every_kind_at_once(fresh: Server) -> None:
    rounds = 25
    barrier = threading.Barrier(4)

    def call(body: bytes | None) -> None:
        barrier.wait()
        for _ in range(rounds):
            if body is None:
                begun(fresh).close()
            else:
                post(fresh, body)

    with ThreadPoolExecutor(4) as pool, ExitStack() as held:
        waiting = [held.enter_context(begun(fresh)) for _ in range(3)]
        list(pool.map(call, [BODY, b"1", None, BODY]))
        wait_until(lambda: in_flight(fresh) == len(waiting), "only the held requests to be in flight")
        assert answered(fresh) == {"200": 2 * rounds, "400": rounds, "499": rounds}
    wait_until(lambda: in_flight(fresh) == 0, "the held requests to be gone")
