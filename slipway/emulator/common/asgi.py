"""What an ASGI application is, and reading a request's body."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def read_body(receive: Receive, at_most: int) -> bytes:
    """The request's body, cut off behind `at_most` bytes; the rest is read and forgotten."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        part = bytes(message.get("body", b""))
        if size < at_most:
            parts.append(part[: at_most - size])
        size += len(part)
        more = bool(message.get("more_body", False))
    return b"".join(parts)
