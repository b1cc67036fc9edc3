"""Sentences for what is wrong with a YAML file: where, under which key, what was found, what would be accepted."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inference_constructs.config.models.base import RuleError

KeyPath = tuple[str | int, ...]

_SHORT = 60


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to change in one file.

    Attributes:
        file: The file, relative to the project where possible.
        line: Its line, from 1; None where the file has no lines to speak of.
        key: Dotted path of the key, empty for the whole file.
        found: What was found, as a phrase such as "`5`" or "unknown key".
        accepted: What would be accepted.
    """

    file: Path
    line: int | None
    key: str
    found: str
    accepted: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        subject = f"{self.key}: " if self.key else ""
        return f"{place}: {subject}{self.found}; accepted: {self.accepted}"


class ConfigError(Exception):
    """Files that cannot be accepted, with every problem found in them, one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(value: object) -> str:
    """A value as a reader finds it in the file, cut where it is long."""
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_unset=True)
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(_as_written(value))
    return f"`{text}`" if len(text) <= _SHORT else f"`{text[:_SHORT]}…`"


def _as_written(value: object) -> object:
    """Numbers that became floating-point by their type as the whole numbers that were written."""
    if isinstance(value, list):
        return [_as_written(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def dotted(path: Iterable[str | int]) -> str:
    """`("services", "a", "azs", 0)` as `services.a.azs[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A problem by its key path, before a file and a line are known."""

    path: KeyPath
    found: str
    accepted: str


def findings(error: ValidationError, model: type[BaseModel]) -> Iterator[Finding]:
    """Turn pydantic's errors into findings.

    Args:
        error: What validating `model` raised.
        model: The model that was validated; names the keys that exist where an unknown one was written.
    """
    for details in error.errors():
        yield _finding(details, model)


def _finding(details: ErrorDetails, model: type[BaseModel]) -> Finding:
    # pydantic says "[key]" where a mapping's key itself is wrong; name the key, then what the mapping is for.
    path = tuple(part for part in details["loc"] if part != "[key]")
    value, kind = details["input"], details["type"]
    context: Mapping[str, Any] = details.get("ctx", {})
    if kind == "extra_forbidden":
        return Finding(path=path, found=f"unknown key (value {shown(value)})", accepted=_keys_at(model, path))
    if kind == "missing":
        return Finding(path=path, found="missing", accepted=_description(model, path))
    cause = context.get("error")
    if isinstance(cause, RuleError):
        return Finding(path=(*path, *cause.key.split(".")), found=shown(cause.value), accepted=cause.accepted)
    return Finding(path=path, found=shown(value), accepted=_accepted(details, model, path))


def _accepted(details: ErrorDetails, model: type[BaseModel], path: KeyPath) -> str:
    message = details["msg"].removeprefix("Value error, ").replace("Input should be ", "")
    message = message.replace("a valid ", "a ").replace("integer", "whole number").replace("a string", "text in quotes")
    message = message.replace("a tuple", "a list")
    if details["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        return _keys_at(model, (*path, ""))
    if details["type"] in {"string_pattern_mismatch", "string_too_long"}:
        return _description(model, path[:-1] if details["loc"][-1] == "[key]" else path)
    return message


def _keys_at(model: type[BaseModel], path: KeyPath) -> str:
    owner = _model_at(model, path[:-1])
    if owner is None:
        return "a mapping"
    keys = list(owner.model_fields)
    close = difflib.get_close_matches(str(path[-1]), keys, n=1)
    hint = f" (did you mean `{close[0]}`?)" if close else ""
    return ", ".join(keys) + hint


def _description(model: type[BaseModel], path: KeyPath) -> str:
    # An item of a list, or a key of a mapping that is no model, is described where the list or the mapping is.
    while len(path) > 1 and (isinstance(path[-1], int) or _model_at(model, path[:-1]) is None):
        path = path[:-1]
    owner = _model_at(model, path[:-1])
    field = owner.model_fields.get(str(path[-1])) if owner else None
    return field.description if field and field.description else "a value"


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel] | None:
    """The model that the mapping at `path` is read into, if a model reads it."""
    current = model
    for part in path:
        if isinstance(part, int):  # an item of a list, of the model that the list's field names
            continue
        field = current.model_fields.get(str(part))
        candidates = [] if field is None else list(_models_in(field.annotation))
        if len(candidates) != 1:
            return None
        current = candidates[0]
    return current


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
