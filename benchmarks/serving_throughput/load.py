"""The load generator: aiohttp over kept-alive connections, either as fast as answers come or at a given rate."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from benchmarks.serving_throughput.requests import Case
from benchmarks.serving_throughput.server import BenchmarkError

_OK: Final = 200
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)
_MILLISECONDS: Final = 1000


@dataclass(frozen=True, kw_only=True)
class RequestOutcome:
    """What the client saw.

    Attributes:
        seconds: From the first request to the last answer.
        cpu_s: Processor time that the client used meanwhile.
        latencies_ms: Of every request. At a given rate they count from when the request was due, so that a server that
            stalls cannot hide it by keeping the client from sending.
        bytes_per_request: Of a request and its answer, headers included, on one exchange.
    """

    seconds: float
    cpu_s: float
    latencies_ms: Sequence[float]
    bytes_per_request: int


def saturate(url: str, case: Case, *, connections: int, seconds: float) -> RequestOutcome:
    """Send on so many connections, each as soon as its last answer came.

    Raises:
        BenchmarkError: An answer is not 200.
    """
    return asyncio.run(_measure(url, case, connections, lambda client: _closed(client, connections, seconds)))


def at_rate(url: str, case: Case, *, per_second: float, seconds: float, seed: int) -> RequestOutcome:
    """Send at random moments, so many a second on average, whatever became of the requests before.

    Raises:
        BenchmarkError: An answer is not 200.
    """
    return asyncio.run(_measure(url, case, 0, lambda client: _open(client, per_second, seconds, seed)))


class _Client:
    def __init__(self, session: aiohttp.ClientSession, url: str, case: Case) -> None:
        self._session = session
        self._case = case
        self._url = url + case.path
        self._headers = {} if case.content_type is None else {"content-type": case.content_type}

    async def send(self) -> int:
        """Send one request; return the bytes of the exchange."""
        case = self._case
        async with self._session.request(
            case.method, self._url, data=case.body or None, headers=self._headers
        ) as reply:
            body = await reply.read()
            if reply.status != _OK:
                raise BenchmarkError(f"{case.name}: the server answered {reply.status} {body.decode()[:200]}.")
            return len(body) + len(case.body) + _header_bytes(reply)


def _header_bytes(reply: aiohttp.ClientResponse) -> int:
    sent = "".join(f"{name}: {value}\r\n" for name, value in reply.request_info.headers.items())
    start = f"{reply.method} {reply.url.raw_path} HTTP/1.1\r\n\r\n"
    received = sum(len(name) + len(value) + len(": \r\n") for name, value in reply.raw_headers)
    return len(start) + len(sent) + received + len(f"HTTP/1.1 {reply.status} {reply.reason}\r\n\r\n")


async def _measure(
    url: str, case: Case, connections: int, run: Callable[[_Client], Awaitable[list[float]]]
) -> RequestOutcome:
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
        client = _Client(session, url, case)
        size = await client.send()
        began, cpu = time.perf_counter(), time.process_time()
        latencies = await run(client)
        return RequestOutcome(
            seconds=time.perf_counter() - began,
            cpu_s=time.process_time() - cpu,
            latencies_ms=latencies,
            bytes_per_request=size,
        )


async def _closed(client: _Client, connections: int, seconds: float) -> list[float]:
    latencies: list[float] = []
    deadline = time.perf_counter() + seconds

    async def send_on() -> None:
        while (sent := time.perf_counter()) < deadline:
            await client.send()
            latencies.append((time.perf_counter() - sent) * _MILLISECONDS)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(send_on())
    return latencies


async def _open(client: _Client, per_second: float, seconds: float, seed: int) -> list[float]:
    latencies: list[float] = []
    moments = random.Random(seed)  # noqa: S311 - arrivals, not secrets
    began = time.perf_counter()
    due = began

    async def send(due: float) -> None:
        await client.send()
        latencies.append((time.perf_counter() - due) * _MILLISECONDS)

    async with asyncio.TaskGroup() as tasks:
        while (due := due + moments.expovariate(per_second)) < began + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(send(due))
    return latencies


def use_cpus(cpus: Sequence[int]) -> None:
    """Keep this process, the load generator, to these processors."""
    os.sched_setaffinity(0, cpus)
