import os
import signal
import threading
from pathlib import Path

import httpx
import pytest

from slipway.emulator.common.processes import recorded
from slipway.emulator.data_plane.model_server import NotHealthyError, container_environment
from tests.emulator.support import eventually, stub


def _ask(url: str, body: str = "hello") -> httpx.Response:
    return httpx.post(f"{url}/invocations", content=body, trust_env=False, timeout=10)


def test_it_answers_once_it_is_started_and_is_gone_once_it_is_stopped(tmp_path: Path) -> None:
    server = stub(tmp_path)
    server.start()
    pid = server.pid
    assert _ask(server.url).json()["body"] == "hello"
    assert [found.pid for found in recorded(server.launch.records)] == [pid]
    server.stop()
    assert server.pid is None
    assert recorded(server.launch.records) == []
    with pytest.raises(httpx.ConnectError):
        _ask(server.url)


def test_one_that_ends_at_the_start_fails_with_its_last_words(tmp_path: Path) -> None:
    server = stub(tmp_path, "--broken")
    with pytest.raises(NotHealthyError, match="the model is not there"):
        server.start()
    assert server.pid is None


def test_one_that_crashes_comes_back_on_the_same_port(tmp_path: Path) -> None:
    server = stub(tmp_path)
    server.start()
    try:
        first = server.pid
        with pytest.raises(httpx.TransportError):
            _ask(server.url, "crash")
        eventually(lambda: server.pid not in {None, first})
        eventually(lambda: _answers(server.url))
        assert server.restarts == 1
        assert [found.pid for found in recorded(server.launch.records)] == [server.pid]
    finally:
        server.stop()


def test_one_that_is_stopped_while_it_is_down_stays_down(tmp_path: Path) -> None:
    server = stub(tmp_path)
    server.start()
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server.stop()
    eventually(lambda: not any(thread.name == "watch-stub" for thread in threading.enumerate()))
    assert server.pid is None


def test_a_request_that_is_being_answered_is_not_cut_off(tmp_path: Path) -> None:
    server = stub(tmp_path)
    server.start()
    answers: list[httpx.Response] = []

    def slow_request() -> None:
        with server.request():
            answers.append(_ask(server.url, "sleep 0.7"))

    client = threading.Thread(target=slow_request)
    client.start()
    eventually(lambda: server.in_flight)
    server.stop(drain_seconds=10)
    client.join()
    assert answers[0].status_code == 200


def test_nothing_of_the_developers_environment_reaches_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    environment = container_environment({"THREADS": "2"})
    assert environment["THREADS"] == "2"
    assert "secret" not in environment.values()


def _answers(url: str) -> bool:
    try:
        return _ask(url).status_code == 200
    except httpx.TransportError:
        return False
