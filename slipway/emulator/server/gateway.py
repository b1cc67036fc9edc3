"""The one door of the embedded AWS: reads which service a request is signed for, and passes it on."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote

from slipway.emulator.common.asgi import App, Message, Receive, Scope, Send, read_body
from slipway.emulator.common.callers import FORBIDDEN, from_elsewhere
from slipway.emulator.common.workspace import STATUS_PATH
from slipway.emulator.data_plane.invoke import MAX_BODY_BYTES, EndpointResponse, Invoker, refused_call
from slipway.emulator.requests.checks import answer_to
from slipway.emulator.server.long_poll import answer_when_ready
from slipway.emulator.vendor import BaseResponse, Request

_SIGNED_FOR: Final = re.compile(r"Credential=[^/,]+/\d+/[^/]+/([^/]+)/aws4_request")
_INVOCATIONS: Final = re.compile(r"/endpoints/([^/]+)/invocations")
_LETS_PAGES_READ: Final = re.compile(rb"access-control-", re.IGNORECASE)
#: Functions and layers are larger, and objects are no matter of a control plane.
_CHECKED_BODY_BYTES: Final = 1024 * 1024
_CHANGES: Final = frozenset({"POST", "PUT", "DELETE"})
_CONTROL_BODY_BYTES: Final = 6 * 1024 * 1024


class Gateway:
    """An ASGI application that routes to moto, to the data plane, and else to ministack."""

    def __init__(
        self,
        *,
        port: int,
        ministack: App,
        moto: dict[str, type[BaseResponse]],
        invoker: Invoker,
        status: Callable[[], object],
    ) -> None:
        """Take the applications to route to.

        Args:
            port: Where requests arrive.
            ministack: Takes whatever is for nobody else, and the life-cycle events.
            moto: The API classes by the service name that requests are signed for.
            invoker: Takes `POST /endpoints/{name}/invocations`.
            status: What `GET /_slipway/status` tells, as JSON.
        """
        self._port = port
        self._ministack = ministack
        self._moto = moto
        self._invoker = invoker
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; ASGI calls this."""
        if scope["type"] == "lifespan":
            await self._ministack(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = from_elsewhere(headers, self._port)
        if refusal is not None:
            await _refuse(scope, receive, send, refusal)
        elif scope["type"] == "http":
            await self._answer(scope, headers, receive, _to_programs_only(send))
        else:
            await self._ministack(scope, receive, send)

    async def _answer(self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        invocation = _INVOCATIONS.fullmatch(path)
        signed = _SIGNED_FOR.search(headers.get("authorization", ""))
        api = self._moto.get(signed.group(1)) if signed else None
        if path == STATUS_PATH:
            answer = EndpointResponse(200, {"content-type": "application/json"}, json.dumps(self._status()).encode())
        elif invocation and scope["method"] == "POST":
            # One byte too many is read, so that the invoker can refuse in the API's words.
            body = await read_body(receive, MAX_BODY_BYTES + 1)
            answer = await self._invoker.invoke(unquote(invocation.group(1)), headers, body)
        elif (unsupported := refused_call(path)) is not None:
            await read_body(receive, 0)
            answer = unsupported
        elif api is not None:
            body = await read_body(receive, _CONTROL_BODY_BYTES)
            refused = _refused(scope, headers, body)
            if refused is None:
                refused = await asyncio.to_thread(_ask_moto, api, str(scope["method"]), path, headers, body)
            answer = refused
        elif signed and signed.group(1) == "cloudformation" and scope["method"] == "POST":
            body = await read_body(receive, _CONTROL_BODY_BYTES)
            refused = _refused(scope, headers, body)
            if refused is not None:
                await _reply(send, refused)
                return
            await answer_when_ready(self._ministack, scope, body, send, user_agent=headers.get("user-agent", ""))
            return
        elif signed and scope["method"] in _CHANGES and _is_small(headers):
            body = await read_body(receive, _CHECKED_BODY_BYTES)
            refused = _refused(scope, headers, body)
            if refused is None:
                await self._ministack(scope, _again(body, receive), send)
                return
            answer = refused
        else:
            await self._ministack(scope, receive, send)
            return
        await _reply(send, answer)


def _refused(scope: Scope, headers: dict[str, str], body: bytes) -> EndpointResponse | None:
    """The refusal of a request that AWS would not take."""
    signed = _SIGNED_FOR.search(headers.get("authorization", ""))
    return answer_to(signed[1], str(scope["method"]), str(scope["path"]), headers, body) if signed else None


def _is_small(headers: dict[str, str]) -> bool:
    length = headers.get("content-length", "")
    return length.isdigit() and int(length) <= _CHECKED_BODY_BYTES


def _again(body: bytes, receive: Receive) -> Receive:
    """A request's body once more, for whoever answers."""
    unread = [body]

    async def receive_again() -> Message:
        return {"type": "http.request", "body": unread.pop(), "more_body": False} if unread else await receive()

    return receive_again


def _ask_moto(
    api: type[BaseResponse], method: str, path: str, headers: dict[str, str], body: bytes
) -> EndpointResponse:
    """Have one of moto's API classes answer; it blocks, and may call back into this server."""
    url = f"http://{headers.get('host', 'localhost')}{path}"
    try:
        status, answered, text = api.dispatch(Request.from_primitives(method, url, headers, body))
    except NotImplementedError as error:
        body = json.dumps({"__type": "UnknownOperationException", "message": str(error)}).encode()
        return EndpointResponse(501, {"content-type": "application/x-amz-json-1.1"}, body)
    content = text.encode() if isinstance(text, str) else bytes(text)
    kept = {name.lower(): str(value) for name, value in answered.items() if name.lower() not in {"status", "server"}}
    return EndpointResponse(int(status), {"content-type": "application/x-amz-json-1.1"} | kept, content)


def _to_programs_only(send: Send) -> Send:
    """Leave out of an answer what lets a page read it; ministack lets every page."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message["headers"] if not _LETS_PAGES_READ.match(bytes(name))]
            message = {**message, "headers": kept}
        await send(message)

    return send_on


async def _refuse(scope: Scope, receive: Receive, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()  # the connection; closed before it is accepted, it is answered with 403
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    await read_body(receive, 0)
    await _reply(send, EndpointResponse(FORBIDDEN, {"content-type": "text/plain; charset=utf-8"}, f"{why}\n".encode()))


async def _reply(send: Send, answer: EndpointResponse) -> None:
    always = {"date": formatdate(usegmt=True), "content-length": str(len(answer.body))}
    headers: Iterable[tuple[str, str]] = (always | answer.headers).items()
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
