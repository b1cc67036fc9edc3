"""The HTTP server: `GET /ping` and `POST /invocations` for SageMaker and Kubernetes, `GET /metrics` for Prometheus."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from .errors import RequestError
from .inference import answer
from .logs import log_event
from .media_types import JSON, request_type, response_type
from .metrics import CONTENT_TYPE, Metrics, Outcome
from .model import Model
from .responses import write_error, write_request_error
from .settings import Settings

# What nginx logs for a caller that went away: nobody gets this answer, the log line does.
_CLIENT_CLOSED_REQUEST = 499
_BACKLOG = 2048


class Inference:
    """The server's endpoints over one loaded model.

    Reading, computing and writing happen in a few threads of their own: ONNX Runtime lets go of the interpreter lock,
    so the event loop keeps answering `/ping` while requests are computed.
    """

    def __init__(self, model: Model, settings: Settings, is_stopping: Callable[[], bool]) -> None:
        self._model = model
        self._is_stopping = is_stopping
        self._max_body_bytes = settings.max_body_bytes
        self._threads = ThreadPoolExecutor(settings.inference_threads, thread_name_prefix="inference")
        self._metrics = Metrics()

    async def ping(self, _request: Request) -> Response:
        """Answer that the model is loaded: the port is opened only after that."""
        return Response(status_code=200)

    async def metrics(self, _request: Request) -> Response:
        """Answer what was counted so far of `/invocations`, and of nothing else."""
        return Response(self._metrics.text(), headers={"content-type": CONTENT_TYPE})

    async def invocations(self, request: Request) -> Response:
        """Predict the rows of a request's body, and log how that went."""
        fields: dict[str, object] = {}
        outcome = Outcome()
        try:
            with self._metrics.request(outcome):
                response = await self._answer(request, outcome, fields)
        finally:
            level = logging.INFO if outcome.status < HTTPStatus.BAD_REQUEST else logging.WARNING
            milliseconds = round(outcome.seconds * 1000, 2)
            log_event(level, "invocation", status=outcome.status, milliseconds=milliseconds, **fields)
        if self._is_stopping():
            response.headers["connection"] = "close"  # or a load balancer may send its next request into the closing
        return response

    async def _answer(self, request: Request, outcome: Outcome, fields: dict[str, object]) -> Response:
        """Answer also what is refused, and note how it went."""
        try:
            response = await self._predict(request, fields)
        except RequestError as refusal:
            response = _refused(refusal)
            fields["code"] = refusal.code
        except ClientDisconnect:
            response = Response(status_code=_CLIENT_CLOSED_REQUEST)
        outcome.status = response.status_code
        return response

    async def _predict(self, request: Request, fields: dict[str, object]) -> Response:
        accepted = request_type(request.headers.get("content-type"), request.headers.get("content-encoding"))
        wanted = response_type(", ".join(request.headers.getlist("accept")), accepted)
        body = await _read_body(request, self._max_body_bytes)
        fields["request_bytes"] = len(body)
        loop = asyncio.get_running_loop()
        answered = await loop.run_in_executor(
            self._threads, lambda: answer(self._model, body, request_type=accepted, response_type=wanted)
        )
        fields["rows"] = answered.rows
        return Response(answered.body, media_type=wanted)


async def _read_body(request: Request, limit: int) -> bytes:
    """Read a body that may have a declared length or come in chunks.

    Raises:
        RequestError: 413 if it is longer than `limit` bytes. Up to `limit` bytes more are read and thrown away before
            that, since most clients read no answer before they have sent everything; then the connection closes.
    """
    declared = int(request.headers.get("content-length", "0"))
    chunks: list[bytes] = []
    received = 0
    if declared <= 2 * limit:
        async for chunk in request.stream():
            received += len(chunk)
            if received <= limit:
                chunks.append(chunk)
            else:
                chunks.clear()
            if received > 2 * limit:
                break
    if max(declared, received) > limit:
        message = f"The body is longer than {limit} bytes, the most that is accepted; send fewer rows at once."
        raise RequestError(413, "body_too_large", message, {"connection": "close"})
    return b"".join(chunks)


def create_app(model: Model, settings: Settings, *, is_stopping: Callable[[], bool] = lambda: False) -> Starlette:
    """Build the ASGI application.

    Args:
        model: The model to serve.
        settings: Its limits and threads.
        is_stopping: Says whether the server is about to close its connections.
    """
    inference = Inference(model, settings, is_stopping)
    app = Starlette(
        routes=[
            Route("/ping", inference.ping, methods=["GET"]),
            Route("/invocations", inference.invocations, methods=["POST"]),
            Route("/metrics", inference.metrics, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _no_such_route, Exception: _failed},
    )
    app.router.redirect_slashes = False
    return app


def _refused(refusal: RequestError) -> Response:
    return Response(write_request_error(refusal), refusal.status, dict(refusal.headers), media_type=JSON)


async def _no_such_route(request: Request, error: Exception) -> Response:
    """Answer 404 and 405, the only errors the router raises by itself."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (404, None)
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")
    message = f"{request.method[:20]} {request.url.path[:80]} is not served; GET /ping and POST /invocations are."
    return _refused(RequestError(status, code, message, headers or {}))


async def _failed(_request: Request, _error: Exception) -> Response:
    """Answer 500 for a fault of ours; the server logs where it happened."""
    message = "The server failed to compute an answer; its log says where."
    return Response(write_error("internal_error", message), 500, media_type=JSON)


def _keep_going(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing: uvicorn raises the signal that stopped it once more, which would turn exit status 0 into 143."""


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def run(model: Model, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, finish the requests that run, and return.

    Raises:
        OSError: The address cannot be listened on.
    """
    listener = _listen(settings.host, settings.port)
    signal.signal(signal.SIGTERM, _keep_going)
    signal.signal(signal.SIGINT, _keep_going)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(model, settings, is_stopping=lambda: server.should_exit),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=settings.keep_alive_seconds,
            timeout_graceful_shutdown=settings.drain_seconds,
        )
    )
    host, port = listener.getsockname()[:2]
    log_event(
        logging.INFO, "listening", host=host, port=port, model=model.signature.name, version=model.signature.version
    )
    server.run(sockets=[listener])
    log_event(logging.INFO, "stopped")
