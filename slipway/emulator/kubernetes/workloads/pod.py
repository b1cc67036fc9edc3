"""The life of one pod: init containers, containers, probes, restarts, and an orderly end."""

import asyncio
import contextlib
import dataclasses
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp

from slipway.emulator.common.processes import free_port
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.kubernetes.api.clock import Clock
from slipway.emulator.kubernetes.api.objects import Manifest, Objects
from slipway.emulator.kubernetes.workloads.backoff import BackOff
from slipway.emulator.kubernetes.workloads.container_spec import ContainerConfigError, ContainerSpec, container_spec
from slipway.emulator.kubernetes.workloads.pod_status import ContainerRecord, is_true, pod_status
from slipway.emulator.kubernetes.workloads.probes import Probe
from slipway.emulator.kubernetes.workloads.process import ContainerProcess

_log = logging.getLogger("slipway.kubernetes")

_CONFIG_RETRY_SECONDS: Final = 0.5
_DEFAULT_GRACE_SECONDS: Final = 30


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What every pod of a cluster shares."""

    workspace: Workspace
    cluster: str
    objects: Objects
    clock: Clock
    session: aiohttp.ClientSession


class PodProcess:
    """One pod. It lives as a task of the event loop, and writes what becomes of it into the cluster's objects."""

    def __init__(self, around: Surroundings, manifest: Manifest, *, gated: bool) -> None:
        """Take a pod that the cluster's objects hold already.

        Args:
            around: What it shares with the others.
            manifest: The pod.
            gated: Whether it is ready only when its load balancer calls it healthy.
        """
        metadata, spec = manifest["metadata"], manifest["spec"]
        self.name: str = metadata["name"]
        self.namespace: str = metadata["namespace"]
        self.port = free_port()
        self.folder: Path = around.workspace.pods / around.cluster / self.namespace / self.name
        self.gate_open: bool | None = False if gated else None
        self._around = around
        self._spec: dict[str, Any] = spec
        self._initial = [_state(container) for container in spec.get("initContainers", [])]
        self._containers = [_state(container) for container in spec["containers"]]
        self._processes: list[ContainerProcess] = []
        self._task: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None
        self._ready_since: float | None = None

    @property
    def manifest(self) -> Manifest | None:
        """The pod as the cluster's objects have it, None when it is gone."""
        return self._around.objects.get("pods", self.namespace, self.name)

    @property
    def log(self) -> Path:
        """Where its containers' output goes."""
        return self.folder.parent / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The process number of what runs of it now."""
        return next((found.pid for found in reversed(self._processes) if found.pid is not None), None)

    @property
    def is_terminating(self) -> bool:
        """Whether it is on its way out."""
        return self._end is not None

    @property
    def containers_ready(self) -> bool:
        """Whether it could answer requests: what a load balancer takes pods in by."""
        return not self.is_terminating and is_true(self.manifest or {}, "ContainersReady")

    @property
    def ready_seconds(self) -> float | None:
        """For how long it has been ready, None if it is not."""
        return None if self._ready_since is None or self.is_terminating else time.monotonic() - self._ready_since

    @property
    def restarts(self) -> int:
        """How often a container of it was started again."""
        return sum(found.restarts for found in (*self._initial, *self._containers))

    def start(self) -> None:
        """Begin its life."""
        self._tell()
        self._task = asyncio.create_task(self._live(), name=f"pod-{self.name}")

    def terminate(self) -> None:
        """Begin its end: preStop, SIGTERM, the grace period; at last it is taken out of the objects."""
        if self._end is None:
            self._end = asyncio.create_task(self._die(), name=f"end-of-pod-{self.name}")

    async def gone(self) -> None:
        """Wait until it has ended."""
        if self._end is not None:
            await self._end

    def open_gate(self, *, is_open: bool) -> None:
        """Take note of what its load balancer says of it."""
        if self.gate_open is not None and self.gate_open is not is_open:
            self.gate_open = is_open
            self._tell()

    async def _live(self) -> None:
        for declared, state in zip(self._spec.get("initContainers", []), self._initial, strict=True):
            back_off = BackOff(self._around.clock)
            while not state.succeeded:
                await self._run(declared, state, port=None)
                if not state.succeeded:
                    await self._pause(state, back_off)
        await asyncio.gather(
            *(self._keep(*pair) for pair in zip(self._spec["containers"], self._containers, strict=True))
        )

    async def _keep(self, declared: Manifest, state: ContainerRecord) -> None:
        """Run a container, again and again."""
        back_off = BackOff(self._around.clock)
        while True:
            watching: asyncio.Task[None] | None = None

            def watch(process: ContainerProcess) -> None:
                nonlocal watching
                watching = asyncio.create_task(self._probe(declared, state, process))

            began = time.monotonic()
            try:
                await self._run(declared, state, port=self.port, started=watch)
            finally:
                if watching is not None:
                    watching.cancel()
            back_off.ran(time.monotonic() - began)
            await self._pause(state, back_off)

    async def _run(
        self,
        declared: Manifest,
        state: ContainerRecord,
        *,
        port: int | None,
        started: Callable[[ContainerProcess], None] = lambda _: None,
    ) -> None:
        """Run a container once, to its end."""
        spec = await self._configured(declared, state, port)
        process = await ContainerProcess.start(
            spec, what=f"pod {self.namespace}/{self.name}", log=self.log, records=self._around.workspace.processes
        )
        self._processes = [found for found in self._processes if found.pid is not None] + [process]
        state.run()
        self._tell()
        started(process)
        status = await process.wait()
        state.end(status)
        self._tell()

    async def _configured(self, declared: Manifest, state: ContainerRecord, port: int | None) -> ContainerSpec:
        while True:
            try:
                return container_spec(
                    declared,
                    self.manifest or {},
                    workspace=self._around.workspace,
                    folder=self.folder,
                    port=port,
                    lookup=self._neighbour,
                )
            except ContainerConfigError as error:
                state.wait("CreateContainerConfigError", str(error))
                self._tell()
                await asyncio.sleep(_CONFIG_RETRY_SECONDS)

    def _neighbour(self, resource: str, name: str) -> Manifest | None:
        return self._around.objects.get(resource, self.namespace, name)

    async def _pause(self, state: ContainerRecord, back_off: BackOff) -> None:
        seconds = back_off.next()
        if seconds:
            state.wait("CrashLoopBackOff", f"back-off {seconds:.1f}s restarting failed container={state.name}")
            self._tell()
            await asyncio.sleep(seconds)
        state.restarts += 1

    async def _probe(self, declared: Manifest, state: ContainerRecord, process: ContainerProcess) -> None:
        """Ask a running container how it is, until it ends or has to be ended."""
        startup, readiness, liveness = (
            Probe(declared.get(f"{kind}Probe"), self.port) for kind in ("startup", "readiness", "liveness")
        )
        session = self._around.session
        while startup.is_declared and not await startup.succeeds(session):
            if startup.has_failed:
                await self._kill(process, f"{state.name} failed its startup probe")
                return
            await asyncio.sleep(startup.period)
        state.started = True
        while True:
            state.ready = not readiness.is_declared or await readiness.succeeds(session)
            self._tell()
            if liveness.is_declared and not await liveness.succeeds(session) and liveness.has_failed:
                await self._kill(process, f"{state.name} failed its liveness probe")
                return
            await asyncio.sleep(readiness.period)

    async def _kill(self, process: ContainerProcess, why: str) -> None:
        _log.warning("pod %s/%s: %s; it is restarted", self.namespace, self.name, why)
        await process.stop(self._grace_seconds)

    async def _die(self) -> None:
        grace = self._grace_seconds
        pauses = [
            container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            for container in self._spec["containers"]
        ]
        # As in Kubernetes the grace period begins with preStop, and goes on afterwards.
        pause = min(float(max(pauses, default=0)), grace)
        if pause and self.pid is not None:
            await self._around.clock.sleep(pause)
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*(found.stop(grace - pause) for found in self._processes if found.pid is not None))
        shutil.rmtree(self.folder, ignore_errors=True)
        self._around.objects.remove("pods", self.namespace, self.name)

    @property
    def _grace_seconds(self) -> float:
        return float(self._spec.get("terminationGracePeriodSeconds", _DEFAULT_GRACE_SECONDS))

    def _tell(self) -> None:
        """Write the status into the cluster's objects."""
        manifest = self.manifest
        if manifest is None:
            return
        status = pod_status(manifest.get("status", {}), self._initial, self._containers, gate_open=self.gate_open)
        written = self._around.objects.replace("pods", manifest | {"status": status})
        if not is_true(written, "Ready"):
            self._ready_since = None
        elif self._ready_since is None:
            self._ready_since = time.monotonic()


def _state(container: Manifest) -> ContainerRecord:
    waiting = {"waiting": {"reason": "PodInitializing"}}
    return ContainerRecord(name=container["name"], image=container.get("image", ""), state=waiting)
