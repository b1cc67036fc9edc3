"""Whether a request is one that AWS would take, and the answer to one that it would not."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from slipway.emulator.common.environment import service_model
from slipway.emulator.data_plane.invoke import EndpointResponse as Answer
from slipway.emulator.requests import alarms, identity, sagemaker, scaling
from slipway.emulator.requests.constraints import violations
from slipway.emulator.requests.operations import Operation, operation_of
from slipway.emulator.requests.refusal import Refusal

_BAD_REQUEST: Final = 400
#: What a service calls a request that its model does not take; `ValidationException` where none is named.
_CODES: Final = {
    "cloudformation": "ValidationError",
    "cloudwatch": "ValidationError",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "eks": "InvalidParameterException",
    "elbv2": "ValidationError",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "sns": "InvalidParameter",
}
_ADDED: Final = re.compile(r"Value null at '\w+'")
Rule = Callable[[str, Mapping[str, Any]], Iterator[Refusal]]
#: What no model says: members that fit together, and what has to be there.
_RULES: Final[dict[str, Rule]] = {
    "application-autoscaling": scaling.refusals,
    "cloudwatch": alarms.refusals,
    "iam": identity.refusals,
    "sagemaker": sagemaker.refusals,
}


def answer_to(signed_for: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
    """The service's refusal of a request, None for one that it would take.

    Args:
        signed_for: The service that the request is signed for.
        method: The HTTP method.
        path: The path, without the query.
        headers: With names in lower case.
        body: The body.
    """
    operation = operation_of(signed_for, method, path, headers, body)
    refusal = refusal_of(operation) if operation is not None else None
    return _answer(operation, refusal) if operation is not None and refusal is not None else None


def refusal_of(operation: Operation) -> Refusal | None:
    """Why a service refuses an operation with these parameters, None if it does not."""
    shape = operation.model.input_shape
    found = list(violations(shape, operation.parameters)) if shape is not None else []
    if found:
        many = "error" if len(found) == 1 else "errors"
        code = _CODES.get(operation.service, "ValidationException")
        return Refusal(code, f"{len(found)} validation {many} detected: {'; '.join(found)}")
    rule = _RULES.get(operation.service)
    return next(rule(operation.name, operation.parameters), None) if rule else None


def refusal_of_properties(service: str, action: str, properties: Mapping[str, Any]) -> Refusal | None:
    """Why a service refuses what a template says; what CloudFormation adds, such as names, may be missing.

    Args:
        service: The service, as botocore names it.
        action: The operation that CloudFormation would call.
        properties: The properties of the resource; those that the operation does not have are left out.
    """
    model = service_model(service).operation_model(action)
    shape = model.input_shape
    known = {name: value for name, value in properties.items() if shape is not None and name in shape.members}
    found = [each for each in violations(shape, known) if not _ADDED.match(each)] if shape is not None else []
    if found:
        return Refusal("ValidationError", "; ".join(found))
    return next(_RULES[service](action, known), None) if service in _RULES else None


def _answer(operation: Operation, refusal: Refusal) -> Answer:
    """The refusal in the protocol of the service."""
    protocol = operation.model.service_model.protocol
    if protocol == "ec2":
        error = f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>0</RequestID></Response>"
        return Answer(_BAD_REQUEST, {"content-type": "text/xml"}, text.encode())
    if protocol == "query":
        error = f"<Type>Sender</Type><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
        text = f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>"
        return Answer(_BAD_REQUEST, {"content-type": "text/xml"}, text.encode())
    content = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    return Answer(_BAD_REQUEST, {"content-type": "application/json", "x-amzn-errortype": refusal.code}, content)
