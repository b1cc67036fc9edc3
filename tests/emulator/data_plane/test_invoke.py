import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slipway.emulator.data_plane.invoke import MAX_BODY_BYTES, EndpointResponse, Invoker, refused_call
from slipway.emulator.data_plane.metrics import Invocation, InvocationMetrics
from slipway.emulator.data_plane.model_server import ModelServer
from slipway.emulator.data_plane.routes import Route
from tests.emulator.support import chance, stub


class _Endpoints:
    def __init__(self, *routes: Route) -> None:
        self._routes = routes

    def routes(self, endpoint: str) -> tuple[Route, ...] | None:
        return self._routes if endpoint == "triage" else None


class _Metrics(InvocationMetrics):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.seen: list[Invocation] = []

    def add(self, invocation: Invocation) -> None:
        self.seen.append(invocation)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ModelServer]:
    server = stub(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def metrics() -> _Metrics:
    return _Metrics()


def _invoke(
    server: ModelServer, metrics: _Metrics, body: bytes = b"x", endpoint: str = "triage", **headers: str
) -> EndpointResponse:
    async def once() -> EndpointResponse:
        invoker = Invoker(_Endpoints(Route("main", 1, "config-1", server)), metrics, chance())
        try:
            return await invoker.invoke(
                endpoint, {name.replace("_", "-"): text for name, text in headers.items()}, body
            )
        finally:
            await invoker.close()

    return asyncio.run(once())


def _error(answer: EndpointResponse) -> tuple[int, str, dict[str, Any]]:
    return answer.status, answer.headers["x-amzn-errortype"], json.loads(answer.body)


def test_the_containers_answer_comes_back_with_the_variant(server: ModelServer, metrics: _Metrics) -> None:
    answer = _invoke(
        server,
        metrics,
        b"1,2",
        content_type="text/csv",
        accept="application/json",
        x_amzn_sagemaker_custom_attributes="trace=7",
        authorization="AWS4-HMAC-SHA256 secret",
    )
    heard = json.loads(answer.body)["headers"]
    assert answer.status == 200
    assert answer.headers["x-amzn-invoked-production-variant"] == "main"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-sagemaker-custom-attributes"] == "from-the-model"
    assert (heard["content-type"], heard["accept"]) == ("text/csv", "application/json")
    assert heard["x-amzn-sagemaker-custom-attributes"] == "trace=7"
    assert "authorization" not in heard


@pytest.mark.parametrize(("status", "kind"), [(400, "client"), (503, "server")])
def test_an_error_of_the_container_is_a_model_error(
    server: ModelServer, metrics: _Metrics, status: int, kind: str
) -> None:
    code, name, body = _error(_invoke(server, metrics, f"status {status}".encode()))
    assert (code, name) == (424, "ModelError")
    assert body["OriginalStatusCode"] == status
    assert "from-the-model" not in body["OriginalMessage"]
    assert f"Received {kind} error ({status}) from primary with message" in body["Message"]
    assert body["LogStreamArn"].endswith(":log-group:/aws/sagemaker/Endpoints/triage")
    assert metrics.seen[0].status == status


def test_a_container_that_is_down_is_a_model_error(server: ModelServer, metrics: _Metrics) -> None:
    code, name, body = _error(_invoke(server, metrics, b"crash"))
    assert (code, name, body["OriginalStatusCode"]) == (424, "ModelError", 0)
    assert "could not load the entire response body" in body["Message"]
    assert metrics.seen[0].status == 0


def test_an_unknown_endpoint_and_an_unknown_variant_are_validation_errors(
    server: ModelServer, metrics: _Metrics
) -> None:
    code, name, body = _error(_invoke(server, metrics, endpoint="other"))
    assert (code, name, body["Message"]) == (
        400,
        "ValidationError",
        "Endpoint other of account 123456789012 not found.",
    )
    code, name, body = _error(_invoke(server, metrics, x_amzn_sagemaker_target_variant="b"))
    assert (code, name) == (400, "ValidationError")
    assert "Variant b not found" in body["Message"]
    assert metrics.seen == []


def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not(server: ModelServer, metrics: _Metrics) -> None:
    assert _invoke(server, metrics, b"x" * MAX_BODY_BYTES).status == 200
    assert _error(_invoke(server, metrics, b"x" * (MAX_BODY_BYTES + 1)))[:2] == (400, "ValidationError")


def test_the_time_the_model_took_is_measured(server: ModelServer, metrics: _Metrics) -> None:
    began = time.perf_counter()
    _invoke(server, metrics, b"sleep 0.2")
    whole = time.perf_counter() - began
    (seen,) = metrics.seen
    assert seen.model_seconds >= 0.2
    assert 0 < seen.overhead_seconds <= whole - seen.model_seconds
    assert (seen.endpoint, seen.variant, seen.config_name) == ("triage", "main", "config-1")


@pytest.mark.parametrize(
    ("header", "value", "sentence"),
    [
        ("custom-attributes", "a" * 1025, "length less than or equal to 1024"),
        ("custom-attributes", "\u00fc", "pattern: \\p{ASCII}*"),
        ("inference-id", "a" * 65, "length less than or equal to 64"),
        ("target-model", "m.tar.gz", "TargetModel: the endpoint is not a multi-model endpoint"),
        ("target-container-hostname", "c", "TargetContainerHostname"),
        ("inference-component", "c", "InferenceComponentName"),
        ("enable-explanations", "true", "EnableExplanations"),
        ("session-id", "NEW_SESSION", "SessionId"),
    ],
)
def test_an_option_that_is_not_supported_is_named(
    server: ModelServer, metrics: _Metrics, header: str, value: str, sentence: str
) -> None:
    answer = _invoke(server, metrics, b"x", "triage", **{f"x-amzn-sagemaker-{header}": value})
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "ValidationError")
    assert sentence in json.loads(answer.body)["Message"]
    assert metrics.seen == []


def test_every_answer_has_a_request_id(server: ModelServer, metrics: _Metrics) -> None:
    found = {_invoke(server, metrics, endpoint=each).headers["x-amzn-requestid"] for each in ("triage", "gone")}
    assert len(found) == 2


def test_streams_and_asynchronous_calls_are_named() -> None:
    for call, name in (("invocations-response-stream", "WithResponseStream"), ("async-invocations", "Async")):
        answer = refused_call(f"/endpoints/triage/{call}")
        assert answer is not None
        assert (answer.status, f"InvokeEndpoint{name} is not supported" in answer.body.decode()) == (400, True)
    assert refused_call("/endpoints/triage/invocations") is None


@pytest.mark.parametrize(("status", "error"), [(200, 0), (204, 0), (302, 1), (404, 1), (500, 1), (0, 1)])
def test_whatever_is_no_success_is_a_model_error(status: int, error: float) -> None:
    measured = Invocation("triage", "main", "config-1", status, 0.1, 0.1).measures
    assert measured["InvocationModelErrors"] == ("None", error)
