"""What a template makes of an endpoint: its variants, and what of the live ones an update keeps."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slipway.operations.errors import WrongUsageError
from slipway.operations.templates.template_values import Resolver, Unknown, resource_named_by

_ENDPOINT: Final = "AWS::SageMaker::Endpoint"
_CONFIG: Final = "AWS::SageMaker::EndpointConfig"
_MODEL: Final = "AWS::SageMaker::Model"
_TARGET: Final = "AWS::ApplicationAutoScaling::ScalableTarget"

#: Properties of an endpoint that an update does not send, or that make the update's configuration.
_NOT_READ: Final = frozenset({"EndpointConfigName", "EndpointName", "Tags"})

Value = str | Unknown


@dataclass(frozen=True, kw_only=True)
class PlannedVariant:
    """A variant, as a template or a live configuration has it.

    Attributes:
        name: Its name.
        instance_type: What it runs on, `serverless` if it is.
        instances: How many instances it starts with.
        weight: The share of the traffic that it starts with.
        containers: Image and model data of every container, as text.
    """

    name: Value
    instance_type: Value
    instances: float | Unknown
    weight: float | Unknown
    containers: tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An endpoint as a template makes it.

    Attributes:
        variants: Its production and shadow variants.
        keeps_instances: Whether an update keeps the live numbers of instances.
        keeps_weights: Whether an update keeps the live weights.
        scaled: The names of the variants that will be registered with Application Auto Scaling.
        configuration: All that makes up the endpoint configuration; a difference means a new one.
        content: The same without logical ids and weights: what new instances would be started for.
        update: What SageMaker reads with an update only, by property.
    """

    variants: tuple[PlannedVariant, ...]
    keeps_instances: bool
    keeps_weights: bool
    scaled: frozenset[str]
    configuration: str
    content: str
    update: Mapping[str, str]


def plan_of(template: Mapping[str, Any], endpoint_name: str, resolver: Resolver) -> Plan:
    """Read what a template makes of an endpoint.

    Raises:
        WrongUsageError: The template has no such endpoint, or one that cannot be followed to its models.
    """
    resources: Mapping[str, Any] = template.get("Resources", {})
    endpoint = _endpoint(resources, endpoint_name, resolver)
    config_id = resource_named_by(endpoint.get("EndpointConfigName"))
    if config_id is None or resources.get(config_id, {}).get("Type") != _CONFIG:
        raise WrongUsageError(
            f"The template's endpoint {endpoint_name} names no endpoint configuration of the template."
        )
    config = resources[config_id]["Properties"]
    keeps = bool(endpoint.get("RetainAllVariantProperties"))
    excluded = {entry.get("VariantPropertyType") for entry in endpoint.get("ExcludeRetainedVariantProperties") or ()}
    written = [*config.get("ProductionVariants", ()), *config.get("ShadowProductionVariants", ())]
    return Plan(
        variants=tuple(_variant(variant, resources, resolver) for variant in written),
        keeps_instances=keeps and "DesiredInstanceCount" not in excluded,
        keeps_weights=keeps and "DesiredWeight" not in excluded,
        scaled=frozenset(_scaled(resources, endpoint_name)),
        configuration=json.dumps([config_id, _content(config_id, resources)], sort_keys=True),
        content=json.dumps(
            _without(_content(config_id, resources), "InitialVariantWeight", "ModelName"), sort_keys=True
        ),
        update={key: json.dumps(value, sort_keys=True) for key, value in endpoint.items() if key not in _NOT_READ},
    )


def containers_of(model: Mapping[str, Any], resolver: Resolver) -> tuple[Value, ...]:
    """Image and model data of each container of a model, in a template or as SageMaker describes it."""
    primary = model.get("PrimaryContainer")
    return tuple(
        value
        for container in ([primary] if primary else model.get("Containers") or ())
        for value in _container(container, resolver)
    )


def _container(container: Mapping[str, Any], resolver: Resolver) -> Iterable[Value]:
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    parts = (
        container.get("Image"),
        container.get("ModelDataUrl") or source.get("S3Uri"),
        container.get("ModelPackageName"),
    )
    return [resolver.text(part) for part in parts if part]


def _endpoint(resources: Mapping[str, Any], name: str, resolver: Resolver) -> Mapping[str, Any]:
    for resource in resources.values():
        properties: Mapping[str, Any] = resource.get("Properties", {})
        if resource.get("Type") == _ENDPOINT and resolver.text(properties.get("EndpointName")) == name:
            return properties
    raise WrongUsageError(f"The template has no endpoint {name}; write the templates anew with `make synth`.")


def _variant(variant: Mapping[str, Any], resources: Mapping[str, Any], resolver: Resolver) -> PlannedVariant:
    model = resources.get(resource_named_by(variant.get("ModelName")) or "", {})
    unknown_model = (resolver.text(variant.get("ModelName")),)
    return PlannedVariant(
        name=resolver.text(variant.get("VariantName")),
        instance_type=instance_type_of(variant, resolver),
        instances=resolver.number(variant.get("InitialInstanceCount", 0)),
        weight=resolver.number(variant.get("InitialVariantWeight", 1)),
        containers=containers_of(model["Properties"], resolver) if model.get("Type") == _MODEL else unknown_model,
    )


def instance_type_of(variant: Mapping[str, Any], resolver: Resolver) -> Value:
    """What a variant runs on: an instance type, several of which the first that can be had is taken, or `serverless`.

    Args:
        variant: Of a template, or as SageMaker describes it.
        resolver: Resolves what stands in a template for a value.
    """
    if "ServerlessConfig" in variant:
        return "serverless"
    if "InstancePools" in variant:
        pools = sorted(variant["InstancePools"], key=lambda pool: int(pool["Priority"]))
        return ", ".join(str(resolver.text(pool["InstanceType"])) for pool in pools)
    return resolver.text(variant["InstanceType"]) if "InstanceType" in variant else "unknown"


def _scaled(resources: Mapping[str, Any], endpoint_name: str) -> Iterable[str]:
    """The resource id ends with the variant's name, whatever stands for the endpoint's name before it."""
    ids = [r["Properties"].get("ResourceId") for r in resources.values() if r.get("Type") == _TARGET]
    for resource_id in ids:
        match resource_id:
            case {"Fn::Join": ["", [*_, str(end)]]} | str(end) if "/variant/" in end:
                yield end.rpartition("/variant/")[2]
            case _:
                raise WrongUsageError(
                    f"The template registers {json.dumps(resource_id)} with Application Auto Scaling, and which variant"
                    f" of {endpoint_name} that is cannot be known."
                )


def _content(config_id: str, resources: Mapping[str, Any]) -> list[Any]:
    """The configuration and its models, without the tags: every other change replaces them."""
    config = _untagged(resources[config_id])
    model_ids = [
        resource_named_by(variant.get("ModelName")) or ""
        for key in ("ProductionVariants", "ShadowProductionVariants")
        for variant in config.get(key, ())
    ]
    return [config, [_untagged(resources[model_id]) for model_id in model_ids if model_id in resources]]


def _without(node: Any, *keys: str) -> Any:
    """The same without some keys, however deep."""
    if isinstance(node, Mapping):
        return {key: _without(value, *keys) for key, value in node.items() if key not in keys}
    return [_without(item, *keys) for item in node] if isinstance(node, list) else node


def _untagged(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.get("Properties", {}).items() if key != "Tags"}
