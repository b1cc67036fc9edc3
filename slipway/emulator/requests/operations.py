"""Which operation of which service a request asks for, and its parameters."""

import dataclasses
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from botocore.model import OperationModel, ServiceModel

from slipway.emulator.common.environment import service_model
from slipway.emulator.requests.forms import parameters

#: By the name that requests are signed for. Nothing is checked of other services.
_SERVICES: Final = {
    "application-autoscaling": "application-autoscaling",
    "cloudformation": "cloudformation",
    "ec2": "ec2",
    "ecr": "ecr",
    "eks": "eks",
    "elasticloadbalancing": "elbv2",
    "events": "events",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "sagemaker": "sagemaker",
    "sns": "sns",
    "ssm": "ssm",
    "states": "stepfunctions",
    "wafv2": "wafv2",
}
#: What only reads is answered as ever, and what carries much is not a matter of a control plane.
_UNCHECKED: Final = re.compile(
    r"(Describe|List|Get|Search|Simulate|Test|Validate|Estimate|Lookup|Batch|Invoke|Filter)"
    r"|Put(MetricData|LogEvents|Events)|SendTask|StartSync|Publish|Decrypt|Encrypt|GenerateData"
)


@dataclasses.dataclass(frozen=True)
class Operation:
    """A request to change something.

    Attributes:
        service: The service, as botocore names it.
        model: The operation.
        parameters: Its parameters, as botocore's users name them.
    """

    service: str
    model: OperationModel
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        """The operation's name."""
        return str(self.model.name)


def operation_of(signed_for: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Operation | None:
    """The operation, None for one that is not checked or not known.

    Args:
        signed_for: The service that the request is signed for.
        method: The HTTP method.
        path: The path, without the query.
        headers: With names in lower case.
        body: The body.
    """
    service = _SERVICES.get(signed_for)
    if service is None:
        return None
    model = service_model(service)
    try:
        if target := headers.get("x-amz-target"):
            name = target.rpartition(".")[2]
            return _operation(service, model, name, json.loads(body or b"{}"))
        if model.protocol == "rest-json":
            return _rest(service, model, method, path, body)
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return _query(service, model, body.decode())
    except ValueError:
        return None  # what can not be read is refused by whoever answers
    return None


def _operation(service: str, model: ServiceModel, name: str, parameters: Any) -> Operation | None:
    is_known = name in model.operation_names and not _UNCHECKED.match(name)
    return (
        Operation(service, model.operation_model(name), parameters)
        if is_known and isinstance(parameters, dict)
        else None
    )


def _query(service: str, model: ServiceModel, body: str) -> Operation | None:
    values = dict(parse_qsl(body, keep_blank_values=True))
    name = values.get("Action", "")
    if name not in model.operation_names or _UNCHECKED.match(name) or values.get("Version") != model.api_version:
        return None
    operation = model.operation_model(name)
    return Operation(service, operation, parameters(operation, values))


def _rest(service: str, model: ServiceModel, method: str, path: str, body: bytes) -> Operation | None:
    for wanted, pattern, name in _routes(service):
        found = pattern.fullmatch(path) if wanted == method else None
        if found is not None:
            content = json.loads(body or b"{}")
            inside = {key: unquote(value) for key, value in found.groupdict().items()}
            return _operation(service, model, name, content | inside if isinstance(content, dict) else content)
    return None


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    model, found = service_model(service), []
    for name in model.operation_names:
        http = model.operation_model(name).http
        shape = model.operation_model(name).input_shape
        members = shape.members if shape is not None else {}
        in_path = {
            member.serialization.get("name", key): key
            for key, member in members.items()
            if member.serialization.get("location") == "uri"
        }
        text = _pattern(http["requestUri"].partition("?")[0], in_path)
        found.append((http["method"], re.compile(text.rstrip("/") + "/?"), name))
    # The longest first: one that is all of another's beginning would take its requests.
    return sorted(found, key=lambda route: -len(route[1].pattern))


def _pattern(uri: str, in_path: Mapping[str, str]) -> str:
    """A URI with `{name}` and `{name+}` as an expression with groups that are named as the members are."""
    parts = re.split(r"\{([\w-]+)(\+?)\}", uri)
    found = re.escape(parts[0])
    for name, greedy, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        found += f"(?P<{in_path.get(name, name)}>{'.+' if greedy else '[^/]+'}){re.escape(text)}"
    return found
