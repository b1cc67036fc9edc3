"""Types of ministack's own whose handlers ask no API: what the API would refuse fails the resource here."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from slipway.emulator import vendor
from slipway.emulator.cloudformation.resource_type import ResourceError, typed, without
from slipway.emulator.common.environment import service_model
from slipway.emulator.requests.checks import refusal_of_properties

#: The service and the operation that CloudFormation calls, with properties of the same names.
_OPERATIONS: Final = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm"),
    "AWS::ElasticLoadBalancingV2::Listener": ("elbv2", "CreateListener"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("elbv2", "CreateRule"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("elbv2", "CreateLoadBalancer"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("elbv2", "CreateTargetGroup"),
    "AWS::IAM::ManagedPolicy": ("iam", "CreatePolicy"),
    "AWS::IAM::Policy": ("iam", "PutRolePolicy"),
    "AWS::IAM::Role": ("iam", "CreateRole"),
    "AWS::Lambda::Function": ("lambda", "CreateFunction"),
}
#: Properties that are written as objects in a template, and as text for the API.
_DOCUMENTS: Final = frozenset({"AssumeRolePolicyDocument", "PolicyDocument"})
_INLINE_OF_ROLE: Final = 10_240


def check_types() -> None:
    """Have the handlers of these types refuse what AWS refuses."""
    for name, (service, action) in _OPERATIONS.items():
        vendor.check_properties(name, _checker(service, action))


def _checker(service: str, action: str) -> Callable[[Mapping[str, Any]], None]:
    def check(properties: Mapping[str, Any]) -> None:
        shape = service_model(service).operation_model(action).input_shape
        texts = {name: json.dumps(properties[name], separators=(",", ":")) for name in _DOCUMENTS & properties.keys()}
        refusal = refusal_of_properties(service, action, typed(shape, {**without(dict(properties), "Tags"), **texts}))
        if refusal is not None:
            raise ResourceError(f"{refusal.message} (Service: {service}, Error Code: {refusal.code})")
        inline = sum(
            len(json.dumps(each["PolicyDocument"], separators=(",", ":"))) for each in properties.get("Policies") or []
        )
        if action == "CreateRole" and inline > _INLINE_OF_ROLE:
            raise ResourceError(f"Maximum policy size of {_INLINE_OF_ROLE} bytes exceeded for the role: {inline}")

    return check
