"""Every private name of ministack, moto and kmock that the embedded AWS touches, in one place.

All are pinned exactly. `verify` says which name an upgrade has moved, at every start and in a test, so
that nothing here can go wrong silently. The names that are public, or that moto's own users subclass, are imported
here too: whoever upgrades a package has this one file to read.
"""

import gzip
import importlib.metadata
import importlib.resources
import importlib.util
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from kmock import KubernetesScaffold
from kmock import resource as KubernetesResource  # noqa: N812  it is a class
from ministack.app import app as ministack_app
from ministack.core.responses import get_account_id
from ministack.services import alb, cloudwatch, eks, lambda_svc
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
    "KubernetesResource",
    "KubernetesScaffold",
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

VERSIONS: Final = {"kmock": "0.8", "ministack": "1.5.33", "moto": "5.2.5"}

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


def before_creation(name: str, act: Callable[[dict[str, Any]], None]) -> None:
    """Do something with the properties of each new resource of one of ministack's types, in a thread of its own.

    An exception fails the resource with its text as the reason.
    """
    handler = provisioners._RESOURCE_HANDLERS[name]  # noqa: SLF001
    create = handler["create"]

    def create_after(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        act(props)
        created: tuple[str, dict[str, Any]] = create(logical_id, props, stack_name)
        return created

    provisioners._RESOURCE_HANDLERS[name] = handler | {"create": create_after}  # noqa: SLF001
    run_in_threads({name})


def follow(name: str, put: Callable[[str, dict[str, Any]], dict[str, Any]], gone: Callable[[str], None]) -> None:
    """Learn of every resource of one of ministack's types.

    Args:
        name: The type, as templates spell it.
        put: Called with the physical name and the properties after a creation or a change; answers attributes that
            take the place of ministack's.
        gone: Called with the physical name before a deletion.
    """
    handler = provisioners._RESOURCE_HANDLERS[name]  # noqa: SLF001
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def create_and_tell(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
        physical_id, attributes = create(logical_id, props, stack_name)
        return physical_id, attributes | put(physical_id, props)

    def update_and_tell(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: str, **named: str
    ) -> tuple[str, dict[str, Any]]:
        physical_id, attributes = update(physical_id, old, new, *more, **named)
        return physical_id, attributes | put(physical_id, new)

    def delete_and_tell(physical_id: str, props: dict[str, Any]) -> None:
        gone(physical_id)
        delete(physical_id, props)

    told = {"create": create_and_tell, "update": update_and_tell, "delete": delete_and_tell}
    provisioners._RESOURCE_HANDLERS[name] = handler | told  # noqa: SLF001
    run_in_threads({name})


def load_balancer(arn: str) -> dict[str, Any]:
    """Ministack's record of a load balancer, which DescribeLoadBalancers tells."""
    record: dict[str, Any] = alb._lbs[arn]  # noqa: SLF001
    return record


def describe_weights() -> None:
    """Have ministack keep the weights of a forward action, and tell them; of several target groups it takes one."""
    actions_of, xml_of = provisioners._elbv2_listener_actions, alb._action_xml  # noqa: SLF001

    def actions(props: dict[str, Any], lb_arn: str | None, prop: str = "DefaultActions") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = actions_of(props, lb_arn, prop)
        for action, declared in zip(found, props.get(prop) or [], strict=True):
            if "ForwardConfig" in declared:
                action["ForwardConfig"] = declared["ForwardConfig"]
        return found

    def xml(action: dict[str, Any]) -> str:
        text: str = xml_of(action)
        groups = "".join(
            f"<member><TargetGroupArn>{group['TargetGroupArn']}</TargetGroupArn>"
            f"<Weight>{group.get('Weight', 1)}</Weight></member>"
            for group in action.get("ForwardConfig", {}).get("TargetGroups", [])
        )
        config = f"<ForwardConfig><TargetGroups>{groups}</TargetGroups></ForwardConfig>" if groups else ""
        return text.removesuffix("</member>") + config + "</member>"

    provisioners._elbv2_listener_actions, alb._action_xml = actions, xml  # noqa: SLF001


def answer_target_health(describe: Callable[[str], list[dict[str, Any]] | None]) -> None:
    """Have `DescribeTargetHealth` tell what there is behind a target group; ministack calls every target healthy.

    Args:
        describe: Answers `Id`, `Port`, `State`, `Reason` and `Description` of each target of a target group by its ARN,
            or None for a target group that it does not know.
    """
    inner = alb._ACTION_MAP["DescribeTargetHealth"]  # noqa: SLF001

    def describe_target_health(params: dict[str, Any]) -> Any:
        targets = describe(alb._p(params, "TargetGroupArn"))  # noqa: SLF001
        if targets is None:
            return inner(params)
        members = "".join(
            f"<member><Target><Id>{target['Id']}</Id><Port>{target['Port']}</Port></Target><TargetHealth>"
            + "".join(
                f"<{part}>{escape(target[part])}</{part}>"
                for part in ("State", "Reason", "Description")
                if target[part]
            )
            + "</TargetHealth></member>"
            for target in targets
        )
        inside = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        return alb._xml(200, "DescribeTargetHealth", inside)  # noqa: SLF001

    alb._ACTION_MAP["DescribeTargetHealth"] = describe_target_health  # noqa: SLF001


def leave_out_layers(unneeded: Callable[[bytes], bool]) -> None:
    """Have ministack's Lambda workers not unpack the layers that they would make nothing of."""
    inner = lambda_svc._resolve_layer_zip  # noqa: SLF001

    def resolve(attachment: str | dict[str, Any]) -> bytes | None:
        archive: bytes | None = inner(attachment)
        return None if archive is None or unneeded(archive) else archive

    lambda_svc._resolve_layer_zip = resolve  # noqa: SLF001


def model_store(backend: SageMakerModelBackend) -> dict[str, Model]:
    """Moto's models by name."""
    return backend._models  # noqa: SLF001


def eks_cluster(name: str) -> dict[str, Any]:
    """Ministack's record of a cluster, which DescribeCluster tells."""
    record: dict[str, Any] = eks._clusters[name]  # noqa: SLF001
    return record


def has_k3s(name: str) -> bool:
    """Whether a container of k3s runs for a cluster."""
    return bool(eks_cluster(name).get("_docker_id"))


def know_every_access_entry_type() -> None:
    """Have ministack take the types of access entry that came after its own list."""
    # https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    newer = {"EC2", "HYBRID_LINUX", "HYPERPOD_LINUX"}
    eks._VALID_ACCESS_ENTRY_TYPES = tuple({*eks._VALID_ACCESS_ENTRY_TYPES, *newer})  # noqa: SLF001
    associate = eks._associate_access_policy  # noqa: SLF001

    # The nodes of Auto Mode have an entry of type EC2 with the policy AmazonEKSAutoNodePolicy:
    # https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html
    def associate_for_nodes(cluster_name: str, principal_arn: str, body: dict[str, Any]) -> Any:
        entry = eks._access_entries.get(eks._ae_key(cluster_name, principal_arn))  # noqa: SLF001
        if not entry or entry["type"] != "EC2":
            return associate(cluster_name, principal_arn, body)
        entry["type"] = "STANDARD"
        try:
            return associate(cluster_name, principal_arn, body)
        finally:
            entry["type"] = "EC2"

    eks._associate_access_policy = associate_for_nodes  # noqa: SLF001


def kubernetes_resources() -> bytes:
    """Kmock's list of Kubernetes' own kinds; its `load_bundled` reads it in a way that Python has deprecated."""
    return gzip.decompress(importlib.resources.files("kmock._internal").joinpath("resources.json.gz").read_bytes())


def kubernetes_schemas() -> Path:
    """The folder of Kubernetes' own schemas: a folder per version, a file per kind."""
    found = importlib.util.find_spec("kubernetes_validate")
    if found is None or found.origin is None:
        raise RuntimeError("kubernetes-validate is not installed: make tools")
    return Path(found.origin).with_name("kubernetes-json-schema")


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
        # Nothing evaluates an expression here; without the name of a metric, ministack lets the alarm be.
        named = {"MetricName": "expression", "Namespace": "expression"} if props.get("Metrics") else {}
        found: dict[str, Any] = record(
            name, {part: value for part, value in props.items() if part != "Metrics"} | named
        )
        found |= dict.fromkeys(named, "")
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
        *_kubernetes_expectations(),
    ]


def _kubernetes_expectations() -> list[tuple[str, bool]]:
    return [
        ("ministack eks._clusters", hasattr(eks, "_clusters")),
        ("ministack eks._VALID_ACCESS_ENTRY_TYPES", "STANDARD" in getattr(eks, "_VALID_ACCESS_ENTRY_TYPES", ())),
        (
            "ministack eks._associate_access_policy(cluster_name, principal_arn, body)",
            _parameters(getattr(eks, "_associate_access_policy", None)) == ["cluster_name", "principal_arn", "body"],
        ),
        ("ministack alb._lbs", hasattr(alb, "_lbs")),
        ("ministack alb._ACTION_MAP", "DescribeTargetHealth" in getattr(alb, "_ACTION_MAP", {})),
        ("ministack alb._xml(status, action, inner)", _parameters(alb._xml) == ["status", "action", "inner"]),  # noqa: SLF001
        (
            "ministack provisioners._elbv2_listener_actions",
            callable(getattr(provisioners, "_elbv2_listener_actions", None)),
        ),
        ("ministack lambda_svc._resolve_layer_zip", callable(getattr(lambda_svc, "_resolve_layer_zip", None))),
        ("kmock's bundled resources", len(kubernetes_resources()) > 0),
        ("kubernetes-validate's schemas", any(kubernetes_schemas().glob("v1.35.*-local-strict"))),
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
