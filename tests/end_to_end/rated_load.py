"""A client that asks at a steady rate, and remembers of every request when it was sent and what came of it."""

import dataclasses
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from slipway.operations.golden.samples import Sample
from tests.emulator.support import eventually

_THREADS: Final = 12


@dataclasses.dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        sent: When, in seconds of the monotonic clock.
        sample: What was asked.
        answer: The body that came, empty if none did.
        failure: The error that came instead, None if none did.
        status: What the container answered, None if nothing is known of it.
    """

    sent: float
    sample: str
    answer: bytes = b""
    failure: str | None = None
    status: int | None = None


class RatedLoad:
    """What the client saw."""

    def __init__(self, workspace: Workspace, endpoint: str, samples: Sequence[Sample], *, per_second: int) -> None:
        self._pause = _THREADS / per_second
        self.requests: list[Request] = []
        self._runtime = client("sagemaker-runtime", workspace)
        self._endpoint, self._samples = endpoint, samples
        self._over = threading.Event()

    @property
    def failed(self) -> list[Request]:
        return [request for request in self.requests if request.failure is not None]

    @property
    def answers(self) -> dict[str, set[bytes]]:
        """The different answers to each sample."""
        return {
            sample.name: {r.answer for r in self.requests if r.failure is None and r.sample == sample.name}
            for sample in self._samples
        }

    def go_on_for(self, count: int) -> list[Request]:
        """The next so many requests and whatever comes with them."""
        since = time.monotonic()
        return eventually(
            lambda: found if len(found := [r for r in self.requests if r.sent > since]) >= count else None
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask while the block runs."""
        threads = [threading.Thread(target=self._ask_on, args=(number,)) for number in range(_THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _ask_on(self, number: int) -> None:
        due = time.monotonic() + self._pause * number / _THREADS
        for turn in itertools.count(number):
            if self._over.wait(max(0.0, due - time.monotonic())):
                return
            # One that waited for a slow answer skips what it missed, or the rate would not be what it is said to be.
            due = max(due + self._pause, time.monotonic())
            self.requests.append(self._ask(self._samples[turn % len(self._samples)]))

    def _ask(self, sample: Sample) -> Request:
        sent = time.monotonic()
        try:
            reply: Any = self._runtime.invoke_endpoint(
                EndpointName=self._endpoint, ContentType=sample.content_type, Body=sample.request
            )
            return Request(sent, sample.name, answer=bytes(reply["Body"].read()))
        except ClientError as error:
            response: dict[str, Any] = {**error.response}
            return Request(sent, sample.name, failure=str(error), status=response.get("OriginalStatusCode"))
        except BotoCoreError as error:
            return Request(sent, sample.name, failure=str(error))
