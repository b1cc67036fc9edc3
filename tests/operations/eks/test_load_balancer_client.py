import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.operations.aws.tls import tls_context
from slipway.operations.eks.cells import Cell
from slipway.operations.eks.load_balancer_client import LoadBalancerClient, UnreachableError
from slipway.operations.errors import ExitStatus, WrongUsageError
from slipway.operations.golden.answers import InvocationError
from tests.operations.eks.https_stand_in import HOST, Answer, SampleResults, Served, https
from tests.operations.eks.kubernetes.test_failure_reasons import cell as a_cell


def cell(port: int) -> Cell:
    return replace(a_cell(), url=f"https://{HOST}", load_balancer=f"127.0.0.1:{port}")


def trusted(served: Served) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=served.authority)


def echo(asked: SampleResults) -> Answer:
    return 200, {"Content-Type": "text/csv"}, asked.body


def test_a_request_goes_to_the_load_balancer_with_the_services_name() -> None:
    with https(echo, HOST) as served, LoadBalancerClient(cell(served.port), trusted(served), internal=True) as client:
        answer = client.send(b"1,2", content_type="text/csv", accept="text/csv", variant="candidate")
    assert (answer.body, answer.content_type, answer.variant) == (b"1,2", "text/csv", "candidate")
    assert answer.latency_ms > 0
    (asked,) = served.asked
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert (asked.method, asked.path, headers["host"]) == ("POST", "/invocations", HOST)
    assert headers["x-amzn-sagemaker-target-variant"] == "candidate"


def test_no_variant_is_named_unless_one_is_meant() -> None:
    with https(echo, HOST) as served, LoadBalancerClient(cell(served.port), trusted(served), internal=True) as client:
        assert client.send(b"1", content_type="text/csv").variant == ""
    assert "x-amzn-sagemaker-target-variant" not in {name.lower() for name in served.asked[0].headers}


def test_a_certificate_for_another_name_is_refused() -> None:
    with (
        https(echo, "other.example.com") as served,
        LoadBalancerClient(cell(served.port), trusted(served), internal=True) as client,
        pytest.raises(UnreachableError, match=r"is not trusted .*--ca-file") as raised,
    ):
        client.send(b"1", content_type="text/csv")
    assert raised.value.exit_status == ExitStatus.AWS_ACCESS
    assert served.asked == []


def test_a_private_authority_is_named_by_a_file(tmp_path: Path) -> None:
    with https(echo, HOST) as served:
        (file := tmp_path / "ca.pem").write_text(served.authority)
        with LoadBalancerClient(cell(served.port), tls_context(file), internal=True) as client:
            assert client.send(b"1", content_type="text/csv").body == b"1"
        with (
            LoadBalancerClient(cell(served.port), tls_context(None), internal=True) as client,
            pytest.raises(UnreachableError),
        ):
            client.send(b"1", content_type="text/csv")
    file.write_text("no certificate")
    with pytest.raises(WrongUsageError, match="cannot be read as PEM certificates"):
        tls_context(file)


@pytest.mark.parametrize(("internal", "said"), [(True, "run this inside the VPC"), (False, "allowed_cidrs")])
def test_a_load_balancer_that_cannot_be_reached(said: str, *, internal: bool) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        with (
            LoadBalancerClient(cell(held.getsockname()[1]), tls_context(None), internal=internal) as client,
            pytest.raises(UnreachableError, match=f"could not be reached from here .*{said}"),
        ):
            client.send(b"1", content_type="text/csv")


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (400, {}, b"Row 1 has 2 values", f"The model of {HOST} answered 400: Row 1 has 2 values"),
        (503, {"Server": "awselb/2.0"}, b"<html>", f"{HOST} answered 503: the load balancer knows no pod to ask."),
        (
            502,
            {"Server": "awselb/2.0"},
            b"",
            f"{HOST} answered 502: the load balancer got no proper answer from a pod.",
        ),
        (307, {"Location": "https://elsewhere.example.com"}, b"", f"The model of {HOST} answered 307: no text"),
    ],
)
def test_what_is_no_prediction(status: int, headers: dict[str, str], body: bytes, said: str) -> None:
    with (
        https(lambda _: (status, headers, body), HOST) as served,
        LoadBalancerClient(cell(served.port), trusted(served), internal=True) as client,
        pytest.raises(InvocationError) as raised,
    ):
        client.send(b"1", content_type="text/csv")
    assert str(raised.value) == said
