"""When a server counts as started, ready and alive. All three ask the same path of the server."""

from cdk8s_plus_33 import k8s

from inference_constructs.config import ServerContainer
from inference_constructs.eks.common.labels import HTTP_PORT_NAME
from inference_constructs.eks.common.manifests import number_or_text

_START_PERIOD_S = 2


def startup_probe(container: ServerContainer) -> k8s.Probe:
    """Asks often, so that a small model serves at once, and for long, so that a large one may be loaded."""
    return _probe(container, _START_PERIOD_S, timeout_s=2, failures=container.longest_start_s // _START_PERIOD_S)


def readiness_probe(container: ServerContainer) -> k8s.Probe:
    """Takes out a pod that has not answered for 15 s.

    Slower than it could be: a pod that is busy to the brim answers late, and taking it out would leave its load to the
    others. Where requests go wrong sooner than that, the load balancer's own health check and alarms see it.
    """
    return _probe(container, 5, timeout_s=3, failures=3)


def liveness_probe(container: ServerContainer) -> k8s.Probe:
    """Restarts a server that has been silent for a minute: it hangs, for load alone does not keep the path waiting."""
    return _probe(container, 10, timeout_s=5, failures=6)


def _probe(container: ServerContainer, period_s: int, *, timeout_s: int, failures: int) -> k8s.Probe:
    return k8s.Probe(
        http_get=k8s.HttpGetAction(path=container.ping_path, port=number_or_text(HTTP_PORT_NAME)),
        period_seconds=period_s,
        timeout_seconds=timeout_s,
        failure_threshold=failures,
    )
