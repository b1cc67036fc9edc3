"""The embedded AWS runs code for whoever may call it: programs of this machine may, and pages in a browser may not."""

import json

import httpx
import pytest

from slipway.emulator.common.callers import from_a_page, from_elsewhere
from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import STATUS_PATH, Workspace
from tests.emulator.support import ASKED_FIRST, EMBEDDED, FETCHED


@pytest.mark.parametrize(
    "host", ["localhost:4566", "LOCALHOST:4566", "127.0.0.1:4566", "[::1]:4566", "a.b.s3.us-east-1.localhost:4566"]
)
def test_a_program_of_this_machine_may_call(host: str) -> None:
    assert from_elsewhere({"host": host}, 4566) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example:4566",
        "localhost.evil.example:4566",
        "evil.example#localhost:4566",
        "notlocalhost:4566",
        "127.0.0.1.evil.example:4566",
        "0.0.0.0:4566",
        "localhost:80",
        "localhost",
        "localhost:4566@evil.example",
    ],
)
def test_a_request_for_another_machine_is_refused(host: str) -> None:
    assert "[::1] is accepted, with the port 4566" in (from_elsewhere({"host": host}, 4566) or "")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": "http://localhost:4566"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_page_is_refused_whatever_its_site(headers: dict[str, str]) -> None:
    assert "answers no web page" in (from_a_page(headers) or "")
    assert from_elsewhere({"host": "localhost:4566", **headers}, 4566) == from_a_page(headers)


def test_an_address_that_a_person_typed_is_answered() -> None:
    assert from_a_page({"sec-fetch-site": "none"}) is None


@pytest.mark.parametrize("headers", [FETCHED, EMBEDDED, {"Host": "evil.example"}])
def test_a_page_can_not_create_a_function(workspace: Workspace, headers: dict[str, str]) -> None:
    function = {"FunctionName": "planted", "Runtime": "python3.12", "Handler": "a.b", "Role": "r", "Code": {}}
    reply = httpx.post(
        f"{workspace.url}/2015-03-31/functions", content=json.dumps(function), headers=headers, trust_env=False
    )
    assert (reply.status_code, reply.text.startswith("The embedded AWS ")) == (403, True)
    assert not any(name.startswith("access-control-") for name in reply.headers)
    assert client("lambda", workspace).list_functions()["Functions"] == []


def test_a_page_that_asks_first_is_refused_too(workspace: Workspace) -> None:
    reply = httpx.options(f"{workspace.url}/bucket/key", headers=ASKED_FIRST, trust_env=False)
    assert (reply.status_code, "access-control-allow-origin" in reply.headers) == (403, False)


@pytest.mark.parametrize("path", ["/", STATUS_PATH, "/?Action=ListTopics", "/_ministack/health"])
def test_no_answer_lets_a_page_read_it(workspace: Workspace, path: str) -> None:
    reply = httpx.get(f"{workspace.url}{path}", trust_env=False)
    assert not any(name.startswith("access-control-") for name in reply.headers)
    assert httpx.get(f"{workspace.url}{path}", headers=FETCHED, trust_env=False).status_code == 403
