"""Loopback servers over TLS, whose certificate a private authority signed: a Kubernetes API, and a load balancer."""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

Answer = tuple[int, dict[str, str], bytes]
HOST = "tumor-triage.models.example.com"


@dataclass(frozen=True)
class SampleResults:
    """A request as it arrived."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Served:
    """A server that runs, and what it was asked."""

    port: int
    authority: str
    asked: list[SampleResults] = field(default_factory=list)


@contextmanager
def https(answer: Callable[[SampleResults], Answer], *names: str) -> Iterator[Served]:
    """Answer requests over TLS on loopback while the block runs, with a certificate for these names."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    served = Served(port=0, authority=authority.cert_pem.bytes().decode())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._respond()

        def do_POST(self) -> None:
            self._respond()

        def _respond(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = SampleResults(self.command, url.path, parse_qs(url.query), dict(self.headers.items()), body)
            served.asked.append(asked)
            status, headers, content = answer(asked)
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    served.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Cluster:
    """What a Kubernetes API knows: objects by the path they are listed under, logs by `pod/container/previous`."""

    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    refuse: tuple[int, str] | None = None

    def add(self, path: str, *objects: dict[str, Any]) -> None:
        self.objects.setdefault(path, []).extend(objects)

    def __call__(self, asked: SampleResults) -> Answer:
        if self.refuse is not None:
            return self._status(*self.refuse)
        log = re.fullmatch(r"/api/v1/namespaces/[^/]+/pods/([^/]+)/log", asked.path)
        if log:
            return self._log(f"{log[1]}/{asked.query['container'][0]}/{asked.query['previous'][0]}")
        folder, _, name = asked.path.rpartition("/")
        if asked.path in self.objects or "labelSelector" in asked.query or name in ("events", "nodeclaims"):
            return self._list(asked)
        for one in self.objects.get(folder, ()):
            if one["metadata"]["name"] == name:
                return _json(200, one)
        return self._status(404, f'"{name}" not found')

    def _list(self, asked: SampleResults) -> Answer:
        wanted = dict(pair.split("=") for pair in asked.query.get("labelSelector", [""])[0].split(",") if pair)
        fields = dict(pair.split("=") for pair in asked.query.get("fieldSelector", [""])[0].split(",") if pair)
        found = [
            one
            for one in self.objects.get(asked.path, ())
            if wanted.items() <= one["metadata"].get("labels", {}).items()
            and all(one.get(key) == value for key, value in fields.items())
        ]
        return _json(200, {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": found})

    def _log(self, key: str) -> Answer:
        if key not in self.logs:
            return self._status(400, "previous terminated container not found")
        return 200, {"Content-Type": "text/plain"}, self.logs[key].encode()

    @staticmethod
    def _status(code: int, message: str) -> Answer:
        return _json(
            code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
        )


def _json(status: int, content: Any) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
