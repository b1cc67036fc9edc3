"""Sends one request to an endpoint, as its callers do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from slipway.operations.aws.clients import INVOCATION_TIMEOUT_S, Aws, concerns_access, error_code, error_message
from slipway.operations.golden.answers import Answer, InvocationError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime.type_defs import InvokeEndpointInputTypeDef


def invoke(
    aws: Aws,
    endpoint_name: str,
    body: bytes,
    *,
    content_type: str,
    accept: str | None = None,
    variant: str | None = None,
) -> Answer:
    """Send one request, once.

    Args:
        aws: The clients.
        endpoint_name: The endpoint.
        body: The request.
        content_type: Its media type.
        accept: The media type wanted for the answer; the model's choice by default.
        variant: The variant to answer; the endpoint's choice by weight by default.

    Raises:
        InvocationError: The endpoint or its model did not answer with success.
        ClientError: These credentials may not ask.
        BotoCoreError: AWS could not be reached.
    """
    request: InvokeEndpointInputTypeDef = {"EndpointName": endpoint_name, "Body": body, "ContentType": content_type}
    if accept is not None:
        request["Accept"] = accept
    if variant is not None:
        request["TargetVariant"] = variant
    began = time.perf_counter()
    try:
        answered = aws.runtime.invoke_endpoint(**request)
        received = answered["Body"].read()
    except ClientError as error:
        if concerns_access(error):
            raise
        raise InvocationError(_sentence_for(error, endpoint_name)) from error
    except ReadTimeoutError as error:
        raise InvocationError(f"{endpoint_name} did not answer within {INVOCATION_TIMEOUT_S} s.") from error
    except ConnectionClosedError as error:
        raise InvocationError(f"{endpoint_name} closed the connection without an answer.") from error
    return Answer(
        body=received,
        content_type=answered.get("ContentType", ""),
        variant=answered.get("InvokedProductionVariant", ""),
        latency_ms=(time.perf_counter() - began) * 1000,
    )


def _sentence_for(error: ClientError, endpoint_name: str) -> str:
    details: dict[str, Any] = dict(error.response)
    if error_code(error) == "ModelError":
        # With the status alone, the container said nothing: it could not be reached, or ran into the time limit.
        said = str(details.get("OriginalMessage", "")).strip() or error_message(error)
        status, log = details.get("OriginalStatusCode", "no status"), details.get("LogStreamArn")
        return f"The model of {endpoint_name} answered {status}: {said}" + (f" (log: {log})" if log else "")
    return f"{endpoint_name} did not answer ({error_code(error)}): {error_message(error)}"
