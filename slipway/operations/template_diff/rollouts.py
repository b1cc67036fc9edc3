"""What a change does to what runs: new instances and pods, a second deployment, data that is replaced.

The sentences are for whoever approves the change; `preflight` reports the same for what is live.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slipway.operations.template_diff.capacity import objects_of
from slipway.operations.template_diff.iam.policies import text_of
from slipway.operations.template_diff.replacement import Replacement, keeps_its_name, replacement
from slipway.operations.template_diff.values import value_changes

Resources = Mapping[str, Mapping[str, Any]]

_ENDPOINT: Final = "AWS::SageMaker::Endpoint"
_TARGET: Final = "AWS::ApplicationAutoScaling::ScalableTarget"
_NOT_READ_WITH_AN_UPDATE: Final = frozenset({"EndpointConfigName", "EndpointName", "Tags"})
_VARIANTS: Final = ("ProductionVariants", "ShadowProductionVariants")
_WORKLOADS: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
#: What holds data, or all that runs: the replacement is empty.
STATEFUL: Final = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::EFS::FileSystem",
        "AWS::EKS::Cluster",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
    }
)
_SHOWN: Final = 3


def rollouts(before: Resources, after: Resources) -> Iterator[str]:
    """Which endpoints get new instances and which workloads new pods, a sentence each."""
    for logical_id, endpoint in after.items():
        if endpoint["Type"] == _ENDPOINT and logical_id in before:
            changes = _endpoint_changes(before, after, logical_id)
            if changes:
                yield f"endpoint {_name(endpoint, logical_id)}: new instances ({_listed(changes)})"
    old = {_key(each): each for each in objects_of(before)}
    for each in objects_of(after):
        known = old.get(_key(each))
        if each.get("kind") in _WORKLOADS and known is not None:
            changes = [str(one) for one in value_changes(_pod_template(known), _pod_template(each))]
            if changes:
                yield f"{'/'.join(_key(each))}: new pods ({_listed(changes)})"


def two_deployments(before: Resources, after: Resources) -> Iterator[str]:
    """What AWS rejects in one deployment, a sentence each."""
    yield from _scaled_variants(before, after)
    yield from _traffic(before, after)
    for logical_id, resource in after.items():
        old = before.get(logical_id)
        if old is not None and old["Type"] == resource["Type"]:
            one, two = old.get("Properties", {}), resource.get("Properties", {})
            if replacement(resource["Type"], one, two) is Replacement.YES and keeps_its_name(
                resource["Type"], one, two
            ):
                yield (
                    f"{logical_id} ({resource['Type']}) is replaced under the same name, which CloudFormation rejects:"
                    " rename it, or remove it in a deployment before"
                )


def data_replaced(before: Resources, after: Resources) -> Iterator[str]:
    """What holds data and is replaced by something empty, a sentence each."""
    for logical_id, old in before.items():
        new = after.get(logical_id)
        if old["Type"] not in STATEFUL or new is None or old["Type"] != new["Type"]:
            continue
        effect = replacement(old["Type"], old.get("Properties", {}), new.get("Properties", {}))
        if effect in (Replacement.YES, Replacement.MAYBE):
            kept = new.get("UpdateReplacePolicy") in ("Retain", "Snapshot")
            fate = "the old one is kept outside of the stack" if kept else "the old one is deleted with its data"
            yield f"{logical_id} ({old['Type']}) {effect.value}: {fate}"


def _endpoint_changes(before: Resources, after: Resources, endpoint_id: str) -> list[str]:
    """What new instances start for: another configuration, and what SageMaker takes only with another one."""
    changes = [
        str(each)
        for of_endpoint in (_running, _read_with_an_update)
        for each in value_changes(of_endpoint(before, endpoint_id), of_endpoint(after, endpoint_id))
    ]
    old, new = (each[endpoint_id]["Properties"].get("EndpointConfigName") for each in (before, after))
    return changes or (["another EndpointConfigName, with the same content"] if old != new else [])


def _read_with_an_update(resources: Resources, endpoint_id: str) -> dict[str, Any]:
    """How an endpoint moves to a configuration, with what its rollback alarms watch in place of their names."""
    properties = resources[endpoint_id]["Properties"]
    found = {key: value for key, value in properties.items() if key not in _NOT_READ_WITH_AN_UPDATE}
    rollback = found.get("DeploymentConfig", {}).get("AutoRollbackConfiguration")
    if rollback is None:
        return found
    watched = sorted(_watched(resources, each.get("AlarmName")) for each in rollback.get("Alarms", []))
    return found | {
        "DeploymentConfig": found["DeploymentConfig"] | {"AutoRollbackConfiguration": dict.fromkeys(watched, "watched")}
    }


def _watched(resources: Resources, alarm_name: Any) -> str:
    alarm = _referred(resources, alarm_name)
    variants = [each["Value"] for each in alarm.get("Dimensions", []) if each.get("Name") == "VariantName"]
    return " ".join(str(each) for each in (alarm.get("MetricName", text_of(alarm_name)), *variants))


def _running(resources: Resources, endpoint_id: str) -> dict[str, Any]:
    """An endpoint's configuration and, in place of their names, its models; without tags, which replace nothing."""
    config = _untagged(_referred(resources, resources[endpoint_id]["Properties"].get("EndpointConfigName")))
    return config | {
        key: [
            variant | {"ModelName": _untagged(_referred(resources, variant.get("ModelName")))}
            for variant in config.get(key, [])
        ]
        for key in _VARIANTS
        if key in config
    }


def _untagged(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != "Tags"}


def _referred(resources: Resources, value: Any) -> Mapping[str, Any]:
    match value:
        case {"Fn::GetAtt": [str(name), _]} | {"Ref": str(name)} if name in resources:
            properties: Mapping[str, Any] = resources[name].get("Properties", {})
            return properties
        case _:
            return {"Name": value}


def _scaled_variants(before: Resources, after: Resources) -> Iterator[str]:
    """SageMaker rejects another instance type for a variant, or its removal, while it is registered for scaling."""
    scaled = {name for resource in before.values() if resource["Type"] == _TARGET for name in _scaled(resource)}
    for logical_id, endpoint in after.items():
        if endpoint["Type"] != _ENDPOINT or logical_id not in before:
            continue
        old, new = (_instance_types(_running(each, logical_id)) for each in (before, after))
        for name in sorted(scaled & old.keys()):
            if old[name] != new.get(name):
                change = f"{old[name]} → {new[name]}" if name in new else "removed"
                yield (
                    f"endpoint {_name(endpoint, logical_id)}, variant {name}: {change} while it scales automatically,"
                    " which SageMaker rejects: deploy `scaling: {suspended: true}` before"
                )


def _scaled(target: Mapping[str, Any]) -> Iterator[str]:
    match target["Properties"].get("ResourceId"):
        case {"Fn::Join": ["", [*_, str(end)]]} | str(end) if "/variant/" in end:
            yield end.rpartition("/variant/")[2]


def _instance_types(config: Mapping[str, Any]) -> dict[str, Any]:
    return {str(variant.get("VariantName")): _runs_on(variant) for key in _VARIANTS for variant in config.get(key, [])}


def _runs_on(variant: Mapping[str, Any]) -> Any:
    """Its instance type, the types of its pools in the order they are tried, or `serverless`."""
    pools = sorted(variant.get("InstancePools", ()), key=lambda pool: int(pool["Priority"]))
    return ", ".join(str(pool["InstanceType"]) for pool in pools) or variant.get("InstanceType", "serverless")


def _traffic(before: Resources, after: Resources) -> Iterator[str]:
    """A target group that goes while a rule that stays sends it traffic: its pods go in the middle of requests."""
    weights: dict[str, float] = {}
    for logical_id, rule in before.items():
        for name, weight in _forwarded(rule) if logical_id in after else ():
            weights[name] = max(weight, weights.get(name, 0))
    for name, weight in weights.items():
        if name in before and name not in after and weight:
            share = f"weight {weight:g}"
            yield f"{name} is removed while it gets traffic ({share}): move its traffic in a deployment before"


def _forwarded(rule: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The target groups of a listener or a rule, with their weights."""
    properties = rule.get("Properties", {})
    for key in ("Actions", "DefaultActions"):
        for action in properties.get(key, []) if isinstance(properties.get(key), list) else []:
            for group in action.get("ForwardConfig", {}).get("TargetGroups", []) if isinstance(action, Mapping) else []:
                match group:
                    case {"TargetGroupArn": {"Ref": str(name)}, "Weight": int(weight) | float(weight)}:
                        yield name, weight
                    case {"TargetGroupArn": {"Ref": str(name)}}:
                        yield name, 1


def _pod_template(workload: Mapping[str, Any]) -> Any:
    return workload.get("spec", {}).get("template", {})


def _key(each: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = each.get("metadata", {})
    return str(each.get("kind")), str(metadata.get("namespace", "default")), str(metadata.get("name"))


def _name(endpoint: Mapping[str, Any], logical_id: str) -> str:
    name = endpoint["Properties"].get("EndpointName")
    return name if isinstance(name, str) else logical_id


def _listed(changes: list[str]) -> str:
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return ", ".join(changes[:_SHOWN]) + more
