"""One cluster: its objects, its API, and the controllers that act on them."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web

from slipway.emulator.common.callers import FORBIDDEN, from_elsewhere
from slipway.emulator.common.workspace import HOST, Workspace
from slipway.emulator.kubernetes.api.api import ApiServer
from slipway.emulator.kubernetes.api.clock import Clock
from slipway.emulator.kubernetes.api.objects import Manifest, Objects
from slipway.emulator.kubernetes.api.tables import pod_status
from slipway.emulator.kubernetes.load_balancing.certificates import CertificateAuthority
from slipway.emulator.kubernetes.load_balancing.target_groups import TargetGroup
from slipway.emulator.kubernetes.workloads.bindings import bindings as all_bindings
from slipway.emulator.kubernetes.workloads.deployments import Deployments
from slipway.emulator.kubernetes.workloads.pod import PodProcess, Surroundings

_log = logging.getLogger("slipway.kubernetes")

_STEP_SECONDS: Final = 0.1
#: How long watches have to end when the cluster does.
_LAST_WORDS_SECONDS: Final = 0.5


class Cluster:
    """A cluster. All of it happens in the event loop that opened it."""

    def __init__(
        self, workspace: Workspace, *, name: str, version: str, clock: Clock, groups: Mapping[str, TargetGroup]
    ) -> None:
        """Take what it needs.

        Args:
            workspace: Where files go.
            name: The cluster's name.
            version: Its version of Kubernetes, such as `1.35`.
            clock: How long waits last.
            groups: Every target group there is, by ARN.

        Raises:
            ValueError: There are no schemas of this version.
        """
        self.name = name
        self.port = 0
        self.objects = Objects()
        self._place = workspace
        self._clock = clock
        self._groups = groups
        self._api = ApiServer(version, self.objects, self._log_of)
        self._runner: web.ServerRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._deployments: Deployments | None = None
        self._controller: asyncio.Task[None] | None = None
        self._bound: set[str] = set()

    async def open(self, authority: CertificateAuthority) -> None:
        """Begin to answer, on a port of its own, and to act on what is asked for."""
        # Each probe is a connection of its own, as a kubelet's.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0), trust_env=False
        )
        around = Surroundings(self._place, self.name, self.objects, self._clock, self._session)
        self._deployments = Deployments(around)
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=_LAST_WORDS_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0, ssl_context=authority.server_context).start()
        self.port = int(self._runner.addresses[0][1])
        self._controller = asyncio.create_task(self._control(), name=f"cluster-{self.name}")

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if (refusal := from_elsewhere(headers, self.port)) is not None:
            return web.Response(status=FORBIDDEN, text=f"{refusal}\n")
        return await self._api(request)

    async def close(self) -> None:
        """End: first the pods, then the rest."""
        if self._controller is not None:
            self._controller.cancel()
        if self._deployments is not None:
            await self._deployments.end()
        self.objects.end_watches()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    @property
    def pods(self) -> Iterable[PodProcess]:
        """Its pods."""
        return list(self._deployments.pods.values()) if self._deployments else []

    def describe(self) -> dict[str, Any]:
        """What runs in it, as JSON tells it."""
        return {
            "name": self.name,
            "endpoint": f"https://localhost:{self.port}",
            "pods": [
                {
                    "namespace": pod.namespace,
                    "name": pod.name,
                    "status": pod_status(manifest),
                    "port": pod.port,
                    "pid": pod.pid,
                    "restarts": pod.restarts,
                    "log": str(pod.log),
                }
                for pod in self.pods
                if (manifest := pod.manifest) is not None
            ],
        }

    async def _control(self) -> None:
        while True:
            try:
                self._step()
            except Exception:  # noqa: BLE001  one odd object must not end everything else
                _log.exception("a step of the controllers of %s failed", self.name)
            await asyncio.sleep(_STEP_SECONDS)

    def _step(self) -> None:
        assert self._deployments is not None  # noqa: S101  opened before it is controlled
        assert self._session is not None  # noqa: S101
        self._deployments.step()
        bindings = {found["spec"]["targetGroupARN"]: found for found in all_bindings(self.objects)}
        for arn in self._bound - bindings.keys():
            if arn in self._groups:
                self._groups[arn].want([], self._session)
        self._bound = set(bindings)
        for arn, binding in bindings.items():
            if arn in self._groups:
                bound = self._bound_pods(binding)
                self._groups[arn].want([(pod.name, pod.port) for pod in bound if pod.containers_ready], self._session)
        for pod in self._deployments.pods.values():
            self._open_gate(pod, bindings)

    def _bound_pods(self, binding: Manifest) -> list[PodProcess]:
        assert self._deployments is not None  # noqa: S101
        namespace = binding["metadata"]["namespace"]
        service = self.objects.get("services", namespace, binding["spec"]["serviceRef"]["name"])
        if service is None or not service["spec"].get("selector"):
            return []
        return self._deployments.selected(namespace, service["spec"]["selector"])

    def _open_gate(self, pod: PodProcess, bindings: Mapping[str, Manifest]) -> None:
        """A pod with a readiness gate is ready when every target group it is in calls it healthy."""
        if pod.gate_open is None or pod.is_terminating:
            return
        arns = [arn for arn, binding in bindings.items() if pod in self._bound_pods(binding) and arn in self._groups]
        pod.open_gate(is_open=all(self._groups[arn].state_of(pod.port) == "healthy" for arn in arns))

    def _log_of(self, namespace: str, name: str) -> str:
        found = next((pod for pod in self.pods if (pod.namespace, pod.name) == (namespace, name)), None)
        return found.log.read_text(errors="replace") if found is not None and found.log.is_file() else ""
