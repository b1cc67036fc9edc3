"""A fault of the graph or the server is a 500 in JSON, leaves a trace in the log, and harms no other request."""

from pathlib import Path

import httpx

from tests.serving.running import running_server, wait_until
from tests.serving.small_models import two_rows_only_regressor

VALUE = 12345.678


def test_a_graph_that_fails_is_a_500_and_the_server_lives_on(tmp_path: Path) -> None:
    with running_server(two_rows_only_regressor(tmp_path)) as server:
        url = f"{server.url}/invocations"
        failed = httpx.post(url, json={"instances": [[VALUE, 1]]})
        answered = httpx.post(url, json={"instances": [[1, 2], [3, 4]]})
        wait_until(lambda: len(server.events()) >= 4, "both requests and the exception to be logged")

    assert failed.status_code == 500
    assert failed.json() == {
        "error": {"code": "internal_error", "message": "The server failed to compute an answer; its log says where."}
    }
    assert answered.json() == {"predictions": [{"value": 3.0}, {"value": 7.0}]}

    (exception,) = [event for event in server.events() if "exception" in event]
    assert exception["level"] == "error"
    assert any("model.py" in frame for frame in exception["traceback"])
    assert [event["status"] for event in server.events() if event["event"] == "invocation"] == [500, 200]
    assert str(VALUE) not in "".join(server.lines)
