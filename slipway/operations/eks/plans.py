"""What a template makes of a service on EKS: its variants, their weights, and what cannot be changed in place."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slipway.operations.eks.kubernetes.objects import Deployment
from slipway.operations.eks.load_balancer_client import VARIANT_HEADER
from slipway.operations.templates.template_values import Resolver, Unknown, resource_named_by

_MANIFEST: Final = "Custom::AWSCDK-EKS-KubernetesResource"
_RULE: Final = "AWS::ElasticLoadBalancingV2::ListenerRule"
#: Properties whose change replaces the resource (CloudFormation's schemas of the types, `createOnlyProperties`).
_CREATE_ONLY: Final[Mapping[str, Sequence[str]]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name", "Type", "Scheme"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        "TargetType",
        "ProtocolVersion",
        "Port",
        "Name",
        "VpcId",
        "Protocol",
        "IpAddressType",
    ),
    "AWS::EKS::Cluster": ("Name", "RoleArn", "EncryptionConfig", "OutpostConfig", "BootstrapSelfManagedAddons"),
}


@dataclass(frozen=True, kw_only=True)
class PlannedPodVariant:
    """A variant, as a template has it.

    Attributes:
        name: Its name.
        runs: Image and model of its pods, as text.
        weight: Its share of the traffic; 0 if no rule gives it any.
        target_group: The logical id of its target group, empty if no rule names it.
    """

    name: str
    runs: tuple[str, ...]
    weight: float
    target_group: str


@dataclass(frozen=True, kw_only=True)
class EksPlan:
    """A stack as a template makes it.

    Attributes:
        variants: Its variants, by name.
        fixed: Of every load balancer, target group and cluster, by logical id: its type, and as text the properties
            whose change replaces it.
    """

    variants: Mapping[str, PlannedPodVariant]
    fixed: Mapping[str, tuple[str, str]]


def plan_of(template: Mapping[str, Any], resolver: Resolver) -> EksPlan:
    """Read what a template makes of a service, or of a cluster, which has no variants."""
    resources: Mapping[str, Any] = template.get("Resources", {})
    weights, groups = dict(_weights(resources)), dict(_groups(resources))
    variants = {
        deployment.metadata.name: PlannedPodVariant(
            name=deployment.metadata.name,
            runs=tuple(_runs(deployment)),
            weight=weights.get(groups.get(deployment.metadata.name, ""), 0.0),
            target_group=groups.get(deployment.metadata.name, ""),
        )
        for deployment in _deployments(resources, resolver)
        if deployment.metadata.name in groups
    }
    fixed = {
        logical_id: (resource["Type"], _fixed(resource))
        for logical_id, resource in resources.items()
        if resource.get("Type") in _CREATE_ONLY
    }
    return EksPlan(variants=variants, fixed=fixed)


def _deployments(resources: Mapping[str, Any], resolver: Resolver) -> Iterator[Deployment]:
    for resource in resources.values():
        if resource.get("Type") == _MANIFEST:
            for item in _manifest(resource.get("Properties", {}).get("Manifest"), resolver):
                if item.get("kind") == "Deployment":
                    yield Deployment.model_validate(item)


def _manifest(value: Any, resolver: Resolver) -> list[dict[str, Any]]:
    """The objects of a manifest; what only CloudFormation can resolve stays as its expression."""
    parts = value["Fn::Join"][1] if isinstance(value, Mapping) and "Fn::Join" in value else [value]
    texts = [resolver.text(part) for part in parts]
    written = "".join(json.dumps(text.expression)[1:-1] if isinstance(text, Unknown) else text for text in texts)
    try:
        content = json.loads(written)
    except ValueError:
        return []  # a manifest that is one unknown as a whole
    return [item for item in content if isinstance(item, dict)] if isinstance(content, list) else []


def _runs(deployment: Deployment) -> Iterator[str]:
    spec = deployment.spec.template.spec
    for container in spec.init_containers:
        yield from filter(
            None, (container.variable("SERVING_MODEL_S3_URI"), container.variable("SERVING_MODEL_SHA256"))
        )
    yield from (container.image for container in spec.containers)


def _weights(resources: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Target groups by logical id with their weights, of the rules that share the traffic out."""
    for rule in _rules(resources):
        if _variant_named_by(rule) is None:
            yield from _forwarded(rule)


def _groups(resources: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Variants with the logical ids of their target groups, of the rules that choose a variant by its header."""
    for rule in _rules(resources):
        variant = _variant_named_by(rule)
        if variant is not None:
            yield from ((variant, group) for group, _ in _forwarded(rule))


def _rules(resources: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (resource["Properties"] for resource in resources.values() if resource.get("Type") == _RULE)


def _variant_named_by(rule: Mapping[str, Any]) -> str | None:
    for condition in rule.get("Conditions", ()):
        header = condition.get("HttpHeaderConfig", {})
        if str(header.get("HttpHeaderName", "")).lower() == VARIANT_HEADER.lower():
            return str(next(iter(header.get("Values", ())), "")) or None
    return None


def _forwarded(rule: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for action in rule.get("Actions", ()):
        single = resource_named_by(action.get("TargetGroupArn"))
        if single is not None:
            yield single, 1.0
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
            named = resource_named_by(group.get("TargetGroupArn"))
            if named is not None:
                yield named, float(group.get("Weight", 1))


def _fixed(resource: Mapping[str, Any]) -> str:
    properties = resource.get("Properties", {})
    return json.dumps({key: properties.get(key) for key in _CREATE_ONLY[resource["Type"]]}, sort_keys=True)
