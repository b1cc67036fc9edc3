"""Compares every effective value of two environments, whatever keys the spec has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inference_constructs.config import ConfigError, Environment, load_project
from slipway.operations.errors import WrongUsageError

#: Shown where an environment has no such key at all, as one service may have a shadow and another none.
ABSENT: Final = "not there"
_OWN_GROUPS: Final = ("network", "eks")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value in two environments.

    Attributes:
        key: The dotted path of the key within its group.
        values: What counts in the first environment and in the second.
    """

    key: str
    values: tuple[Any, Any]

    @property
    def equal(self) -> bool:
        """Whether both have the same."""
        return bool(self.values[0] == self.values[1])


@dataclass(frozen=True, kw_only=True)
class Group:
    """Values that belong together.

    Attributes:
        name: `environment`, a key of an environment with many keys below it, or `services.NAME`.
        only_in: The one environment that has it; its values are left out then.
        differences: The values that were asked for, in the order of the spec.
    """

    name: str
    only_in: str | None = None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two environments, compared.

    Attributes:
        names: Their names.
        groups: What was found, without groups that have nothing to show.
    """

    names: tuple[str, str]
    groups: tuple[Group, ...]

    def as_json(self) -> dict[str, Any]:
        """The same for programs; a value that is not there is left out of its pair."""
        return {
            "environments": list(self.names),
            "groups": [
                {
                    "name": group.name,
                    "only_in": group.only_in,
                    "values": [
                        {
                            "key": each.key,
                            "equal": each.equal,
                            **{n: v for n, v in zip(self.names, each.values, strict=True) if v is not ABSENT},
                        }
                        for each in group.differences
                    ],
                }
                for group in self.groups
            ],
        }


def compare(project: Path, first: str, second: str, *, everything: bool = False) -> Comparison:
    """Compare two environments after overrides and defaults.

    Args:
        project: The folder that holds `environments/` and `model_artifacts/`.
        first: An environment's name.
        second: Another one's.
        everything: Whether values that are the same are wanted too.

    Raises:
        WrongUsageError: There is no such environment, or its files cannot be accepted.
    """
    # An environment's other regions go by its name and theirs, such as prod-eu-west-1.
    environments = {each.stage_name: each for each in _load(project)}
    for name in (first, second):
        if name not in environments:
            raise WrongUsageError(f"There is no environment `{name}`; there is {', '.join(environments)}.")
    left, right = effective(environments[first]), effective(environments[second])
    found = (_group(name, left, right, (first, second), everything=everything) for name in _names(left, right))
    return Comparison(names=(first, second), groups=tuple(each for each in found if each.only_in or each.differences))


def effective(environment: Environment) -> dict[str, Any]:
    """Every value that counts, by group."""
    values = environment.model_dump(mode="json")
    services = values.pop("services")
    own = {name: values.pop(name) for name in _OWN_GROUPS}
    groups = {"environment": values, **{name: value for name, value in own.items() if value is not None}}
    return groups | {f"services.{service['name']}": service for service in services}


def _names(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    names = list(dict.fromkeys([*left, *right]))
    fixed = [name for name in ("environment", *_OWN_GROUPS) if name in names]
    return [*fixed, *sorted(name for name in names if name not in fixed)]


def _group(
    name: str, left: Mapping[str, Any], right: Mapping[str, Any], names: tuple[str, str], *, everything: bool
) -> Group:
    if name not in left or name not in right:
        return Group(name=name, only_in=names[0] if name in left else names[1])
    one, two = dict(_leaves(left[name], "")), dict(_leaves(right[name], ""))
    pairs = [
        Difference(key=key, values=(one.get(key, ABSENT), two.get(key, ABSENT))) for key in dict.fromkeys([*one, *two])
    ]
    pairs = [pair for pair in pairs if not _is_shell(pair)]
    return Group(name=name, differences=tuple(pair for pair in pairs if everything or not pair.equal))


def _is_shell(pair: Difference) -> bool:
    """A whole that is null in one environment and has keys in the other: its keys are listed, each by itself."""
    return {id(value) for value in pair.values if value is not None} == {id(ABSENT)}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value with its path; the items of a list by their names where they have names."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif _is_list(value) and value and all(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{item.get('name', index)}]")
    else:
        yield path, value


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _load(project: Path) -> tuple[Environment, ...]:
    try:
        return load_project(project).environments
    except ConfigError as error:
        raise WrongUsageError(str(error)) from error
