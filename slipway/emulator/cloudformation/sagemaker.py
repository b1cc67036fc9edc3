"""`AWS::SageMaker::*`: models, endpoint configurations and endpoints, created through the API like any client's."""

import time
from collections.abc import Iterable
from typing import Any, Final

from slipway.emulator.cloudformation.resource_type import (
    ApiClient,
    Created,
    Effect,
    Properties,
    ResourceError,
    ResourceType,
    generated_name,
    without,
)
from slipway.emulator.sagemaker.traffic_shifting import ROLLED_BACK

_POLL_SECONDS: Final = 0.1
_BUSY: Final = {"Creating", "Updating", "RollingBack", "Deleting"}


def resource_types(services: ApiClient) -> Iterable[ResourceType]:
    """The types of SageMaker hosting."""
    endpoint = _Endpoint(services)
    yield _named(services, "Model", "moto's SageMaker; its artifact must exist in S3")
    yield _named(services, "EndpointConfig", "moto's SageMaker; its models must exist")
    yield ResourceType(
        name="AWS::SageMaker::Endpoint",
        effect=Effect.WORKS,
        behind="one model server per variant, running serving/ on the artifact that was deployed",
        create=endpoint.create,
        change=endpoint.change,
        delete=endpoint.delete,
        replaced_by=frozenset({"EndpointName"}),
    )


def _named(services: ApiClient, kind: str, behind: str) -> ResourceType:
    """A type of which nothing but the tags can be changed."""
    key = f"{kind}Name"

    def create(logical_id: str, properties: Properties) -> Created:
        name = properties.get(key) or generated_name(logical_id)
        answer = services.call("sagemaker", f"Create{kind}", **{**properties, key: name})
        return Created(answer[f"{kind}Arn"], {key: name})

    def change(physical_id: str, old: Properties, new: Properties) -> Created:
        _retag(services, physical_id, old, new)
        return Created(physical_id, {key: _name(physical_id)})

    def delete(physical_id: str, properties: Properties) -> None:  # noqa: ARG001  the handler's form
        services.gone("sagemaker", f"Delete{kind}", **{key: _name(physical_id)})

    return ResourceType(
        name=f"AWS::SageMaker::{kind}",
        effect=Effect.WORKS,
        behind=behind,
        create=create,
        change=change,
        delete=delete,
        replaced_by=services.parameters("sagemaker", f"Create{kind}") - {"Tags"},
    )


def _retag(services: ApiClient, arn: str, old: Properties, new: Properties) -> None:
    before, after = old.get("Tags", []), new.get("Tags", [])
    if before != after:
        keys = sorted({tag["Key"] for tag in [*before, *after]})
        services.call("sagemaker", "DeleteTags", ResourceArn=arn, TagKeys=keys)
        services.call("sagemaker", "AddTags", ResourceArn=arn, Tags=after)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


class _Endpoint:
    """Creates, moves and deletes endpoints, and waits as CloudFormation does."""

    def __init__(self, services: ApiClient) -> None:
        self._services = services

    def create(self, logical_id: str, properties: Properties) -> Created:
        name = properties.get("EndpointName") or generated_name(logical_id)
        wanted = without(
            properties, "RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig"
        )
        answer = self._services.call("sagemaker", "CreateEndpoint", **{**wanted, "EndpointName": name})
        described = self._settled(name)
        if described["EndpointStatus"] != "InService":
            # CloudFormation has no name yet to roll back by, so the failed endpoint is removed here.
            self.delete(answer["EndpointArn"], properties)
            raise ResourceError(described.get("FailureReason", described["EndpointStatus"]))
        return Created(answer["EndpointArn"], {"EndpointName": name})

    def change(self, physical_id: str, old: Properties, new: Properties) -> Created:
        name = _name(physical_id)
        _retag(self._services, physical_id, old, new)
        if without(new, "Tags") != without(old, "Tags") and not self._is_back(name, old, new):
            self._services.call("sagemaker", "UpdateEndpoint", **{**without(new, "Tags"), "EndpointName": name})
            described = self._settled(name)
            reason = described.get("FailureReason", described["EndpointStatus"])
            # What an alarm rolled back is a success to CloudFormation, as has been reported of AWS; the deploy check
            # is there to find it. What never came up fails the stack.
            if described["EndpointConfigName"] != new["EndpointConfigName"] and not reason.startswith(ROLLED_BACK):
                raise ResourceError(reason)
        return Created(physical_id, {"EndpointName": name})

    def _is_back(self, name: str, old: Properties, new: Properties) -> bool:
        """Whether the stack returns to a configuration that the endpoint never left, since its update failed."""
        if new["EndpointConfigName"] == old.get("EndpointConfigName"):
            return False
        return bool(self._settled(name).get("EndpointConfigName") == new["EndpointConfigName"])

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        name = _name(physical_id)
        self._services.gone("sagemaker", "DeleteEndpoint", EndpointName=name)
        self._settled(name)

    def _settled(self, name: str) -> dict[str, Any]:
        """The endpoint's description once nothing is under way; empty when it is gone.

        It ends by itself: model servers have a deadline to answer, and one to stop.
        """
        while True:
            try:
                described = self._services.call("sagemaker", "DescribeEndpoint", EndpointName=name)
            except ResourceError:
                return {}
            if described["EndpointStatus"] not in _BUSY:
                return described
            time.sleep(_POLL_SECONDS)
