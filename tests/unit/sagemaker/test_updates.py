"""No change of a key ends in UpdateEndpoint with the configuration in use, which SageMaker rejects."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from aws_cdk import Stack, aws_ec2, aws_kms, aws_sns
from constructs import Construct
from pydantic import BaseModel

from inference_constructs.config import Environment, Project, ServiceOnSageMaker
from inference_constructs.config.models.environment import EnvironmentSettings
from inference_constructs.config.rules.service import check_service
from inference_constructs.config.sagemaker.rules import check_on_sagemaker
from stacks.sagemaker.service_stack import SageMakerStack
from tests.conftest import ROOT
from tests.templates import stacks_of, unvalidated_app
from tests.unit.sagemaker.one_key_apart import Change, Data, accepted, one_key_apart

_VALUES: Final = 1
_ENVIRONMENT: Final[Data] = {
    "name": "prod",
    "account": "111122223333",
    "region": "us-east-1",
    "network": {"availability_zones": ["us-east-1a", "us-east-1b"]},
    "rollout": {"strategy": "canary", "canary_percent": 10, "bake_minutes": 10},
    "alarm_chat": {"slack_workspace_id": "T0123ABCD", "slack_channel_id": "C0123ABCD"},
}
_FIXED: Final[Data] = {
    "name": "triage",
    "backend": "sagemaker",
    "model": {"s3_uri": "s3://models/triage/1/model.tar.gz"},
    "image": {"uri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"},
    "objectives": {"latency_p99_ms": 100, "availability": 99.9},
    "scaling": {"min": 2, "max": 2, "target": 8},
    "sagemaker": {"instance_type": "ml.c7i.large"},
}
_SCALED: Final = _FIXED | {
    "scaling": {
        "min": 2,
        "max": 20,
        "target": 8,
        "steps": {"steps": [{"above": 12, "add": 2}]},
        "schedules": [{"name": "day", "cron": "0 8 ? * MON-FRI *", "min": 4, "max": 20}],
    },
    "rollout": {"strategy": "linear", "step_percent": 20, "bake_minutes": 10},
    "sagemaker": {"instance_type": "ml.c7i.large", "data_capture": {"sampling_percent": 20}},
}
#: Services that have between them every kind of key; what one does not accept, another does.
SERVICES: Final[Mapping[str, Data]] = {
    "fixed": _FIXED,
    "scaled": _SCALED,
    "rolling": _FIXED | {"rollout": {"strategy": "rolling", "batch_percent": 20}},
    "canary": _FIXED | {"rollout": {"strategy": "canary", "canary_percent": 20}},
    "several targets": _FIXED
    | {"scaling": {"min": 2, "max": 9, "targets": [{"metric": "invocations_per_instance", "max_rps": 40}]}},
    "by requests": _FIXED | {"scaling": {"min": 2, "max": 9, "metric": "invocations_per_instance", "max_rps": 40}},
    "variants": _FIXED
    | {
        "variants": {
            "main": {
                "weight": 9,
                "model": {"s3_uri": "s3://models/triage/1/model.tar.gz"},
                "image": {"uri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"},
                "scaling": {"min": 2, "max": 8, "target": 4},
                "sagemaker": {"instance_type": "ml.c7i.large"},
            },
            "challenger": {"weight": 1},
        }
    },
    "shadow": _FIXED
    | {
        "shadow": {
            "model": {"s3_uri": "s3://models/triage/1/model.tar.gz"},
            "image": {"uri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"},
            "sagemaker": {"instance_type": "ml.c7i.large"},
        }
    },
    "large": _FIXED
    | {
        "sagemaker": {
            "instance_type": "ml.g5.12xlarge",
            "inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1",
            "capacity_reservation": {"ml_reservation_arn": "arn:aws:sagemaker:us-east-1:111122223333:training-plan/a"},
            "network_isolation": False,
            "egress": "vpc",
        }
    },
    "not isolated": _FIXED
    | {"sagemaker": {"instance_type": "ml.c7i.large", "network_isolation": False, "egress": "internet"}},
    "pools": _FIXED
    | {"sagemaker": {"instance_pools": ["ml.g6.12xlarge", "ml.g5.12xlarge"], "instance_provision_timeout_s": 900}},
    "serverless": _FIXED | {"scaling": {}, "sagemaker": {"serverless": {"memory_mb": 1024, "max_concurrency": 5}}},
    "pipeline": {key: value for key, value in _FIXED.items() if key not in ("model", "image")}
    | {
        "containers": [
            {
                "name": name,
                "image": {"uri": f"111122223333.dkr.ecr.us-east-1.amazonaws.com/{name}:1"},
                "model": {"s3_uri": f"s3://models/{name}/1/model.tar.gz"},
            }
            for name in ("prepare", "predict")
        ]
    },
}
#: What needs files or a second key; the values that they are parts of have examples.
_NOT_ALONE: Final = frozenset(
    {
        *(f"ModelSource.{name}" for name in ("path", "s3_prefix", "model_package_arn", "package_artifacts")),
        *(f"Image.{name}" for name in ("build", "deep_learning_container", "version")),
        "SageMakerSettings.network_isolation",  # changes with egress only
    }
)
#: What names the service, what is EKS's, and what stacks besides the service's are made of.
_ELSEWHERE: Final = ("name", "backend", "folder", "candidate", "account", "region", "limits", "network")


@dataclass(frozen=True)
class Pair:
    """A template before and after one key has another value."""

    key: str
    before: dict[str, Any]
    after: dict[str, Any]


def _check(settings: ServiceOnSageMaker | EnvironmentSettings) -> None:
    if isinstance(settings, ServiceOnSageMaker):
        check_service(settings)
        check_on_sagemaker(settings)


def _tried(model: type[BaseModel], data: Data) -> Iterator[Change]:
    for change in one_key_apart(model, data):
        of_the_network = change.key == "network.availability_zones"
        if of_the_network or (change.key.partition(".")[0] not in _ELSEWHERE and change.field not in _NOT_ALONE):
            yield change


def _values(model: type[BaseModel], data: Data, seen: Counter[str]) -> Iterator[Change]:
    """Two other values of every key that has none yet."""
    for change in _tried(model, data):
        if seen[change.key] < _VALUES and accepted(model, data, change, check=_check):
            seen[change.key] += 1
            yield change


def _all_changes() -> Iterator[tuple[str, tuple[Data, Data], tuple[Data, Data]]]:
    """The name of every change, and service and environment before and after."""
    seen: Counter[str] = Counter()
    for base, service in SERVICES.items():
        for change in _values(ServiceOnSageMaker, service, seen):
            yield f"{base}: {change.key}", (service, _ENVIRONMENT), (change.data, _ENVIRONMENT)
    for change in _values(EnvironmentSettings, _ENVIRONMENT, Counter()):
        yield f"environment: {change.key}", (_FIXED, _ENVIRONMENT), (_FIXED, change.data)


@pytest.fixture(scope="module")
def pairs(feature_flags: dict[str, Any]) -> list[Pair]:
    """Every pair, synthesised in one app."""
    app = unvalidated_app(context=feature_flags)
    made: dict[str, str] = {}

    def stack_of(configuration: tuple[Data, Data]) -> str:
        text = json.dumps(configuration, sort_keys=True)
        if text not in made:
            made[text] = f"C{len(made)}"
            _create_stack(Construct(app, made[text]), *configuration)
        return made[text]

    names = [(key, stack_of(before), stack_of(after)) for key, before, after in _all_changes()]
    services = [stack for stack in stacks_of(app.synth()) if "Resources" in stack.template]
    templates = {stack.hierarchical_id.split("/")[0]: stack.template["Resources"] for stack in services}
    return [Pair(key, templates[before], templates[after]) for key, before, after in names]


def _create_stack(scope: Construct, service: Data, settings: Data) -> None:
    environment = Environment.model_validate({**settings, "services": []})
    zones = environment.network.availability_zones
    brought = Stack(scope, "Brought")
    key = (
        environment.encryption_key_arn or "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000"
    )
    SageMakerStack(
        scope,
        "Service",
        project=Project(root=ROOT, environments=()),
        environment=environment,
        service=ServiceOnSageMaker.model_validate(service),
        vpc=aws_ec2.Vpc.from_vpc_attributes(
            brought,
            "Vpc",
            vpc_id="vpc-1",
            availability_zones=list(zones),
            isolated_subnet_ids=[f"subnet-{zone}" for zone in zones],
            private_subnet_ids=[f"subnet-private-{zone}" for zone in zones],
        ),
        encryption_key=aws_kms.Key.from_key_arn(brought, "Key", key),
        alarm_topic=aws_sns.Topic.from_topic_arn(brought, "Topic", "arn:aws:sns:us-east-1:111122223333:alarms"),
    )


def _of_type(template: dict[str, Any], kind: str, containing: str = "") -> dict[str, Any]:
    return {name: each for name, each in template.items() if each["Type"] == kind and containing in name}


def _without_tags(properties: dict[str, Any]) -> dict[str, Any]:
    """Tags are changed by calls of their own, AddTags and DeleteTags."""
    return {key: value for key, value in properties.items() if key != "Tags"}


def _endpoint(template: dict[str, Any]) -> dict[str, Any]:
    (endpoint,) = _of_type(template, "AWS::SageMaker::Endpoint").values()
    return _without_tags(endpoint["Properties"])


def _served(template: dict[str, Any]) -> list[Any]:
    """What an update would start: the configuration's content and the models."""
    kinds = ("AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model")
    return [_without_tags(each["Properties"]) for kind in kinds for each in _of_type(template, kind).values()]


def _of_the_configuration(template: dict[str, Any]) -> set[str]:
    """What must be replaced with the configuration, itself included."""
    return {
        *_of_type(template, "AWS::SageMaker::EndpointConfig"),
        *_of_type(template, "AWS::CloudWatch::Alarm", "RollbackAlarms"),
        *_of_type(template, "AWS::IAM::ManagedPolicy", "ExecutionRole"),
    }


def test_every_key_has_another_value_in_some_service() -> None:
    """A key that nothing here can change is one that the tests below do not see: give it an example."""
    models: list[tuple[type[BaseModel], dict[str, Any]]] = [
        *((ServiceOnSageMaker, data) for data in SERVICES.values()),
        (EnvironmentSettings, _ENVIRONMENT),
    ]
    tried = {change.field for model, data in models for change in _tried(model, data)}
    changed = {
        change.field
        for model, data in models
        for change in _tried(model, data)
        if accepted(model, data, change, check=_check)
    }
    assert tried - changed == set()


def test_the_endpoint_is_left_alone_or_gets_another_configuration(pairs: list[Pair]) -> None:
    """SageMaker fact 20."""
    refused = [
        pair.key
        for pair in pairs
        if _endpoint(pair.before) != _endpoint(pair.after)
        and _endpoint(pair.before)["EndpointConfigName"] == _endpoint(pair.after)["EndpointConfigName"]
    ]
    assert refused == []


def test_alarms_and_permissions_are_replaced_with_the_configuration(pairs: list[Pair]) -> None:
    """Changed in place, alarms keep the old fleet's state, and the old fleet loses permissions while it serves."""
    kept = {
        pair.key: sorted(_of_the_configuration(pair.before) & _of_the_configuration(pair.after))
        for pair in pairs
        if _served(pair.before) != _served(pair.after) or _endpoint(pair.before) != _endpoint(pair.after)
    }
    assert {key: names for key, names in kept.items() if names} == {}


def test_nothing_else_starts_instances(pairs: list[Pair]) -> None:
    needless = [
        pair.key
        for pair in pairs
        if _served(pair.before) == _served(pair.after)
        and _without_config_name(pair.before) == _without_config_name(pair.after)
        and _endpoint(pair.before) != _endpoint(pair.after)
    ]
    assert needless == []


def _without_config_name(template: dict[str, Any]) -> tuple[str, list[str]]:
    """What else an update sends: how it goes, and what each alarm that ends it watches."""
    endpoint = _endpoint(template) | {"EndpointConfigName": ""}
    alarms = _of_type(template, "AWS::CloudWatch::Alarm", "RollbackAlarms").values()
    watched = sorted(each["Properties"]["MetricName"] for each in alarms)
    text = json.dumps(endpoint, sort_keys=True)
    for name in _of_type(template, "AWS::CloudWatch::Alarm", "RollbackAlarms"):
        text = text.replace(name, "alarm")
    return text, watched
