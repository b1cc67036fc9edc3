"""Constructs look alike from outside: few parameters, the CDK's interfaces, and defaults that are documented."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import sys
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from constructs import Construct

import inference_constructs

MOST_PARAMETERS = 12
#: Lambda functions, whose code is not of the library's making.
_NOT_IMPORTED = "inference_constructs.eks.functions"
_HOUSE = ("self", "scope", "construct_id")
#: Why a parameter is an ARN or an id, and not a construct.
_BY_NAME = {
    ("ModelPackage", "arn"): "the CDK has no interface of a model package",
    ("OperationsRole", "trusted_role_arns"): "roles that need not exist yet, of another account",
    ("ProtectionRole", "trusted_role_arn"): "a role that need not exist yet, of another account",
    ("EndpointBase", "endpoint_arn"): "what the endpoint is imported by",
    ("Workload", "target_group_arns"): "Kubernetes objects name target groups by their ARNs",
    ("ServiceRecords", "hosted_zone_id"): "an environment names the zone by its id, and the records are L1s",
    ("ServiceListener", "certificate_arn"): "an environment names the certificate by its ARN, or it is an L1",
}


def _modules() -> Iterator[Any]:
    prefix = f"{inference_constructs.__name__}."
    for module in pkgutil.walk_packages(inference_constructs.__path__, prefix):
        if not module.name.startswith(_NOT_IMPORTED):
            yield importlib.import_module(module.name)


def _public_classes() -> Iterator[type]:
    for module in _modules():
        for name, found in vars(module).items():
            if inspect.isclass(found) and found.__module__ == module.__name__ and not name.startswith("_"):
                yield found


CONSTRUCTS = sorted((each for each in _public_classes() if issubclass(each, Construct)), key=lambda each: each.__name__)
#: Not what mirrors Kubernetes' own types, nor the configuration, whose keys a page describes.
_OTHERS = ("inference_constructs.config.", "inference_constructs.eks.crds.")
VALUES = sorted(
    (each for each in _public_classes() if dataclasses.is_dataclass(each) and not each.__module__.startswith(_OTHERS)),
    key=lambda each: each.__name__,
)
_EACH_CONSTRUCT = pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda each: each.__name__)


def _factories(construct: type) -> list[tuple[str, Callable[..., Any]]]:
    """Its class methods that make one, such as `from_uri`."""
    return [
        (name, getattr(construct, name))
        for name, found in vars(construct).items()
        if isinstance(found, classmethod | staticmethod) and not name.startswith("_")
    ]


def _methods(construct: type) -> list[tuple[str, Callable[..., Any]]]:
    """What is called on it or to make it."""
    own = [
        (name, found)
        for name, found in vars(construct).items()
        if inspect.isfunction(found) and (name == "__init__" or not name.startswith("_"))
    ]
    return own + _factories(construct)


def _described(text: str | None, section: str) -> dict[str, str]:
    """The entries of a section of a docstring, by name."""
    found = re.search(rf"^{section}:\n(.*?)(?=^\S|\Z)", inspect.cleandoc(text or ""), flags=re.DOTALL | re.MULTILINE)
    entries = re.split(r"^ {4}(?=\S)", found[1], flags=re.MULTILINE) if found else []
    return {name: " ".join(description.split()) for name, _, description in (entry.partition(":") for entry in entries)}


def _says_default(description: str) -> bool:
    """Whether `Default: …` is its last sentence, or the last but one."""
    return re.search(r"(^|\. |`\. )Default: [^ ].*[.]$", description) is not None


def _types_in(hint: Any) -> Iterator[Any]:
    yield hint
    for part in typing.get_args(hint):
        yield from _types_in(part)


def _has_an_interface(hint: Any) -> bool:
    """Whether it is a class of the CDK beside which there is an interface, as `IVpc` is beside `Vpc`."""
    if not inspect.isclass(hint) or not hint.__module__.startswith("aws_cdk"):
        return False
    return hasattr(sys.modules[hint.__module__], f"I{hint.__name__}")


def test_the_library_is_looked_at() -> None:
    assert len(CONSTRUCTS) > 40
    assert len(VALUES) > 10


@_EACH_CONSTRUCT
def test_a_construct_takes_scope_id_and_few_keywords(construct: type) -> None:
    parameters = inspect.signature(inspect.getattr_static(construct, "__init__")).parameters
    assert tuple(parameters)[:3] == _HOUSE
    rest = list(parameters.values())[3:]
    assert {each.kind for each in rest} <= {inspect.Parameter.KEYWORD_ONLY}
    assert len(rest) <= MOST_PARAMETERS, f"{len(rest)} parameters; collect some in a value, as Retention does"


@_EACH_CONSTRUCT
def test_what_makes_a_construct_has_the_same_signature(construct: type) -> None:
    for name, factory in _factories(construct):
        parameters = inspect.signature(factory).parameters
        if name.startswith("from_"):
            assert tuple(parameters)[:2] == _HOUSE[1:], name
            assert {each.kind for each in list(parameters.values())[2:]} == {inspect.Parameter.KEYWORD_ONLY}, name


@_EACH_CONSTRUCT
def test_a_construct_takes_interfaces_of_the_cdk(construct: type) -> None:
    concrete = [
        f"{name}({parameter})"
        for name, method in _methods(construct)
        for parameter, hint in typing.get_type_hints(method).items()
        if parameter != "return" and any(_has_an_interface(each) for each in _types_in(hint))
    ]
    assert not concrete


@_EACH_CONSTRUCT
def test_a_construct_takes_objects_and_not_their_arns(construct: type) -> None:
    parameters = list(inspect.signature(inspect.getattr_static(construct, "__init__")).parameters)
    by_name = [each for each in parameters if re.search(r"(^|_)(arns?|ids?)$", each) and each != "construct_id"]
    assert [each for each in by_name if (construct.__name__, each) not in _BY_NAME] == []


@_EACH_CONSTRUCT
def test_every_default_of_a_construct_is_documented(construct: type) -> None:
    silent = [
        f"{name}({parameter})"
        for name, method in _methods(construct)
        for parameter, declared in inspect.signature(method).parameters.items()
        if declared.default is not inspect.Parameter.empty
        and not _says_default(_described(method.__doc__, "Args").get(parameter, ""))
    ]
    assert not silent, "end these entries of Args with `Default: …`"


@pytest.mark.parametrize("value", VALUES, ids=lambda each: each.__name__)
def test_every_default_of_a_value_is_documented(value: Any) -> None:
    described = _described(value.__doc__, "Attributes")
    silent = [
        field.name
        for field in dataclasses.fields(value)
        if not field.name.startswith("_")
        and (field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING)
        and not _says_default(described.get(field.name, ""))
    ]
    assert not silent, "end these entries of Attributes with `Default: …`"


def test_the_sentences_about_defaults_are_found() -> None:
    entries = _described(
        "Say it.\n\nArgs:\n    one: Which. Default: the\n        first.\n    two: How.\n\nRaises:\n    E: It.", "Args"
    )
    assert entries["one"] == "Which. Default: the first."
    assert _says_default(entries["one"])
    assert not _says_default(entries["two"])
