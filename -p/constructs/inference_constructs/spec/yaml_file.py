"""Reads one YAML 1.2 file, and remembers on which line each key stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from inference_constructs.spec.errors import KeyPath, Problem, SpecError


@dataclass(frozen=True, kw_only=True)
class YamlFile:
    """A file's content as plain values.

    Attributes:
        path: The file, as it is to be named in errors.
        data: Its top-level mapping.
        lines: The line, from 1, on which each key path starts.
    """

    path: Path
    data: dict[str, Any]
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest mapping around it that exists."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def read_yaml(file: Path, *, root: Path) -> YamlFile:
    """Read a YAML file.

    Args:
        file: The file.
        root: The project; errors name the file relative to it.

    Raises:
        SpecError: There is no such file, or it is no YAML mapping.
    """
    name = file.relative_to(root) if file.is_relative_to(root) else file
    try:
        document = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError([Problem(file=name, line=None, key="", found="no such file", accepted="a YAML file")]) from None
    except UnicodeDecodeError as error:
        found = f"byte {error.start} is not UTF-8"
        raise SpecError([Problem(file=name, line=None, key="", found=found, accepted="UTF-8 text")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        found = " ".join(str(error.problem or error.context).split())
        raise SpecError([Problem(file=name, line=line, key="", found=found, accepted="YAML 1.2")]) from None
    if not isinstance(document, CommentedMap):
        found = "an empty file" if document is None else f"a {type(document).__name__}"
        raise SpecError([Problem(file=name, line=None, key="", found=found, accepted="a mapping of keys to values")])
    lines: dict[KeyPath, int] = {}
    return YamlFile(path=name, data=_plain(document, (), lines), lines=lines)


def _plain(node: Any, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    """Round-trip nodes as builtins: strict validation wants `int` itself, not a subclass that remembers its layout."""
    if isinstance(node, CommentedMap):
        plain = {}
        for key, value in node.items():
            lines[*path, key] = node.lc.key(key)[0] + 1
            plain[key] = _plain(value, (*path, key), lines)
        return plain
    if isinstance(node, CommentedSeq):
        for index in range(len(node)):
            lines[*path, index] = node.lc.item(index)[0] + 1
        return [_plain(value, (*path, index), lines) for index, value in enumerate(node)]
    for builtin in (bool, int, float, str):
        if isinstance(node, builtin):
            return builtin(node)
    return node
