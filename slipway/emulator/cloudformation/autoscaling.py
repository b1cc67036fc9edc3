"""`AWS::ApplicationAutoScaling::*`: the API's own records; nothing here measures load and scales."""

from collections.abc import Iterable
from typing import Any, Final

from slipway.emulator.cloudformation.resource_type import (
    ApiClient,
    Created,
    Effect,
    Properties,
    ResourceType,
    generated_name,
    without,
)

_SERVICE: Final = "application-autoscaling"
_IDENTITY: Final = frozenset({"ResourceId", "ScalableDimension", "ServiceNamespace"})


def resource_types(services: ApiClient) -> Iterable[ResourceType]:
    """The types of Application Auto Scaling."""
    target, policy = _Target(services), _Policy(services)
    yield ResourceType(
        name="AWS::ApplicationAutoScaling::ScalableTarget",
        effect=Effect.DESCRIBED,
        behind="moto's Application Auto Scaling; its variant must exist, and is guarded against removal",
        create=target.create,
        change=target.change,
        delete=target.delete,
        replaced_by=_IDENTITY,
    )
    yield ResourceType(
        name="AWS::ApplicationAutoScaling::ScalingPolicy",
        effect=Effect.DESCRIBED,
        behind="moto's Application Auto Scaling; its target must exist; no instance is added or removed",
        create=policy.create,
        change=policy.change,
        delete=policy.delete,
        replaced_by=_IDENTITY | {"PolicyName", "ScalingTargetId"},
    )


class _Target:
    def __init__(self, services: ApiClient) -> None:
        self._services = services

    def create(self, logical_id: str, properties: Properties) -> Created:  # noqa: ARG002  the handler's form
        wanted = without(properties, "ScheduledActions", "Tags")
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        self._services.call(_SERVICE, "RegisterScalableTarget", **wanted, Tags=tags)
        for action in properties.get("ScheduledActions", []):
            self._services.call(_SERVICE, "PutScheduledAction", **_identity(properties), **action)
        physical_id = "|".join(_identity(properties)[part] for part in sorted(_IDENTITY))
        return Created(physical_id, {"Id": physical_id})

    def change(self, physical_id: str, old: Properties, new: Properties) -> Created:
        kept = {action["ScheduledActionName"] for action in new.get("ScheduledActions", [])}
        self._unschedule(old, kept)
        return Created(physical_id, self.create(physical_id, new).attributes)

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        self._unschedule(properties, set())
        self._services.gone(_SERVICE, "DeregisterScalableTarget", **_identity(properties))

    def _unschedule(self, properties: Properties, kept: set[str]) -> None:
        for action in properties.get("ScheduledActions", []):
            if action["ScheduledActionName"] not in kept:
                self._services.gone(
                    _SERVICE,
                    "DeleteScheduledAction",
                    **_identity(properties),
                    ScheduledActionName=action["ScheduledActionName"],
                )


class _Policy:
    def __init__(self, services: ApiClient) -> None:
        self._services = services

    def create(self, logical_id: str, properties: Properties) -> Created:
        return self._put(properties | {"PolicyName": properties.get("PolicyName") or generated_name(logical_id)})

    def change(self, physical_id: str, old: Properties, new: Properties) -> Created:  # noqa: ARG002  the handler's form
        return self._put(new | {"PolicyName": _name(physical_id)})

    def delete(self, physical_id: str, properties: Properties) -> None:
        self._services.gone(
            _SERVICE, "DeleteScalingPolicy", PolicyName=_name(physical_id), **_policy_identity(properties)
        )

    def _put(self, properties: Properties) -> Created:
        wanted = without(properties, "ScalingTargetId", *_IDENTITY) | _policy_identity(properties)
        answer = self._services.call(_SERVICE, "PutScalingPolicy", **wanted)
        return Created(answer["PolicyARN"], {"Arn": answer["PolicyARN"]})


def _identity(properties: Properties) -> dict[str, Any]:
    return {part: properties[part] for part in _IDENTITY}


def _policy_identity(properties: Properties) -> dict[str, Any]:
    """A policy names its target by its three parts, or by the target's `Ref`."""
    if "ScalingTargetId" in properties:
        return dict(zip(sorted(_IDENTITY), properties["ScalingTargetId"].split("|"), strict=True))
    return _identity(properties)


def _name(policy_arn: str) -> str:
    return policy_arn.rpartition(":policyName/")[2]
