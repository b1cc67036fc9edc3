"""The targets of one variant: its pods, by address."""

from aws_cdk import CfnTag, aws_ec2, aws_elasticloadbalancingv2
from constructs import Construct

from inference_constructs.config import Pods
from inference_constructs.eks.common.contract import CLUSTER_TAG
from inference_constructs.eks.common.timeouts import deregistration_delay_s

#: Where a pod answers.
PORT = 8080

_TargetGroup = aws_elasticloadbalancingv2.CfnTargetGroup


def create_target_group(
    scope: Construct,
    construct_id: str,
    *,
    vpc: aws_ec2.IVpc,
    cluster_name: str,
    pods: Pods,
    counts_in_dns: bool,
) -> aws_elasticloadbalancingv2.CfnTargetGroup:
    """Create the target group of a variant. It has no name of its own: what replaces it is made before it goes.

    Pods are checked every 10 s and taken out after 30 s without an answer. Kubernetes' own readiness probe is quicker;
    the load balancer's check is for what Kubernetes does not see, such as a node that nobody can reach.

    Args:
        scope: The construct it belongs to.
        construct_id: Its id there.
        vpc: The network of the pods.
        cluster_name: The cluster that may register targets.
        pods: How requests are spread, and how long they take.
        counts_in_dns: Whether the load balancer leaves the DNS when no target of this group is healthy. A group without
            any target is as good as that (Route 53 API, `EvaluateTargetHealth`), and a new variant's is for minutes.
    """
    return _TargetGroup(
        scope,
        construct_id,
        vpc_id=vpc.vpc_id,
        target_type="ip",
        ip_address_type="ipv4",
        protocol="HTTP",
        protocol_version="HTTP1",
        port=PORT,
        health_check_enabled=True,
        health_check_protocol="HTTP",
        health_check_path=pods.container.ping_path,
        health_check_port="traffic-port",
        health_check_interval_seconds=10,
        health_check_timeout_seconds=5,
        healthy_threshold_count=2,
        unhealthy_threshold_count=3,
        matcher=_TargetGroup.MatcherProperty(http_code="200"),
        target_group_attributes=[
            _TargetGroup.TargetGroupAttributeProperty(key=key, value=value)
            for key, value in _attributes(pods, counts_in_dns=counts_in_dns).items()
        ],
        tags=[CfnTag(key=CLUSTER_TAG, value=cluster_name)],
    )


def _attributes(pods: Pods, *, counts_in_dns: bool) -> dict[str, str]:
    """Attributes of a target group; slow start and least outstanding requests exclude each other."""
    slow_start = {"slow_start.duration_seconds": str(pods.slow_start_s)} if pods.slow_start_s is not None else {}
    # The percentage, the other threshold, is off by default.
    in_dns = {} if counts_in_dns else {"target_group_health.dns_failover.minimum_healthy_targets.count": "off"}
    return {
        "deregistration_delay.timeout_seconds": str(deregistration_delay_s(pods)),
        "load_balancing.algorithm.type": pods.load_balancing,
        "stickiness.enabled": "false",
        **slow_start,
        **in_dns,
    }
