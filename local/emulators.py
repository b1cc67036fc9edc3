"""Every private name of ministack and moto that the embedded AWS touches, in one place.

Both packages are pinned exactly. `verify` says which name an upgrade has moved, at every start and in a test, so
that nothing here can go wrong silently. The names that are public, or that moto's own users subclass, are imported
here too: whoever upgrades a package has this one file to read.
"""

import importlib.metadata
import inspect
from collections.abc import Callable, Iterable
from typing import Any, Final

from ministack.app import app as ministack_app
from ministack.core.responses import get_account_id
from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners, stacks
from moto.applicationautoscaling.exceptions import AWSValidationException as AutoScalingValidation
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.models import applicationautoscaling_backends as scaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ValidationError as SageMakerValidation
from moto.sagemaker.models import (
    FakeEndpointConfig,
    Model,
    SageMakerModelBackend,
    sagemaker_backends,
)
from moto.sagemaker.responses import SageMakerResponse

__all__ = [
    "ActionResult",
    "ApplicationAutoScalingResponse",
    "ApplicationAutoscalingBackend",
    "AutoScalingValidation",
    "BaseResponse",
    "EmptyResult",
    "FakeEndpointConfig",
    "JsonRESTError",
    "Model",
    "Request",
    "SageMakerModelBackend",
    "SageMakerResponse",
    "SageMakerValidation",
    "leave_rollback_alarms_to_us",
    "ministack_app",
    "model_store",
    "sagemaker_backends",
    "scaling_backends",
]

VERSIONS: Final = {"ministack": "1.5.33", "moto": "5.2.5"}

type_names = provisioners._RESOURCE_HANDLERS.keys  # noqa: SLF001  the types the engine can deploy, ours included

Create = Callable[[str, dict[str, Any], str], tuple[str, dict[str, Any]]]
Update = Callable[[str, dict[str, Any], dict[str, Any], str], tuple[str, dict[str, Any]]]
Delete = Callable[[str, dict[str, Any]], None]


def add_resource_type(
    name: str, *, create: Create, update: Update, delete: Delete, replaced_by: Iterable[str] = ()
) -> None:
    """Teach ministack's CloudFormation engine a resource type.

    Args:
        name: The type, as templates spell it.
        create: Called with the logical name, the properties and the stack's name; answers the physical name
            and the attributes for `Fn::GetAtt`. An exception fails the resource with its text as the reason.
        update: Called with the physical name, the old properties, the new ones and the stack's name.
        delete: Called with the physical name and the properties.
        replaced_by: The properties whose change makes the engine create a new resource and delete the old one.
    """
    provisioners._RESOURCE_HANDLERS[name] = {"create": create, "update": update, "delete": delete}  # noqa: SLF001
    provisioners._REPLACING_PROPERTIES[name] = tuple(replaced_by)  # noqa: SLF001


def add_attributes(name: str, attributes: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Have a type of ministack's answer `Fn::GetAtt` for more attributes.

    Args:
        name: The type, as templates spell it.
        attributes: Makes them of the resource's properties.
    """
    handler = provisioners._RESOURCE_HANDLERS[name]  # noqa: SLF001
    create, update = handler["create"], handler["update"]

    def create_with(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        physical_id, found = create(logical_id, props, stack_name)
        return physical_id, attributes(props) | found

    # The engine passes a handler more or fewer arguments by a flag beside it; the new properties are always third.
    def update_with(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: str
    ) -> tuple[str, dict[str, Any]]:
        physical_id, found = update(physical_id, old, new, *more)
        return physical_id, attributes(new) | found

    provisioners._RESOURCE_HANDLERS[name] = handler | {"create": create_with, "update": update_with}  # noqa: SLF001


def model_store(backend: SageMakerModelBackend) -> dict[str, Model]:
    """Moto's models by name."""
    return backend._models  # noqa: SLF001


def run_in_threads(names: Iterable[str]) -> None:
    """Run the handlers of these types in threads of their own, since they call the services over HTTP and wait."""
    inner = stacks._runs_on_worker_thread  # noqa: SLF001
    ours = frozenset(names)

    def runs_in_thread(resource_type: str) -> bool:
        return resource_type in ours or bool(inner(resource_type))

    stacks._runs_on_worker_thread = runs_in_thread  # noqa: SLF001


def leave_rollback_alarms_to_us() -> None:
    """Have ministack keep its hands off the alarms on one endpoint configuration, and forget nothing of any alarm.

    It evaluates an alarm on all values of its metric, whatever their dimensions, so that it would find the errors of
    the new fleet lost among the answers of the old one. And it drops what a template says of too few samples.
    """
    evaluate, record = cloudwatch._evaluate_alarm, provisioners._cw_metric_alarm_record  # noqa: SLF001
    few_samples = "EvaluateLowSampleCountPercentile"

    def evaluate_others(alarm: dict[str, Any]) -> None:
        if not any(dimension["Name"] == "EndpointConfigName" for dimension in alarm.get("Dimensions", [])):
            evaluate(alarm)

    def complete_record(name: str, props: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = record(name, props)
        return found | ({few_samples: props[few_samples]} if few_samples in props else {})

    cloudwatch._evaluate_alarm = evaluate_others  # noqa: SLF001
    provisioners._cw_metric_alarm_record = complete_record  # noqa: SLF001


def verify() -> None:
    """Check that every private name is where this module expects it.

    Raises:
        RuntimeError: Naming what has moved, and the versions this code was written against.
    """
    moved = [
        f"{package} is {found}, not {wanted}"
        for package, wanted in VERSIONS.items()
        if (found := importlib.metadata.version(package)) != wanted
    ]
    moved += [f"{name} has moved or changed" for name, holds in _expectations() if not holds]
    if moved:
        raise RuntimeError(f"The embedded AWS was written for {VERSIONS}; {'; '.join(moved)}. See local/emulators.py.")


def _expectations() -> list[tuple[str, bool]]:
    handlers = getattr(provisioners, "_RESOURCE_HANDLERS", {})
    alarm = handlers.get("AWS::CloudWatch::Alarm", {})
    replacing = getattr(provisioners, "_REPLACING_PROPERTIES", {})
    return [
        ("ministack provisioners._RESOURCE_HANDLERS", {"create", "update", "delete"} <= alarm.keys()),
        (
            "ministack handlers' create(logical_id, props, stack_name)",
            _parameters(alarm.get("create")) == ["logical_id", "props", "stack_name"],
        ),
        (
            "ministack handlers' delete(physical_id, props)",
            _parameters(alarm.get("delete")) == ["physical_id", "props"],
        ),
        ("ministack provisioners._REPLACING_PROPERTIES", replacing.get("AWS::IAM::Role") == ("RoleName", "Path")),
        (
            "ministack stacks._runs_on_worker_thread(resource_type)",
            _parameters(getattr(stacks, "_runs_on_worker_thread", None)) == ["resource_type"],
        ),
        (
            "ministack cloudwatch._evaluate_alarm(alarm)",
            _parameters(getattr(cloudwatch, "_evaluate_alarm", None)) == ["alarm"],
        ),
        (
            "ministack provisioners._cw_metric_alarm_record(name, props)",
            _parameters(getattr(provisioners, "_cw_metric_alarm_record", None)) == ["name", "props"],
        ),
        ("ministack app(scope, receive, send)", _parameters(ministack_app) == ["scope", "receive", "send"]),
        ("ministack get_account_id()", _parameters(get_account_id) == []),
        ("moto Request.from_primitives", _parameters(Request.from_primitives) == ["method", "url", "headers", "body"]),
        ("moto BaseResponse.dispatch", callable(BaseResponse.dispatch)),
        *_backend_expectations(),
    ]


def _backend_expectations() -> list[tuple[str, bool]]:
    hosting, scaling = SageMakerModelBackend, ApplicationAutoscalingBackend
    return [
        ("moto SageMakerModelBackend.describe_model", _parameters(hosting.describe_model) == ["self", "model_name"]),
        (
            "moto SageMakerModelBackend.describe_endpoint_config",
            _parameters(hosting.describe_endpoint_config) == ["self", "endpoint_config_name"],
        ),
        ("moto SageMakerModelBackend's stores", {"_models", "endpoints", "endpoint_configs"} <= _stores()),
        (
            "moto FakeEndpointConfig.validate_instance_type",
            _parameters(FakeEndpointConfig.validate_instance_type) == ["self", "instance_type"],
        ),
        (
            "moto ApplicationAutoscalingBackend.describe_scalable_targets",
            _parameters(scaling.describe_scalable_targets) == ["self", "namespace", "r_ids", "dimension"],
        ),
    ]


def _stores() -> set[str]:
    return set(vars(SageMakerModelBackend(region_name="us-east-1", account_id="123456789012")))


def _parameters(function: Callable[..., Any] | None) -> list[str]:
    return list(inspect.signature(function).parameters) if callable(function) else []
