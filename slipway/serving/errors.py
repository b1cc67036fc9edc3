"""What the server says no to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_SHOWN_CHARACTERS = 40


@dataclass(eq=False)
class RequestError(Exception):
    """A request that gets a 4xx answer.

    Attributes:
        status: The HTTP status.
        code: A word for programs, stable.
        message: A sentence for people: where, what was found, what is expected.
        headers: Headers the answer carries besides the usual ones.
    """

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


def bad_request(code: str, message: str) -> RequestError:
    """A body that cannot be understood or computed (400)."""
    return RequestError(400, code, message)


def shown(value: object) -> str:
    """A caller's value for a message: its JSON kind, and the value itself, shortened, where that says more."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float() | int():
            return f"{value:g}"
        case str():
            short = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
            return f'the text "{short}"'
        case list():
            return f"a list of {len(value)}"
        case _:
            return "an object"
