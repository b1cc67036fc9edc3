"""How long the parts on a request's way wait for each other. Each value is right only beside the others."""

from inference_constructs.config import Pods

#: Elastic Load Balancing's own default.
_SHORTEST_IDLE_S = 60
_MARGIN_S = 5
_KEPT_LONGER_S = 15

#: How long a pod that is to end keeps answering as before, while the load balancer takes it out everywhere. 15 s have
#: been found too short, 25 s enough.
PRE_STOP_SLEEP_S = 25


def idle_timeout_s(pods: Pods) -> int:
    """Seconds without a byte after which the load balancer gives a connection up: later than the longest answer.

    A target that has not answered by then is a 504 (Elastic Load Balancing, "Troubleshoot your Application Load
    Balancers").
    """
    return max(_SHORTEST_IDLE_S, pods.longest_request_s + _MARGIN_S)


def keep_alive_s(pods: Pods) -> int:
    """Seconds that the server keeps an idle connection open: longer than the load balancer, which else answers 502."""
    return idle_timeout_s(pods) + _KEPT_LONGER_S


def drain_s(pods: Pods) -> int:
    """Seconds that a server which receives SIGTERM gives the requests it still has."""
    return pods.longest_request_s


def deregistration_delay_s(pods: Pods) -> int:
    """Seconds that a leaving target may still answer what it was sent: as long as its pod lives, and no longer.

    The default of 300 s would keep the record of a pod that is gone.
    """
    return PRE_STOP_SLEEP_S + drain_s(pods)


def termination_grace_s(pods: Pods) -> int:
    """Seconds from the wish to end a pod until it is killed: the sleep, the longest request, and a margin."""
    return PRE_STOP_SLEEP_S + drain_s(pods) + _MARGIN_S
