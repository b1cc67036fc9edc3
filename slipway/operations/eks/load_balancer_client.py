"""Sends requests through a cell's load balancer, as callers do."""

from __future__ import annotations

import ssl
import time
from types import TracebackType
from typing import Final, Self

import httpx

from slipway.operations.aws.clients import INVOCATION_TIMEOUT_S
from slipway.operations.eks.cells import Cell
from slipway.operations.errors import AwsAccessError
from slipway.operations.golden.answers import Answer, InvocationError

#: By this header the load balancer sends a request to one variant, whatever the weights.
VARIANT_HEADER: Final = "X-Amzn-SageMaker-Target-Variant"
_SHOWN: Final = 300
_TIMEOUT: Final = httpx.Timeout(INVOCATION_TIMEOUT_S, connect=5)
_BY_LOAD_BALANCER: Final = {
    404: "no rule of the load balancer is for this request",
    502: "the load balancer got no proper answer from a pod",
    503: "the load balancer knows no pod to ask",
    504: "no pod answered the load balancer in time",
}


class UnreachableError(AwsAccessError):
    """The load balancer does not take connections from here, or its certificate is not trusted."""


class LoadBalancerClient:
    """A connection to a cell's load balancer, by its own name, so that it does not matter where DNS points."""

    def __init__(self, cell: Cell, trusted: ssl.SSLContext, *, internal: bool) -> None:
        """Nothing is sent yet.

        Args:
            cell: The service in its cell.
            trusted: What its certificate has to be signed by.
            internal: Whether it is reached from the VPC only, for messages.
        """
        self._cell, self._internal = cell, internal
        self._client = httpx.Client(verify=trusted, timeout=_TIMEOUT, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, body: bytes, *, content_type: str, accept: str | None = None, variant: str | None = None) -> Answer:
        """Send one request, once.

        Args:
            body: The request.
            content_type: Its media type.
            accept: The media type wanted for the answer; the model's choice by default.
            variant: The variant to answer; the load balancer's choice by weight by default.

        Raises:
            InvocationError: It was not answered with success.
            UnreachableError: There is no way to the load balancer from here.
        """
        host, port = self._cell.address
        headers = {"Host": self._cell.host, "Content-Type": content_type}
        if accept is not None:
            headers["Accept"] = accept
        if variant is not None:
            headers[VARIANT_HEADER] = variant
        began = time.perf_counter()
        try:
            answered = self._client.post(
                f"https://{host}:{port}/invocations",
                content=body,
                headers=headers,
                extensions={"sni_hostname": self._cell.host},
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise UnreachableError(self._unreachable(error)) from error
        except httpx.TimeoutException as error:
            raise InvocationError(f"{self._cell.host} did not answer within {INVOCATION_TIMEOUT_S} s.") from error
        except httpx.HTTPError as error:
            raise InvocationError(f"{self._cell.host} closed the connection without an answer ({error}).") from error
        if not answered.is_success:
            raise InvocationError(_refusal(self._cell, answered))
        return Answer(
            body=answered.content,
            content_type=answered.headers.get("Content-Type", ""),
            variant=variant or "",
            latency_ms=(time.perf_counter() - began) * 1000,
        )

    def _unreachable(self, error: httpx.TransportError) -> str:
        name, port = self._cell.address
        said = " ".join(str(error).split()) or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return (
                f"The certificate of {name}:{port} for {self._cell.host} is not trusted ({said}); name the private"
                " authority that signed it with --ca-file."
            )
        where = (
            "It is internal: run this inside the VPC, or what is joined to it, as docs/operations.md has it."
            if self._internal
            else "Look at eks.load_balancer.allowed_cidrs of the environment."
        )
        return f"The load balancer {name}:{port} could not be reached from here ({said}). {where}"


def _refusal(cell: Cell, answered: httpx.Response) -> str:
    said = " ".join(answered.text.split())[:_SHOWN]
    # What the load balancer says itself is an HTML page with its own signature, or the default rule's text.
    own = answered.headers.get("Server", "").startswith("awselb")
    if own:
        meaning = _BY_LOAD_BALANCER.get(answered.status_code, "the load balancer's own answer")
        return f"{cell.host} answered {answered.status_code}: {meaning}."
    return f"The model of {cell.host} answered {answered.status_code}: {said or 'no text'}"
