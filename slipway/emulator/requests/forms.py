"""Parameters that a form carries: the query protocol, and EC2's.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html and aws-ec2-query-protocol.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

_SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda text: text.lower() == "true",
}


def parameters(operation: OperationModel, values: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of an operation, as botocore's users name them.

    Raises:
        ValueError: A value is no number where one has to be.
    """
    if operation.input_shape is None:
        return {}
    found: dict[str, Any] = _Form(values, is_ec2=operation.service_model.protocol == "ec2").value(
        operation.input_shape, ""
    )
    return found or {}


class _Form:
    def __init__(self, values: Mapping[str, str], *, is_ec2: bool) -> None:
        self._values = values
        self._is_ec2 = is_ec2

    def value(self, shape: Shape, prefix: str) -> Any:
        """The value under a prefix, None if there is none."""
        inside = [name for name in self._values if not prefix or name == prefix or name.startswith(f"{prefix}.")]
        if not inside:
            return None
        match shape:
            case StructureShape():
                found = {
                    name: self.value(member, f"{prefix}.{self._name(member, name)}".lstrip("."))
                    for name, member in shape.members.items()
                }
                return {name: value for name, value in found.items() if value is not None}
            case ListShape():
                return self._list(shape, prefix)
            case MapShape():
                entries = self._numbered(prefix if shape.serialization.get("flattened") else f"{prefix}.entry")
                key, value = self._name(shape.key, "key"), self._name(shape.value, "value")
                return {self._values.get(f"{at}.{key}", ""): self.value(shape.value, f"{at}.{value}") for at in entries}
        text = self._values.get(prefix)
        return None if text is None else _SCALARS.get(shape.type_name, str)(text)

    def _list(self, shape: ListShape, prefix: str) -> list[Any]:
        if self._is_ec2:
            begin = prefix
        elif shape.serialization.get("flattened"):
            begin = ".".join([*prefix.split(".")[:-1], self._name(shape.member, prefix.rpartition(".")[2])])
        else:
            begin = f"{prefix}.{self._name(shape.member, 'member')}"
        return [self.value(shape.member, at) for at in self._numbered(begin)]

    def _numbered(self, prefix: str) -> list[str]:
        found: list[str] = []
        while any(name == (at := f"{prefix}.{len(found) + 1}") or name.startswith(f"{at}.") for name in self._values):
            found.append(at)
        return found

    def _name(self, shape: Shape, name: str) -> str:
        if not self._is_ec2:
            return str(shape.serialization.get("name", name))
        plain = str(shape.serialization.get("name", name))
        return str(shape.serialization.get("queryName", plain[:1].upper() + plain[1:]))
