import io
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.response import StreamingBody

from slipway.operations.golden.answers import InvocationError
from slipway.operations.sagemaker.invocation import invoke
from tests.operations.stubbed import ENDPOINT, Stubbed


def answer(body: bytes, **fields: Any) -> dict[str, Any]:
    return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentType": "text/csv", **fields}


def test_what_is_asked_for_is_sent_and_nothing_else(stubbed: Stubbed) -> None:
    stubbed.answer(
        "runtime",
        "invoke_endpoint",
        answer(b"benign,1\n", InvokedProductionVariant="main"),
        EndpointName=ENDPOINT,
        Body=b"1,2",
        ContentType="text/csv",
    )
    answered = invoke(stubbed.aws, ENDPOINT, b"1,2", content_type="text/csv")
    assert (answered.body, answered.variant, answered.content_type) == (b"benign,1\n", "main", "text/csv")
    assert answered.latency_ms > 0


def test_a_variant_and_a_type_can_be_asked_for(stubbed: Stubbed) -> None:
    stubbed.answer(
        "runtime",
        "invoke_endpoint",
        answer(b"{}"),
        EndpointName=ENDPOINT,
        Body=b"1,2",
        ContentType="text/csv",
        Accept="application/json",
        TargetVariant="challenger",
    )
    invoke(stubbed.aws, ENDPOINT, b"1,2", content_type="text/csv", accept="application/json", variant="challenger")


def test_an_error_of_the_model_is_told_in_its_own_words(stubbed: Stubbed) -> None:
    said = '{"error":{"code":"wrong_columns","message":"Row 1 has 1 values; 30 are expected."}}'
    log = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/dev-tumor-triage"
    stubbed.refuse(
        "runtime",
        "invoke_endpoint",
        "ModelError",
        "Received client error (400) from primary with message …",
        OriginalStatusCode=400,
        OriginalMessage=f"{said}\n",
        LogStreamArn=log,
    )
    with pytest.raises(InvocationError) as refusal:
        invoke(stubbed.aws, ENDPOINT, b"1", content_type="text/csv")
    assert str(refusal.value) == f"The model of {ENDPOINT} answered 400: {said} (log: {log})"


@pytest.mark.parametrize("code", ["ValidationError", "ModelNotReadyException", "ThrottlingException"])
def test_an_endpoint_that_does_not_answer(stubbed: Stubbed, code: str) -> None:
    stubbed.refuse("runtime", "invoke_endpoint", code, "Variant b not found for endpoint.")
    with pytest.raises(InvocationError, match=rf"{ENDPOINT} did not answer \({code}\): Variant b not found"):
        invoke(stubbed.aws, ENDPOINT, b"1", content_type="text/csv", variant="b")


def test_who_may_not_ask_is_no_fault_of_the_endpoint(stubbed: Stubbed) -> None:
    stubbed.refuse("runtime", "invoke_endpoint", "AccessDeniedException", "not authorized")
    with pytest.raises(ClientError, match="not authorized"):
        invoke(stubbed.aws, ENDPOINT, b"1", content_type="text/csv")


@pytest.mark.parametrize(
    ("error", "raised", "sentence"),
    [
        (ReadTimeoutError, InvocationError, "did not answer within 70 s"),
        (ConnectionClosedError, InvocationError, "closed the connection"),
        (EndpointConnectionError, EndpointConnectionError, "Could not connect"),
    ],
)
def test_what_happens_to_the_connection(
    stubbed: Stubbed,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BotoCoreError],
    raised: type[Exception],
    sentence: str,
) -> None:
    def fail(**_: object) -> None:
        raise error(endpoint_url="http://localhost:1")

    monkeypatch.setattr(stubbed.aws.runtime, "invoke_endpoint", fail)
    with pytest.raises(raised, match=sentence):
        invoke(stubbed.aws, ENDPOINT, b"1", content_type="text/csv")
