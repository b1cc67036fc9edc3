"""The CDK command line hears of a stack when it is ready; everybody else gets the answer of the moment."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from slipway.emulator.common.asgi import Message, Receive, Scope, Send, read_body
from slipway.emulator.server import long_poll
from slipway.emulator.server.long_poll import answer_when_ready

COMMAND_LINE = "aws-sdk-js/3 aws-cdk/2.1000"
QUESTION = {"Action": "DescribeStacks", "StackName": "slipway-local-cluster"}


class Stack:
    """Answers with one state after the other, and the last one from then on."""

    def __init__(self, *states: str) -> None:
        self._states: Iterator[str] = iter(states)
        self._state = ""
        self.asked: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["touched"] = True
        self.asked.append(await read_body(receive, 1000))
        self._state = next(self._states, self._state)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"<StackStatus>{self._state}</StackStatus>".encode()})


def ask(stack: Stack, question: dict[str, str] = QUESTION, user_agent: str = COMMAND_LINE) -> bytes:
    sent: list[Message] = []
    scope: Scope = {"type": "http"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(answer_when_ready(stack, scope, urlencode(question).encode(), send, user_agent=user_agent))
    assert scope == {"type": "http"}
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return bytes(sent[1]["body"])


def test_the_answer_waits_for_the_end() -> None:
    stack = Stack("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    assert ask(stack) == b"<StackStatus>CREATE_COMPLETE</StackStatus>"
    assert stack.asked == [urlencode(QUESTION).encode()] * 3


def test_a_failure_is_an_end() -> None:
    assert ask(Stack("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")).count(b"ROLLBACK_COMPLETE") == 1


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_poll, "PATIENCE_SECONDS", 0.2)
    assert ask(Stack("DELETE_IN_PROGRESS")) == b"<StackStatus>DELETE_IN_PROGRESS</StackStatus>"


@pytest.mark.parametrize(
    ("state", "question", "user_agent"),
    [
        ("REVIEW_IN_PROGRESS", QUESTION, COMMAND_LINE),
        ("CREATE_IN_PROGRESS", QUESTION, "Boto3/1.40"),
        ("CREATE_IN_PROGRESS", {"Action": "DescribeStacks"}, COMMAND_LINE),
        ("CREATE_IN_PROGRESS", QUESTION | {"Action": "DescribeStackEvents"}, COMMAND_LINE),
    ],
)
def test_anything_else_is_answered_at_once(state: str, question: dict[str, str], user_agent: str) -> None:
    stack = Stack(state, "CREATE_COMPLETE")
    assert ask(stack, question, user_agent) == f"<StackStatus>{state}</StackStatus>".encode()
    assert len(stack.asked) == 1
