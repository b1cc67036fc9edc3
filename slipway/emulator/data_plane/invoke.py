"""`InvokeEndpoint`: the request goes to a model server, and its answer or error comes back as SageMaker's would."""

import dataclasses
import json
import random
import time
import uuid
from collections.abc import Mapping
from typing import Final, Protocol

import httpx

from slipway.emulator.common.workspace import ACCOUNT, REGION
from slipway.emulator.data_plane.metrics import Invocation, InvocationMetrics
from slipway.emulator.data_plane.options import CUSTOM_ATTRIBUTES, INFERENCE_ID, other_call, refusal
from slipway.emulator.data_plane.routes import NoSuchVariantError, NoTrafficError, Route, choose

# https://docs.aws.amazon.com/general/latest/gr/sagemaker.html: 25 MB of payload, 60 s for a real-time endpoint.
MAX_BODY_BYTES: Final = 25 * 1024 * 1024
_ANSWER_SECONDS: Final = 60.0
_KEEP_ALIVE_SECONDS: Final = 2.0  # below the 5 s of common servers, so that none closes a connection about to be used
_PASSED_ON: Final = ("content-type", "accept", CUSTOM_ATTRIBUTES, INFERENCE_ID)
_LONGEST_MESSAGE: Final = 2048  # of ModelError's message and original message


@dataclasses.dataclass(frozen=True)
class EndpointResponse:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class EndpointLookup(Protocol):
    """Who knows the endpoints."""

    def routes(self, endpoint: str) -> tuple[Route, ...] | None:
        """The routes of an endpoint that takes traffic, None if there is no such endpoint."""


class Invoker:
    """Answers `InvokeEndpoint` for every endpoint of the embedded AWS."""

    def __init__(self, endpoints: EndpointLookup, metrics: InvocationMetrics, chance: random.Random) -> None:
        self._endpoints = endpoints
        self._metrics = metrics
        self._chance = chance
        self._http = httpx.AsyncClient(
            trust_env=False,
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=2),
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=64, keepalive_expiry=_KEEP_ALIVE_SECONDS
            ),
        )

    async def close(self) -> None:
        """Close the connections to the model servers."""
        await self._http.aclose()

    async def invoke(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> EndpointResponse:
        """Answer one request.

        Args:
            endpoint: The endpoint's name, from the path.
            headers: Those of the request, with names in lower case.
            body: Its body.
        """
        arrived = time.perf_counter()
        if (why := refusal(headers)) is not None:
            return _error(400, "ValidationError", why)
        if len(body) > MAX_BODY_BYTES:
            return _error(400, "ValidationError", f"Request {len(body)} has size greater than {MAX_BODY_BYTES} bytes.")
        routes = self._endpoints.routes(endpoint)
        if routes is None:
            return _error(400, "ValidationError", f"Endpoint {endpoint} of account {ACCOUNT} not found.")
        target = headers.get("x-amzn-sagemaker-target-variant")
        try:
            route = choose(routes, target, self._chance)
        except NoSuchVariantError:
            return _error(
                400, "ValidationError", f"Variant {target} not found for endpoint {endpoint} of account {ACCOUNT}."
            )
        except NoTrafficError:
            return _error(503, "ServiceUnavailable", f"No variant of endpoint {endpoint} has a weight above zero.")
        asked = time.perf_counter()
        answer, status = await self._ask(endpoint, route, headers, body)
        answered = time.perf_counter()
        self._metrics.add(
            Invocation(
                endpoint=endpoint,
                variant=route.variant,
                config_name=route.config_name,
                status=status,
                model_seconds=answered - asked,
                overhead_seconds=asked - arrived,
            )
        )
        return answer

    async def _ask(
        self, endpoint: str, route: Route, headers: Mapping[str, str], body: bytes
    ) -> tuple[EndpointResponse, int]:
        """The answer for the caller, and the status that the container gave (0 if none)."""
        passed_on = {name: headers[name] for name in _PASSED_ON if name in headers}
        with route.server.request():
            try:
                reply = await self._http.post(f"{route.server.url}/invocations", content=body, headers=passed_on)
            except httpx.ReadTimeout:
                return _model_error(
                    endpoint,
                    0,
                    "Your invocation timed out while waiting for a response from container primary. Review the latency "
                    "metrics for each container in Amazon CloudWatch, resolve the issue, and try again.",
                ), 0
            except httpx.TransportError:
                return _model_error(endpoint, 0, None), 0
        if not reply.is_success:
            return _model_error(endpoint, reply.status_code, reply.text), reply.status_code
        answer = {
            "content-type": reply.headers.get("content-type", "application/octet-stream"),
            "x-amzn-invoked-production-variant": route.variant,
            "x-amzn-requestid": str(uuid.uuid4()),
        }
        if CUSTOM_ATTRIBUTES in reply.headers:
            answer[CUSTOM_ATTRIBUTES] = reply.headers[CUSTOM_ATTRIBUTES]
        return EndpointResponse(200, answer, reply.content), reply.status_code


def refused_call(path: str) -> EndpointResponse | None:
    """The answer to a call of the runtime API that is not supported here, None for every other path."""
    why = other_call(path)
    return None if why is None else _error(400, "ValidationError", why)


def _model_error(endpoint: str, status: int, message: str | None) -> EndpointResponse:
    kind = "client" if 400 <= status < 500 else "server"  # noqa: PLR2004  the two classes of HTTP errors
    said = f'with message "{message}"' if message is not None else "and could not load the entire response body"
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    return _error(
        424,
        "ModelError",
        f"Received {kind} error ({status}) from primary {said[:_LONGEST_MESSAGE]}. See https://{REGION}.console.aws.amazon.com/cloudwatch/"
        f"home?region={REGION}#logEventViewer:group={group} in account {ACCOUNT} for more information.",
        OriginalStatusCode=status,
        OriginalMessage=(message or "")[:_LONGEST_MESSAGE],
        LogStreamArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}",
    )


def _error(status: int, code: str, message: str, **more: object) -> EndpointResponse:
    return EndpointResponse(
        status,
        {"content-type": "application/json", "x-amzn-errortype": code, "x-amzn-requestid": str(uuid.uuid4())},
        json.dumps({"Message": message, **more}).encode(),
    )
