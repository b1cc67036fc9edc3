"""A model server for tests: answers what it was asked, fails when it is told to. Run as a program."""

import argparse
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        text = body.decode(errors="replace")
        if text == "crash":
            os._exit(3)
        if text.startswith("sleep "):
            time.sleep(float(text.removeprefix("sleep ")))
        status = int(text.removeprefix("status ")) if text.startswith("status ") else 200
        heard = {name.lower(): value for name, value in self.headers.items()}
        answer = json.dumps({"name": self.server.name, "body": text[:100], "headers": heard})  # type: ignore[attr-defined]  # set below
        self._answer(status, answer.encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", "from-the-model")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="stub")
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    if arguments.broken:
        sys.exit("first line\nthe model is not there\n")
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), _Handler)
    server.name = arguments.name  # type: ignore[attr-defined]  # read above
    server.serve_forever()


if __name__ == "__main__":
    main()
