"""Configurations that differ in one key, made from the models' own fields, so that a key of tomorrow is among them."""

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, Literal, Union

from pydantic import BaseModel

Data = Any

_IMAGE: Final = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving"
_KEY: Final = "arn:aws:kms:us-east-1:111122223333:key/11111111-0000-4000-8000-000000000000"
_PLAN: Final = "arn:aws:sagemaker:us-east-1:111122223333:training-plan"
_NUMBERS: Final = (1, 2, 3, 4, 5, 7, 15, 25, 50, 0.5, 100, 200, 2048, 95.5, 1096)

#: Values for keys whose type alone does not say what is accepted. A new key that needs one fails the test that asks
#: for a value of every key.
EXAMPLES: Final[Mapping[str, tuple[Any, ...]]] = {
    "alarm_chat": ({"slack_workspace_id": "T0123ABCD", "slack_channel_id": "C0123ABCD"},),
    "alarm_emails": (["on-call@example.com"],),
    "alarm_urls": (["https://events.example.com/cloudwatch"],),
    "availability_zones": (["us-east-1a", "us-east-1b", "us-east-1c"],),
    "capacity_reservation": ({"ml_reservation_arn": f"{_PLAN}/b"},),
    "containers": (
        [{"name": "one", "image": {"uri": f"{_IMAGE}:1"}}, {"name": "two", "image": {"uri": f"{_IMAGE}:1"}}],
    ),
    "cron": ("0 9 ? * MON-FRI *",),
    "encryption_key_arn": (_KEY,),
    "image": ({"deep_learning_container": "pytorch-inference", "version": "2.6.0-cpu-py312-ubuntu22.04-sagemaker"},),
    "instance_pools": (["ml.g5.12xlarge", "ml.g6.12xlarge"],),
    "instance_provision_timeout_s": (600, 1200),
    "instance_type": ("ml.c7i.xlarge", "ml.g5.xlarge"),
    "kms_key_arn": (_KEY,),
    "ml_reservation_arn": (f"{_PLAN}/c",),
    "model": ({"s3_prefix": "s3://models/triage/1/"},),
    "permissions_boundary": ("team-boundary",),
    "rollout": ({"strategy": "all_at_once"},),
    "runbook_base_url": ("https://wiki.example.com/runbooks",),
    "s3_uri": ("s3://models/triage/2/model.tar.gz",),
    "schedules": ([{"name": "night", "cron": "0 20 ? * MON-FRI *", "min": 2, "max": 4}],),
    "serverless": ({"memory_mb": 2048, "max_concurrency": 5},),
    "sha256": ("a" * 64,),
    "slack_channel_id": ("C0123WXYZ",),
    "slack_workspace_id": ("T0123WXYZ",),
    "steps": ({"steps": [{"above": 12, "add": 2}]}, [{"above": 12, "add": 2}, {"above": 20, "add": 4}]),
    "targets": ([{"metric": "cpu_utilization", "target": 60}],),
    "time_zone": ("Europe/Berlin",),
    "uri": (f"{_IMAGE}:2",),
    "variants": ({"main": {"weight": 9}, "challenger": {"weight": 1}},),
}


@dataclass(frozen=True)
class Change:
    """Data with another value in one place.

    Attributes:
        key: The place, dotted.
        field: The model that defines the key, and the key.
        data: The whole with the other value.
    """

    key: str
    field: str
    data: Data


def one_key_apart(model: type[BaseModel], data: Data) -> Iterator[Change]:
    """Every change of one key that is tried; `accepted` says which of them the model takes."""
    return _changes(model, data, "")


def accepted(model: type[BaseModel], data: Data, change: Change, *, check: Callable[[Any], None]) -> bool:
    """Whether a model and a check, which raises `ValueError`, take a change of data as another value than before."""
    try:
        changed = model.model_validate(change.data)
        check(changed)
    except ValueError:
        return False
    return changed != model.model_validate(data)


def _changes(model: type[BaseModel], data: Data, prefix: str) -> Iterator[Change]:
    for name, field in model.model_fields.items():
        key, of_model = f"{prefix}{name}", f"{_owner(model, name)}.{name}"
        if name in data and not field.is_required():
            yield Change(key, of_model, {other: value for other, value in data.items() if other != name})
        for value in [*EXAMPLES.get(name, ()), *_values(field.annotation, data.get(name))]:
            yield Change(key, of_model, {**data, name: value})
        for below in _below(field.annotation, data.get(name), f"{key}."):
            yield replace(below, data={**data, name: below.data})


def _owner(model: type[BaseModel], name: str) -> str:
    """The model that a field was inherited from."""
    owners = [each for each in model.__mro__ if name in getattr(each, "model_fields", {})]
    return owners[-1].__name__


def _below(annotation: Any, value: Any, prefix: str) -> Iterator[Change]:
    """Changes within a value: of a model's fields, or of the first item of a list or a mapping of models."""
    for kind in _kinds(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _changes(kind, value if isinstance(value, Mapping) else {}, prefix)
        elif typing.get_origin(kind) is tuple and isinstance(value, list) and value:
            for item in _below(typing.get_args(kind)[0], value[0], prefix):
                yield replace(item, data=[item.data, *value[1:]])
        elif typing.get_origin(kind) is dict and isinstance(value, Mapping) and value:
            first = next(iter(value))
            for item in _below(typing.get_args(kind)[1], value[first], prefix):
                yield replace(item, data={**value, first: item.data})


def _values(annotation: Any, value: Any) -> Iterator[Any]:
    for kind in _kinds(annotation):
        if kind is bool:
            yield from (True, False)
        elif kind in (int, float):
            yield from _NUMBERS
        elif typing.get_origin(kind) is Literal:
            yield from typing.get_args(kind)
        elif isinstance(kind, type) and issubclass(kind, Enum):
            yield from (each.value for each in kind)
        elif kind is str:
            yield "another"
        elif typing.get_origin(kind) is dict and typing.get_args(kind)[1] is str:
            yield {**(value or {}), "ANOTHER": "1"}


def _kinds(annotation: Any) -> Iterator[Any]:
    """What an annotation allows, without None and what is said besides the type."""
    if typing.get_origin(annotation) is typing.Annotated:
        yield from _kinds(typing.get_args(annotation)[0])
    elif typing.get_origin(annotation) in (Union, types.UnionType):
        for each in typing.get_args(annotation):
            yield from _kinds(each)
    elif annotation is not types.NoneType:
        yield annotation
