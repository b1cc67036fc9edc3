"""What every value of the spec has in common."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

#: A YAML list, kept as a tuple so that the value that holds it stays frozen and hashable.
Items = Annotated[tuple[T, ...], Field(strict=False)]


class ConfigModel(BaseModel):
    """A frozen value that takes no unknown key and converts no type: `"2"` is not a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class RuleError(ValueError):
    """A value that its own type allows and another key forbids.

    Attributes:
        key: The key within the value being validated that has to change, dotted if it is deeper.
        value: The value found.
        accepted: What would be accepted, as the end of the sentence "accepted: …".
    """

    def __init__(self, key: str, value: Any, *, accepted: str) -> None:
        super().__init__(f"{key}: {value!r} is not accepted; accepted: {accepted}")
        self.key = key
        self.value = value
        self.accepted = accepted


def check_each_once(key: str, values: Sequence[str]) -> None:
    """Reject a list with a duplicate.

    Raises:
        RuleError: It does.
    """
    for value in values:
        if values.count(value) > 1:
            raise RuleError(key, value, accepted="each one once")
