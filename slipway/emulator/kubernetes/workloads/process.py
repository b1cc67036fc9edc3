"""A container as a process of this machine, recorded so that none is ever left behind."""

import asyncio
import contextlib
import signal
from pathlib import Path

import psutil

from slipway.emulator.common.processes import ProcessIdentity
from slipway.emulator.common.workspace import CHECKOUT
from slipway.emulator.kubernetes.workloads.container_spec import ContainerSpec


class ContainerProcess:
    """One run of one container."""

    def __init__(self, process: asyncio.subprocess.Process, record: Path | None) -> None:
        self._process = process
        self._record = record

    @classmethod
    async def start(cls, spec: ContainerSpec, *, what: str, log: Path, records: Path) -> "ContainerProcess":
        """Start a container.

        Args:
            spec: What to run.
            what: What it is, for people.
            log: Where its output is added.
            records: The folder of the records of processes.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *spec.command,
                cwd=CHECKOUT,
                env=dict(spec.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        record = None
        with contextlib.suppress(psutil.NoSuchProcess):  # one that ended at once needs no record
            record = ProcessIdentity.of(process.pid, what).record(records)
        return cls(process, record)

    @property
    def pid(self) -> int | None:
        """Its process number, None once it has ended."""
        return self._process.pid if self._process.returncode is None else None

    async def wait(self) -> int:
        """Wait for its end: the exit status, as a shell tells it (128 and more for a signal)."""
        status = await self._process.wait()
        if self._record is not None:
            self._record.unlink(missing_ok=True)
        return 128 - status if status < 0 else status

    async def stop(self, grace_seconds: float) -> None:
        """SIGTERM, and SIGKILL to one that is still there after the grace period."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self.wait()), grace_seconds)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
