"""What is deployed, read back from the embedded AWS through boto3, as tables."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table

from slipway.emulator.common.environment import client
from slipway.emulator.runner.instance import Running

_STATES: Final = {
    "InService": "green",
    "OK": "green",
    "Running": "green",
    "healthy": "green",
    "CrashLoopBackOff": "red",
    "unhealthy": "red",
    "ALARM": "red",
    "Failed": "red",
}


def tables(running: Running) -> Iterable[RenderableType]:
    """Endpoints with their variants, pods with their load balancers, what scales, and the alarms."""
    sagemaker = client("sagemaker", running.workspace)
    names = [found["EndpointName"] for found in sagemaker.list_endpoints()["Endpoints"]]
    endpoints = [sagemaker.describe_endpoint(EndpointName=name) for name in names]
    yield _endpoints(endpoints, running.servers())
    status = running.status()
    if status["clusters"]:
        yield _pods(status["clusters"])
        yield _load_balancers(status["load_balancers"])
    yield _scaling(client("application-autoscaling", running.workspace))
    yield _alarms(client("cloudwatch", running.workspace).describe_alarms())


def _endpoints(endpoints: Iterable[Mapping[str, Any]], servers: Mapping[str, list[dict[str, Any]]]) -> Table:
    table = _table("Endpoints", "endpoint", "status", "variant", "weight", "instances", "model server")
    for endpoint in endpoints:
        name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
        running = {server["variant"]: server for server in servers.get(name, [])}
        for variant in endpoint.get("ProductionVariants") or [{}]:
            server = running.get(variant.get("VariantName", ""), {})
            where = f"127.0.0.1:{server['port']}" if server.get("pid") else "down"
            restarts = f", {server['restarts']} restarts" if server.get("restarts") else ""
            table.add_row(
                name,
                _coloured(status),
                variant.get("VariantName", ""),
                f"{variant.get('CurrentWeight', '')}",
                f"{variant.get('CurrentInstanceCount', 'serverless')}",
                where + restarts,
            )
        if endpoint.get("FailureReason"):
            table.add_row("", endpoint["FailureReason"])
    return table


def _pods(clusters: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("Pods", "cluster", "namespace", "pod", "status", "process")
    for cluster in clusters:
        for pod in cluster["pods"]:
            where = f"127.0.0.1:{pod['port']}" if pod["pid"] else "down"
            restarts = f", {pod['restarts']} restarts" if pod["restarts"] else ""
            name, namespace = pod["name"], pod["namespace"]
            table.add_row(cluster["name"], namespace, name, _coloured(pod["status"]), where + restarts)
    return table


def _load_balancers(balancers: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("Load balancers", "load balancer", "address", "pod", "state")
    for balancer in balancers:
        targets = [target for group in balancer["target_groups"] for target in group["targets"]] or [{}]
        for target in targets:
            state = _coloured(target.get("state", "no target"))
            table.add_row(balancer["name"], balancer["address"], target.get("pod", ""), state)
    return table


def _scaling(autoscaling: Any) -> Table:
    table = _table("Scaling", "variant", "instances", "policy", "target")
    policies: dict[str, list[dict[str, Any]]] = {}
    for policy in autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]:
        policies.setdefault(policy["ResourceId"], []).append(policy)
    for target in autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        resource = target["ResourceId"]
        for policy in policies.get(resource, [{}]):
            tracked = policy.get("TargetTrackingScalingPolicyConfiguration", {})
            table.add_row(
                resource.removeprefix("endpoint/").replace("/variant/", " / "),
                f"{target['MinCapacity']} to {target['MaxCapacity']}",
                policy.get("PolicyName", "none"),
                f"{tracked.get('TargetValue', '')}",
            )
    return table


def _alarms(described: Mapping[str, Any]) -> Table:
    table = _table("Alarms", "alarm", "state", "when")
    for alarm in described["MetricAlarms"]:
        name, statistic = alarm.get("MetricName"), alarm.get("ExtendedStatistic") or alarm.get("Statistic")
        watched = f"{name} {statistic}" if name else "an expression"
        comparison = "<" if alarm["ComparisonOperator"].startswith("Less") else ">"
        table.add_row(
            _short(alarm["AlarmName"]),
            _coloured(alarm["StateValue"]),
            f"{watched} {comparison} {alarm['Threshold']:g}",
        )
    for alarm in described.get("CompositeAlarms", []):
        table.add_row(_short(alarm["AlarmName"]), _coloured(alarm["StateValue"]), alarm["AlarmRule"])
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _coloured(state: str) -> str:
    colour = _STATES.get(state, "yellow")
    return f"[{colour}]{state}[/]"


def _short(name: str) -> str:
    """An alarm's name; one that CloudFormation made up, which has no slash, without its random end."""
    return name if "/" in name else name.rpartition("-")[0] or name
