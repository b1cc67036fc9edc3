"""What a CloudFormation handler of ours is made of, and the means they share."""

import dataclasses
import enum
import functools
import re
import secrets
from collections.abc import Callable
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace

Properties = dict[str, Any]

_FROM_TEXT: Final[dict[str, Callable[[str], int | float | bool]]] = {
    "boolean": lambda text: text.lower() == "true",
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}


class Effect(enum.Enum):
    """How much there is behind a deployed resource."""

    WORKS = "works"
    """It does here what it does on AWS, as far as one machine goes."""
    DESCRIBED = "described"
    """The service's API tells it back, and other resources are checked against it; nothing acts on it."""
    RECORDED = "recorded"
    """The stack remembers it, and no service knows it."""


@dataclasses.dataclass(frozen=True)
class Created:
    """A resource that was created or updated.

    Attributes:
        physical_id: What `Ref` gives.
        attributes: What `Fn::GetAtt` gives.
    """

    physical_id: str
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)


class Create(Protocol):
    """Creates a resource."""

    def __call__(self, logical_id: str, properties: Properties) -> Created: ...  # noqa: D102


class ChangeResource(Protocol):
    """Changes a resource in place."""

    def __call__(self, physical_id: str, old: Properties, new: Properties) -> Created: ...  # noqa: D102


class Delete(Protocol):
    """Deletes a resource; it is no error if it is gone already."""

    def __call__(self, physical_id: str, properties: Properties) -> None: ...  # noqa: D102


@dataclasses.dataclass(frozen=True)
class ResourceType:
    """A resource type that ministack's engine lacks.

    Attributes:
        name: As templates spell it.
        effect: How much there is behind it.
        behind: What that is, in a few words for people.
        create: Creates one.
        change: Changes one in place.
        delete: Deletes one.
        replaced_by: The properties whose change makes a new one and deletes the old.
    """

    name: str
    effect: Effect
    behind: str
    create: Create
    change: ChangeResource
    delete: Delete
    replaced_by: frozenset[str]


class ResourceError(Exception):
    """A resource that its service refuses; the text becomes the reason in the stack's events."""


class ApiClient:
    """Calls to the services of the embedded AWS, over its own port, as CloudFormation would call them."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._client = functools.cache(lambda service: client(service, workspace))

    def call(self, service: str, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an action with CloudFormation's properties; numbers that a template wrote as text become numbers.

        Raises:
            ResourceError: The service refuses, with its sentence.
        """
        caller = self._client(service)
        shape = caller.meta.service_model.operation_model(action).input_shape
        method = getattr(caller, _snake(action))
        try:
            return dict(method(**typed(shape, parameters)))
        except (ClientError, ParamValidationError) as error:
            raise ResourceError(str(error)) from error

    def parameters(self, service: str, action: str) -> frozenset[str]:
        """The names of an action's parameters."""
        shape = self._client(service).meta.service_model.operation_model(action).input_shape
        return frozenset(shape.members)

    def gone(self, service: str, action: str, **parameters: Any) -> None:
        """Call an action that deletes something; if that is gone already, so much the better.

        Raises:
            ResourceError: The service refuses for another reason.
        """
        try:
            self.call(service, action, **parameters)
        except ResourceError as refused:
            if not re.search(r"NotFound|not find|not exist|No scal\w+ \w+ found", str(refused), re.IGNORECASE):
                raise


def generated_name(logical_id: str, longest: int = 63) -> str:
    """A physical name as CloudFormation makes them: the logical one and something random."""
    suffix = secrets.token_hex(6)
    return f"{logical_id[: longest - len(suffix) - 1]}-{suffix}"


def without(properties: Properties, *names: str) -> Properties:
    """The properties but these."""
    return {name: value for name, value in properties.items() if name not in names}


def _snake(action: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", action).lower()


def typed(shape: Shape | None, value: Any) -> Any:
    """A template's value as the API takes it: numbers and booleans may be written as text."""
    match shape, value:
        case StructureShape(), dict():
            return {name: typed(shape.members.get(name), part) for name, part in value.items()}
        case ListShape(), list():
            return [typed(shape.member, part) for part in value]
        case MapShape(), dict():
            return {name: typed(shape.value, part) for name, part in value.items()}
        case Shape(), str() if shape.type_name in _FROM_TEXT:
            return _FROM_TEXT[shape.type_name](value)
        case Shape(type_name="string"), int() | float() if not isinstance(value, bool):
            return str(value)
    return value
