"""Answers the CDK command line's question whether a stack is ready when it is, and not the next time it asks.

It asks every five seconds, which is right for an AWS that takes minutes. The answers are what they would be anyway.
"""

import re
from typing import Final
from urllib.parse import parse_qs

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_delay, wait_fixed

from slipway.emulator.common.asgi import App, Message, Scope, Send

#: The command line's own interval: it learns nothing later than it would have.
PATIENCE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.1
_USER_AGENT: Final = "aws-cdk/"
#: A stack that has a change set and nothing else is not on its way to anything.
_ON_ITS_WAY: Final = re.compile(rb"<StackStatus>(?!REVIEW)[A-Z_]+_IN_PROGRESS</StackStatus>")


async def answer_when_ready(app: App, scope: Scope, body: bytes, send: Send, *, user_agent: str) -> None:
    """Answer a request to CloudFormation; the command line's for the state of one stack when that is final.

    Args:
        app: Answers at once.
        scope: The request.
        body: Its whole body.
        send: Takes the answer, the last one when `PATIENCE_SECONDS` are over.
        user_agent: Who asks.
    """
    asking = AsyncRetrying(
        retry=retry_if_result(_is_on_its_way),
        wait=wait_fixed(_LOOK_SECONDS),
        stop=stop_after_delay(PATIENCE_SECONDS if _is_question(user_agent, body) else 0),
        retry_error_callback=_last_answer,
    )
    answer: list[Message] = await asking(_ask, app, scope, body)
    for message in answer:
        await send(message)


def _is_question(user_agent: str, body: bytes) -> bool:
    asked = parse_qs(body.decode("utf-8", "replace"))
    return _USER_AGENT in user_agent and asked.get("Action") == ["DescribeStacks"] and "StackName" in asked


async def _ask(app: App, scope: Scope, body: bytes) -> list[Message]:
    answer: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(dict(scope), receive, keep)  # a scope is the application's to write into, and is needed again
    return answer


def _is_on_its_way(answer: list[Message]) -> bool:
    return _ON_ITS_WAY.search(b"".join(message.get("body", b"") for message in answer)) is not None


def _last_answer(asked: RetryCallState) -> list[Message] | None:
    return asked.outcome.result() if asked.outcome else None
