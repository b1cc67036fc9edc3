"""How busy the model servers are, published as SageMaker publishes it for its instances."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from slipway.emulator.data_plane.metrics import MetricsClient

_log = logging.getLogger("slipway.metrics")

_NAMESPACE: Final = "/aws/sagemaker/Endpoints"
_SAMPLE_SECONDS: Final = 10.0

Server = tuple[str, str, int]
"""An endpoint's name, a variant's name, and the process number of its model server."""


class Utilization:
    """Samples processor and memory use of every model server, and publishes them in percent.

    As on SageMaker, `CPUUtilization` is the sum over the cores, so that two busy cores are 200 %; `MemoryUtilization`
    is the share of this machine's memory.
    """

    def __init__(self, cloudwatch: MetricsClient, servers: Callable[[], Iterable[Server]]) -> None:
        self._cloudwatch = cloudwatch
        self._servers = servers
        self._processes: dict[int, psutil.Process] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="utilization", daemon=True)

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def stop(self) -> None:
        """End sampling."""
        self._stopping.set()

    def sample(self) -> list[dict[str, Any]]:
        """The `MetricData` of now; the first sample of a process only begins to measure it."""
        data = []
        known, self._processes = self._processes, {}
        for endpoint, variant, pid in self._servers():
            # A server that ends meanwhile has no sample.
            with contextlib.suppress(psutil.NoSuchProcess):
                process = known.get(pid) or psutil.Process(pid)
                cpu, memory = process.cpu_percent(), process.memory_percent()
                self._processes[pid] = process
                if pid in known:
                    data += [
                        _datum(endpoint, variant, "CPUUtilization", cpu),
                        _datum(endpoint, variant, "MemoryUtilization", memory),
                    ]
        return data

    def _run(self) -> None:
        while not self._stopping.wait(_SAMPLE_SECONDS):
            data = self.sample()
            try:
                if data:
                    self._cloudwatch.put_metric_data(Namespace=_NAMESPACE, MetricData=data)
            except (BotoCoreError, ClientError):
                _log.exception("a sample of the utilization is missing in the metrics")


def _datum(endpoint: str, variant: str, metric: str, percent: float) -> dict[str, Any]:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    return {"MetricName": metric, "Unit": "Percent", "Dimensions": dimensions, "Value": percent}
