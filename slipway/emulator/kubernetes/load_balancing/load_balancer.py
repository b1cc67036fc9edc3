"""An Application Load Balancer: TLS on a loopback port, rules as deployed, and requests passed on to pods."""

import dataclasses
import random
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web

from slipway.emulator.common.callers import FORBIDDEN, from_a_page
from slipway.emulator.common.workspace import HOST
from slipway.emulator.kubernetes.load_balancing.certificates import CertificateAuthority
from slipway.emulator.kubernetes.load_balancing.listener_rules import HttpRequest, ListenerRule, actions_for, weighted
from slipway.emulator.kubernetes.load_balancing.metrics import Exchange
from slipway.emulator.kubernetes.load_balancing.target_groups import TargetGroup, TargetHealth

# RFC 9110, 7.6.1: these are about one connection, and are not passed on.
_HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}
)
_CONNECT_SECONDS: Final = 10.0
_DEFAULT_IDLE_SECONDS: Final = 60.0
_LAST_WORDS_SECONDS: Final = 0.5
_LARGEST_BODY_BYTES: Final = 64 * 1024 * 1024
_BAD_GATEWAY, _UNAVAILABLE, _TIMEOUT = 502, 503, 504


@dataclasses.dataclass
class Listener:
    """The HTTPS listener of a load balancer, as it was deployed."""

    default: tuple[Mapping[str, Any], ...] = ()
    rules: dict[str, ListenerRule] = dataclasses.field(default_factory=dict)


class LocalLoadBalancer:
    """One load balancer. All of it happens in the event loop that opened it."""

    def __init__(
        self,
        arn: str,
        *,
        groups: Mapping[str, TargetGroup],
        record: Callable[[Exchange], None],
    ) -> None:
        """Take what it needs.

        Args:
            arn: Its ARN.
            groups: Every target group there is, by ARN.
            record: Told of every exchange.
        """
        self.arn = arn
        self.port = 0
        self.properties: dict[str, Any] = {}
        self.listener = Listener()
        self._groups = groups
        self._record = record
        # Traffic has to be spread by weight; it is no secret how.
        self._chance = random.Random()  # noqa: S311
        self._runner: web.ServerRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def full_name(self) -> str:
        """Its name as the dimension `LocalLoadBalancer` of metrics has it."""
        return self.arn.partition(":loadbalancer/")[2]

    @property
    def idle_seconds(self) -> float:
        """After so many seconds without a byte, a connection is given up: to clients and to targets."""
        attributes = {entry["Key"]: entry["Value"] for entry in self.properties.get("LoadBalancerAttributes", [])}
        return float(attributes.get("idle_timeout.timeout_seconds", _DEFAULT_IDLE_SECONDS))

    @property
    def target_groups(self) -> list[TargetGroup]:
        """The target groups that its rules and its default action forward to."""
        actions = [action for rule in self.listener.rules.values() for action in rule.actions]
        forwards = [action for action in (*self.listener.default, *actions) if action["Type"] == "forward"]
        arns = {arn: None for action in forwards for arn, _ in weighted(action)}
        return [self._groups[arn] for arn in arns if arn in self._groups]

    def describe(self) -> dict[str, Any]:
        """What it does, as JSON tells it."""
        return {
            "name": self.full_name.split("/")[1],
            "address": f"localhost:{self.port}",
            "target_groups": [
                {
                    "arn": group.arn,
                    "targets": [
                        {"pod": target.pod, "port": target.port, "state": target.state}
                        for target in list(group.targets)
                    ],
                }
                for group in self.target_groups
            ],
        }

    async def open(self, authority: CertificateAuthority) -> None:
        """Begin to answer, on a port of its own."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=self.idle_seconds)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False, trust_env=False)
        server = web.Server(self._answer, access_log=None, keepalive_timeout=self.idle_seconds)
        self._runner = web.ServerRunner(server, shutdown_timeout=_LAST_WORDS_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0, ssl_context=authority.server_context).start()
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """End."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        # Any name may be meant for a load balancer: its rules decide on Host.
        if (refusal := from_a_page(headers)) is not None:
            return web.Response(status=FORBIDDEN, text=f"{refusal}\n")
        seen = HttpRequest(request.method, request.path, headers)
        for action in actions_for(seen, self.listener.rules.values(), self.listener.default):
            if action["Type"] == "forward":
                return await self._forward(request, action)
            if action["Type"] == "fixed-response":
                config = action["FixedResponseConfig"]
                kind = config.get("ContentType", "text/plain")
                return web.Response(
                    status=int(config["StatusCode"]), text=config.get("MessageBody", ""), content_type=kind
                )
        return self._refuse(None, _BAD_GATEWAY, "no action of this listener can be done here")

    async def _forward(self, request: web.BaseRequest, action: Mapping[str, Any]) -> web.StreamResponse:
        choices = [(self._groups[arn], weight) for arn, weight in weighted(action) if arn in self._groups]
        if not any(weight for _, weight in choices):
            return self._refuse(None, _UNAVAILABLE, "no target group has a weight")
        group = self._chance.choices([group for group, _ in choices], [weight for _, weight in choices])[0]
        body = await request.read()
        if len(body) > _LARGEST_BODY_BYTES:
            return self._refuse(group, 413, "the body is too large")
        target = group.choose()
        if target is None:
            return self._refuse(group, _UNAVAILABLE, "the target group has no target")
        target.in_flight += 1
        began = time.perf_counter()
        try:
            return await self._ask(request, body, group, target, began)
        except TimeoutError:
            return self._refuse(group, _TIMEOUT, "the target did not answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return self._refuse(group, _BAD_GATEWAY, f"the target {target.pod}: {error}")
        finally:
            target.in_flight -= 1

    async def _ask(
        self, request: web.BaseRequest, body: bytes, group: TargetGroup, target: TargetHealth, began: float
    ) -> web.StreamResponse:
        assert self._session is not None  # noqa: S101  opened before it answers
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=self.idle_seconds)
        async with self._session.request(
            request.method,
            f"http://{HOST}:{target.port}{request.raw_path}",
            data=body or None,
            headers=self._passed_on(request),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            allow_redirects=False,
            timeout=timeout,
        ) as reply:
            content = await reply.read()
        seconds = time.perf_counter() - began
        self._record(Exchange(self.full_name, group.arn, target_status=reply.status, target_seconds=seconds))
        kept = [(name, value) for name, value in reply.headers.items() if name.lower() not in _HOP_BY_HOP]
        response = web.Response(status=reply.status, body=content)
        response.headers.clear()
        for name, value in kept:
            response.headers.add(name, value)
        return response

    def _passed_on(self, request: web.BaseRequest) -> list[tuple[str, str]]:
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP]
        before = request.headers.get("X-Forwarded-For")
        client = request.remote or HOST
        kept = [(name, value) for name, value in headers if not name.lower().startswith("x-forwarded-")]
        return [
            *kept,
            ("X-Forwarded-For", f"{before}, {client}" if before else client),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Port", "443"),
            ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
        ]

    def _refuse(self, group: TargetGroup | None, status: int, why: str) -> web.Response:
        """The load balancer's own answer, which no target gave."""
        self._record(Exchange(self.full_name, group.arn if group else None, own_status=status))
        return web.Response(
            status=status, text=f"{status}: {why}\n", headers={"Server": "awselb/2.0", "X-Slipway-Reason": why[:200]}
        )
