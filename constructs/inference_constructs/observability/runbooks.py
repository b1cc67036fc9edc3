"""The runbooks that alarms link to."""

from enum import StrEnum
from typing import Final

#: Where runbooks are in the repository: what an alarm's description names without a base URL.
RUNBOOK_FOLDER: Final = "docs/runbooks"


class Runbook(StrEnum):
    """One page per symptom, named like its file without `.md`."""

    AT_ITS_LIMIT = "at-its-limit"
    FAILED_NODES = "failed-nodes"
    HIGH_LATENCY = "high-latency"
    LOAD_BALANCER_CONTROLLER = "load-balancer-controller"
    LOAD_BALANCER_ERRORS = "load-balancer-errors"
    METRICS_PIPELINE = "metrics-pipeline"
    MISSING_PODS = "missing-pods"
    PENDING_PODS = "pending-pods"
    RESTARTING_PODS = "restarting-pods"
    ROLLED_BACK = "rolled-back"
    SATURATION = "saturation"
    SERVER_ERRORS = "server-errors"
    SILENT_CLUSTER = "silent-cluster"
    UNHEALTHY_PODS = "unhealthy-pods"

    def link(self, base_url: str | None) -> str:
        """Return the page's URL, or its path in the repository if there is no base URL."""
        return f"{(base_url or RUNBOOK_FOLDER).rstrip('/')}/{self.value}.md"
