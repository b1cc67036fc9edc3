"""How the Kubernetes API says no: an HTTP status and a `Status` object."""

from typing import Any


class Refusal(Exception):  # noqa: N818  it is an answer rather than an error
    """A request that is refused.

    Attributes:
        code: The HTTP status.
        body: The `Status` object.
    """

    def __init__(self, code: int, reason: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        causes = [{"reason": "FieldValueInvalid", "message": message, "field": field}] if field else []
        self.body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "reason": reason,
            "message": message,
            "code": code,
            "details": {"causes": causes},
        }


def not_found(resource: str, name: str) -> Refusal:
    """There is no such object."""
    return Refusal(404, "NotFound", f'{resource} "{name}" not found')


def unknown_path(path: str) -> Refusal:
    """There is nothing at this address."""
    return Refusal(404, "NotFound", f"the server could not find the requested resource: {path}")


def already_exists(resource: str, name: str) -> Refusal:
    """The name is taken."""
    return Refusal(409, "AlreadyExists", f'{resource} "{name}" already exists')


def invalid(resource: str, name: str, message: str, field: str) -> Refusal:
    """The manifest is not one."""
    return Refusal(422, "Invalid", f'{resource} "{name}" is invalid: {message}', field)


def bad_request(message: str) -> Refusal:
    """The request can not be understood."""
    return Refusal(400, "BadRequest", message)
