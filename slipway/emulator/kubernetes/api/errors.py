"""How the Kubernetes API says no: an HTTP status and a `Status` object."""

from typing import Any


class ApiStatusError(Exception):
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


def not_found(resource: str, name: str) -> ApiStatusError:
    """There is no such object."""
    return ApiStatusError(404, "NotFound", f'{resource} "{name}" not found')


def unknown_path(path: str) -> ApiStatusError:
    """There is nothing at this address."""
    return ApiStatusError(404, "NotFound", f"the server could not find the requested resource: {path}")


def already_exists(resource: str, name: str) -> ApiStatusError:
    """The name is taken."""
    return ApiStatusError(409, "AlreadyExists", f'{resource} "{name}" already exists')


def invalid(resource: str, name: str, message: str, field: str) -> ApiStatusError:
    """The manifest is not one."""
    return ApiStatusError(422, "Invalid", f'{resource} "{name}" is invalid: {message}', field)


def bad_request(message: str) -> ApiStatusError:
    """The request can not be understood."""
    return ApiStatusError(400, "BadRequest", message)
