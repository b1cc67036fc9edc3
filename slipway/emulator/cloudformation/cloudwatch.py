"""`AWS::CloudWatch::*` types that ministack's API has and its CloudFormation engine lacks."""

from collections.abc import Iterable

from slipway.emulator.cloudformation.resource_type import (
    ApiClient,
    Created,
    Effect,
    Properties,
    ResourceType,
    generated_name,
)
from slipway.emulator.common.workspace import ACCOUNT, REGION


def resource_types(services: ApiClient) -> Iterable[ResourceType]:
    """The types of CloudWatch."""

    def create(logical_id: str, properties: Properties) -> Created:
        return put(properties.get("AlarmName") or generated_name(logical_id, 255), properties)

    def change(physical_id: str, old: Properties, new: Properties) -> Created:  # noqa: ARG001  the handler's form
        return put(physical_id, new)

    def delete(physical_id: str, properties: Properties) -> None:  # noqa: ARG001  the handler's form
        services.gone("cloudwatch", "DeleteAlarms", AlarmNames=[physical_id])

    def put(name: str, properties: Properties) -> Created:
        services.call("cloudwatch", "PutCompositeAlarm", **{**properties, "AlarmName": name})
        return Created(name, {"Arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"})

    yield ResourceType(
        name="AWS::CloudWatch::CompositeAlarm",
        effect=Effect.WORKS,
        behind="ministack's CloudWatch evaluates its rule",
        create=create,
        change=change,
        delete=delete,
        replaced_by=frozenset({"AlarmName"}),
    )
