"""Log lines are JSON, one per request, and hold nothing of what was sent."""

import json
import logging
import sys

import httpx

from slipway.serving.logs import JsonLines
from tests.serving.running import PATIENCE_SECONDS, TUMOR_TRIAGE, Server, free_port, running_server, start, wait_until

MODEL = TUMOR_TRIAGE / "model"
BODY = (TUMOR_TRIAGE / "samples" / "several-patients.request.csv").read_bytes()
PATIENT = "Mrs-Smith"


def invocations(server: Server, count: int) -> list[dict[str, object]]:
    def logged() -> list[dict[str, object]]:
        return [event for event in server.events() if event["event"] == "invocation"]

    wait_until(lambda: len(logged()) >= count, f"{count} requests to be logged")
    return logged()


def test_every_request_is_one_line_without_its_content() -> None:
    with running_server(MODEL) as server:
        headers = {"Content-Type": "text/csv"}
        httpx.post(f"{server.url}/invocations", content=BODY, headers=headers)
        httpx.post(f"{server.url}/invocations?{PATIENT}", content=PATIENT, headers=headers)
        httpx.post(f"{server.url}/invocations", content="1", headers={"Content-Type": PATIENT})
        answered, refused, unsupported = invocations(server, 3)
    assert PATIENT not in "".join(server.lines)
    assert "14.99" not in "".join(server.lines)

    listening = server.events()[0]
    assert listening["model"] == "tumor-triage"
    assert set(answered) == {"time", "level", "event", "status", "milliseconds", "request_bytes", "rows"}
    assert (answered["level"], answered["status"], answered["rows"]) == ("info", 200, 5)
    assert answered["request_bytes"] == len(BODY)
    assert (refused["level"], refused["status"], refused["code"]) == ("warning", 400, "wrong_columns")
    assert (unsupported["status"], unsupported["code"]) == (415, "unsupported_media_type")
    assert not [event for event in server.events() if "ping" in json.dumps(event)]


def test_a_quiet_server_logs_refused_requests_only() -> None:
    port = free_port()
    arguments = ["serve", "--model-dir", str(MODEL), "--log-level", "warning", "--port", str(port)]
    with start(arguments) as process:
        quiet = Server(process, port, [])
        wait_until(quiet.answers, "GET /ping to answer 200")
        httpx.post(f"{quiet.url}/invocations", content=BODY, headers={"Content-Type": "text/csv"})
        httpx.post(f"{quiet.url}/invocations", content="1", headers={"Content-Type": "text/csv"})
        process.terminate()
        stdout, _ = process.communicate(timeout=PATIENCE_SECONDS)
    (line,) = stdout.splitlines()
    assert json.loads(line)["status"] == 400


def test_an_exception_is_logged_with_its_place_but_not_its_text() -> None:
    try:
        float(PATIENT)
    except ValueError:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, "x", 1, "Exception in %s\n", ("x",), sys.exc_info())
    line = JsonLines().format(record)
    assert "\n" not in line
    assert PATIENT not in line
    document = json.loads(line)
    assert (document["event"], document["level"], document["exception"]) == ("Exception in x", "error", "ValueError")
    assert "test_logs.py" in document["traceback"][0]
