"""Turns the nodes of a YAML document into plain values, each with its line, and rejects what no project needs.

Files are composed into nodes and not constructed by the library, whose constructors end in errors of their own kind at
tags, numbers and merges that are wrong, and do not report the line of a merged key.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from inference_constructs.config.errors import ConfigError, KeyPath, Problem, dotted, shown

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = f"{_TAG}merge"
#: What the core schema of YAML 1.2 knows; the library also finds dates and `=`, which are text by it.
_TEXT: Final = frozenset({f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value"})
_CONSTRUCTED: Final[Mapping[str, str]] = {
    f"{_TAG}bool": "construct_yaml_bool",
    f"{_TAG}float": "construct_yaml_float",
    f"{_TAG}int": "construct_yaml_int",
    f"{_TAG}null": "construct_yaml_null",
}
_TEXT_KEY: Final = "a key that is text, in quotes if it looks like something else"
#: Far more than any file needs, and little enough for whatever walks the values afterwards.
_DEEPEST: Final = 50
#: Up to here the reader reports the key.
_DEEPEST_TO_COMPOSE: Final = 2 * _DEEPEST
MOST_LEVELS: Final = f"up to {_DEEPEST} levels"
_MOST_VALUES: Final = 100_000
_LONGEST_NUMBER: Final = 100


class TooDeepError(Exception):
    """A node within more others than any file needs.

    Attributes:
        line: Its line, from 1.
    """

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class ShallowComposer(Composer):
    """Composes nodes and stops at the first one that is nested too deep: what follows would take seconds to scan."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node within another one.

        Raises:
            TooDeepError: It is nested too deep.
        """
        self._depth += 1
        if self._depth > _DEEPEST_TO_COMPOSE:
            raise TooDeepError(self.parser.peek_event().start_mark.line + 1)
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class NodeReader:
    """Reads the nodes of one file.

    Attributes:
        lines: The line, from 1, on which each key path is written: that of an anchor for what an alias or a merge
            brings in.
    """

    def __init__(self, yaml: YAML, file: Path) -> None:
        """Read nodes that were composed by `yaml`.

        Args:
            yaml: What composed them; knows the document's version of YAML.
            file: The file, as it is to be named in errors.
        """
        self.lines: dict[KeyPath, int] = {}
        self._yaml = yaml
        self._file = file
        self._open: list[Node] = []
        self._values = 0

    def value(self, node: Node, path: KeyPath = ()) -> Any:
        """A node as builtins.

        Args:
            node: The node.
            path: The keys that lead to it.

        Raises:
            ConfigError: It holds itself, is too large, or has a tag or a key of a kind that no file needs.
        """
        self._values += 1
        if self._values > _MOST_VALUES:
            accepted = f"up to {_MOST_VALUES} values, each alias counted as the values it repeats"
            raise self._refused(node, path, "a document that is too large", accepted)
        if any(node is each for each in self._open):
            raise self._refused(node, path, "an alias inside its own node", "values that do not hold themselves")
        if len(self._open) >= _DEEPEST:
            raise self._refused(node, path[:2], "nested too deep", MOST_LEVELS)
        self._open.append(node)
        try:
            return self._opened(node, path)
        finally:
            self._open.pop()

    def _opened(self, node: Node, path: KeyPath) -> Any:
        if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
            for index, item in enumerate(node.value):
                self.lines[*path, index] = _line(item)
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        raise self._tagged(node, path)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for merged in reversed(self._merged(node, path)):  # of several mappings the first one counts most
            before, self.lines = self.lines, {}
            brought = self.value(merged, path)
            written, self.lines = self.lines, before
            for key in brought.keys() & plain.keys():
                self._forget((*path, key))
            self.lines |= written
            plain |= brought
        own: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self._key(key_node, path)
            if key in own:
                found = f'found duplicate key "{key}", first set on line {own[key]}'
                raise self._refused(key_node, path, found, "each key once")
            if key in plain:
                self._forget((*path, key))
            own[key] = self.lines[*path, key] = _line(key_node)
            plain[key] = self.value(value_node, (*path, key))
        return plain

    def _key(self, node: Node, path: KeyPath) -> str:
        if not isinstance(node, ScalarNode):
            kind = "a mapping" if isinstance(node, MappingNode) else "a list"
            raise self._refused(node, path, f"{kind} as a key", _TEXT_KEY)
        key = self._scalar(node, path)
        if not isinstance(key, str):
            raise self._refused(node, path, f"{shown(key)} as a key", _TEXT_KEY)
        if not key.isprintable():
            raise self._refused(node, path, f"{shown(key)} as a key", "a key of characters that can be seen")
        return key

    def _forget(self, path: KeyPath) -> None:
        """A key of the mapping's own replaces whatever was merged under it."""
        for stale in [each for each in self.lines if each[: len(path)] == path]:
            del self.lines[stale]

    def _merged(self, node: MappingNode, path: KeyPath) -> list[MappingNode]:
        """The mappings that `<<` brings in (YAML's language-independent type "merge")."""
        accepted = "one `<<`, with an alias of a mapping or a list of them: <<: *anchor"
        merges = [(key_node, value_node) for key_node, value_node in node.value if key_node.tag == _MERGE]
        if len(merges) > 1:
            raise self._refused(merges[1][0], path, "a second `<<`", accepted)
        mappings: list[MappingNode] = []
        for key_node, value_node in merges:
            for source in value_node.value if isinstance(value_node, SequenceNode) else [value_node]:
                if not isinstance(source, MappingNode):
                    raise self._refused(key_node, path, "`<<` with what is no mapping", accepted)
                mappings.append(source)
        return mappings

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:
        if node.tag in _TEXT:
            return self._text(node, path)
        tag = str(node.tag)
        construct = _CONSTRUCTED.get(tag)
        if construct is None:
            raise self._tagged(node, path)
        kind = tag.removeprefix(_TAG)
        if len(node.value) > _LONGEST_NUMBER:
            found = f"a number of {len(node.value)} characters"
            raise self._refused(node, path, found, f"up to {_LONGEST_NUMBER}, or text in quotes")
        try:
            return getattr(self._yaml.constructor, construct)(node)
        except (ValueError, KeyError, IndexError):
            found = f"{shown(node.value)} with the tag !!{kind}"
            raise self._refused(node, path, found, "values without a tag") from None

    def _text(self, node: ScalarNode, path: KeyPath) -> str:
        text = str(node.value)
        if any("\ud800" <= each <= "\udfff" for each in text):
            raise self._refused(node, path, "half of a surrogate pair", "characters that UTF-8 has")
        return text

    def _tagged(self, node: Node, path: KeyPath) -> ConfigError:
        tag = str(node.tag).replace(_TAG, "!!")
        return self._refused(node, path, f"the tag {tag}", "values without a tag")

    def _refused(self, node: Node, path: KeyPath, found: str, accepted: str) -> ConfigError:
        return ConfigError(
            [Problem(file=self._file, line=_line(node), key=dotted(path), found=found, accepted=accepted)]
        )


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
