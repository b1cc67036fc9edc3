"""`AWS::ElasticLoadBalancingV2::*`: ministack's records, and behind them load balancers that answer."""

from typing import Any, Final

from slipway.emulator import vendor
from slipway.emulator.common.workspace import HOST
from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane

_PREFIX: Final = "AWS::ElasticLoadBalancingV2::"


def open_what_is_deployed(plane: KubernetesPlane) -> None:
    """Have the load balancers of every stack answer, from now on."""
    vendor.describe_weights()
    vendor.answer_target_health(lambda arn: _health(plane, arn))

    def load_balancer(arn: str, properties: dict[str, Any]) -> dict[str, Any]:
        if properties.get("Type", "application") != "application":
            return {}
        name = plane.put_load_balancer(arn, properties)
        vendor.load_balancer(arn)["DNSName"] = name
        return {"DNSName": name}

    def target_group(arn: str, properties: dict[str, Any]) -> dict[str, Any]:
        plane.put_target_group(arn, properties)
        # As its metrics name it; ministack's has only the end of it.
        return {"TargetGroupFullName": arn.rpartition(":")[2]}

    def listener(arn: str, properties: dict[str, Any]) -> dict[str, Any]:
        plane.put_listener(arn, properties)
        return {}

    def rule(arn: str, properties: dict[str, Any]) -> dict[str, Any]:
        plane.put_rule(arn, properties)
        return {}

    kinds = {"LoadBalancer": load_balancer, "TargetGroup": target_group, "Listener": listener, "ListenerRule": rule}
    for kind, put in kinds.items():
        vendor.follow(f"{_PREFIX}{kind}", put, plane.remove)


def _health(plane: KubernetesPlane, arn: str) -> list[dict[str, Any]] | None:
    targets = plane.target_health(arn)
    if targets is None:
        return None
    return [
        {
            "Id": HOST,
            "Port": target.port,
            "State": target.state,
            "Reason": target.reason[0],
            "Description": target.reason[1],
        }
        for target in targets
    ]
