"""As much of S3 as a download needs, over HTTP on 127.0.0.1, with the faults a test asks for."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CREDENTIALS = (
    b'{"AccessKeyId": "AKIDOFTHEPOD", "SecretAccessKey": "secret", "Token": "token",'
    b' "Expiration": "2099-01-01T00:00:00Z"}'
)


@dataclass
class StubS3:
    """What the server holds and does.

    Attributes:
        url: Where it listens.
        objects: Bodies by `bucket/key`.
        denied: Addresses that the caller may not read.
        busy: How many requests to answer with 503 before the next is served.
        cut_after: Bytes of each body after which the connection is closed, `None` for none.
        stall_after: Bytes of a body after which nothing more is sent until `released`.
        requests: Method and path of each request, in order.
        authorizations: The headers of that name, those of the credentials' address too.
    """

    url: str
    objects: dict[str, bytes] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    busy: int = 0
    cut_after: int | None = None
    stall_after: int | None = None
    stalled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    requests: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    s3: StubS3

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        name = self.path.partition("?")[0].lstrip("/")
        self.s3.requests.append(f"{self.command} {name}")
        self.s3.authorizations.append(self.headers.get("authorization", ""))
        if name == "v1/credentials":
            self._send(200, CREDENTIALS, {})
        elif self.s3.busy > 0:
            self.s3.busy -= 1
            self._error(503, "SlowDown", "Please reduce your request rate")
        elif name in self.s3.denied:
            self._error(403, "AccessDenied", "User: arn:aws:sts::111122223333:assumed-role/pod is not authorized")
        elif name in self.s3.objects:
            self._object(self.s3.objects[name])
        elif any(key.startswith(name.partition("/")[0] + "/") for key in self.s3.objects):
            self._error(404, "NoSuchKey", "The specified key does not exist.")
        else:
            self._error(404, "NoSuchBucket", "The specified bucket does not exist")

    def _object(self, body: bytes) -> None:
        headers = {"ETag": '"1"', "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if asked is None:
            self._send(200, body, headers)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(body)), len(body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        self._send(206, memoryview(body)[first : last + 1], headers)

    def _error(self, status: int, code: str, message: str) -> None:
        text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self._send(status, text.encode(), {"Content-Type": "application/xml"})

    def _send(self, status: int, body: bytes | memoryview, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        with suppress(ConnectionError):
            stop = self.s3.cut_after if self.s3.cut_after is not None else self.s3.stall_after
            self.wfile.write(body[:stop])
            if stop is not None and stop < len(body):
                self.close_connection = True
                if self.s3.cut_after is None:
                    self.s3.stalled.set()
                    self.s3.released.wait(60)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        pass


@contextmanager
def stub_s3() -> Iterator[StubS3]:
    """Run one until the block ends."""

    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Handler.s3 = s3 = StubS3(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield s3
        finally:
            s3.released.set()
            server.shutdown()
            thread.join()
