"""Edits single values of a YAML text and leaves every other byte as it is.

A round trip through a YAML writer normalises indents, quotes and spaces of lines that nobody meant to touch. Here the
parser only finds where a value begins and ends, and the new one is spliced in.
"""

from __future__ import annotations

from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from slipway.operations.errors import WrongUsageError
from slipway.operations.promotion.yaml_values import ALWAYS_QUOTED, Value, block, flow, scalar

Path = tuple[str, ...]


def set_value(text: str, path: Path, value: Value) -> str:
    """Replace or add one value.

    A mapping takes the place of a mapping key by key: keys that stay keep their place, quotes and comments, a new key
    takes the place of one that goes.

    Args:
        text: The file's content.
        path: The keys that lead to the value. What leads there has to exist, or be null.
        value: The new value.

    Raises:
        WrongUsageError: The text is laid out in a way that cannot be edited safely.
    """
    expected = _with(_plain(text), path, value)
    return _checked(_set(text, path, value), expected, path)


def remove(text: str, path: Path) -> str:
    """Remove one key with its value and the comment behind it.

    Raises:
        WrongUsageError: The text is laid out in a way that cannot be edited safely.
    """
    expected = _without(_plain(text), path)
    return _checked(_remove(text, path), expected, path)


def _set(text: str, path: Path, value: Value) -> str:
    pair = _pair(_root(text), path)
    if pair is None:
        return _add(text, path, value)
    _, old = pair
    if isinstance(value, Mapping):
        return _set_mapping(text, path, value) if isinstance(old, MappingNode) else _fill_null(text, path, value)
    if not isinstance(old, ScalarNode):
        raise _unfit(path)
    return _splice(text, old.start_mark.index, old.end_mark.index, scalar(value, path[-1], old.style))


def _set_mapping(text: str, path: Path, wanted: Mapping[str, Value]) -> str:
    present = [key.value for key, _ in _mapping(text, path).value]
    gone = [key for key in present if key not in wanted]
    new = [key for key in wanted if key not in present]
    replaced = dict(zip(gone, new, strict=False))
    for old, key in replaced.items():
        text = _rename(text, (*path, old), key, wanted[key])
    for key in (key for key in wanted if key not in replaced.values()):
        text = _set(text, (*path, key), wanted[key])
    for key in gone[len(replaced) :]:
        text = _remove(text, (*path, key))
    return text


def _rename(text: str, path: Path, key: str, value: Value) -> str:
    """Let another key with its value take the place of one."""
    name, old = _existing(text, path)
    if isinstance(value, Mapping) or not isinstance(old, ScalarNode):
        raise _unfit(path)
    style = old.style or ('"' if key in ALWAYS_QUOTED else None)
    # A key that is always quoted leaves no quotes behind for the one that takes its place.
    style = None if name.value in ALWAYS_QUOTED and key not in ALWAYS_QUOTED else style
    text = _splice(text, old.start_mark.index, old.end_mark.index, scalar(value, key, style))
    return _splice(text, name.start_mark.index, name.end_mark.index, key)


def _add(text: str, path: Path, value: Value) -> str:
    if len(path) > 1 and _pair(_root(text), path[:-1]) is None:
        return _add(text, path[:-1], {path[-1]: value})
    parent = _root(text) if len(path) == 1 else _existing(text, path[:-1])[1]
    if not isinstance(parent, MappingNode):
        return _fill_null(text, path[:-1], {path[-1]: value})
    written = f"{path[-1]}: {flow(value)}"
    if parent.flow_style:
        if not parent.value:
            return _splice(text, parent.start_mark.index, parent.end_mark.index, f"{{{written}}}")
        end = _end(parent.value[-1][1])
        return _splice(text, end, end, f", {written}")
    if not parent.value:
        raise _unfit(path)
    indent = parent.value[-1][0].start_mark.column
    return _insert_line(text, _end(parent.value[-1][1]), block(path[-1], value, indent))


def _fill_null(text: str, path: Path, value: Mapping[str, Value]) -> str:
    """Give a key without a value its first keys, on the lines below it; in a flow mapping, behind it."""
    name, old = _existing(text, path)
    parent = _root(text) if len(path) == 1 else _mapping(text, path[:-1])
    if not isinstance(old, ScalarNode) or old.value not in ("", "null", "~"):
        raise _unfit(path)
    colon = text.index(":", name.end_mark.index) + 1
    if parent.flow_style or old.value:
        end = max(_end(old), colon)
        return _splice(text, colon, end, f" {flow(value)}")
    indent = name.start_mark.column + 2
    lines = [line for key, item in value.items() for line in block(key, item, indent)]
    return _insert_line(text, colon, lines)


def _remove(text: str, path: Path) -> str:
    parent = _root(text) if len(path) == 1 else _existing(text, path[:-1])[1]
    name, old = _existing(text, path)
    if not isinstance(parent, MappingNode):
        raise _unfit(path)
    if parent.flow_style:
        names = [key for key, _ in parent.value]
        at = [key.value for key in names].index(name.value)
        if at:
            return _splice(text, _end(parent.value[at - 1][1]), _end(old), "")
        if len(names) > 1:
            return _splice(text, name.start_mark.index, names[1].start_mark.index, "")
        return _splice(text, parent.start_mark.index, parent.end_mark.index, "{}")
    start = text.rfind("\n", 0, name.start_mark.index) + 1
    if text[start : name.start_mark.index].strip():  # a mapping that begins behind a dash
        raise _unfit(path)
    end = text.find("\n", max(_end(old), name.end_mark.index))
    if end < 0:  # the file's last line has no line feed, and the line before becomes the last
        return text[: start - 1] if start else ""
    return _splice(text, start, end + 1, "")


def _insert_line(text: str, after: int, lines: list[str]) -> str:
    """Add lines below the line on which something ends."""
    feed = "\r\n" if "\r\n" in text else "\n"
    end = text.find("\n", after)
    if end < 0:
        return text + "".join(feed + line for line in lines)
    return _splice(text, end + 1, end + 1, "".join(line + feed for line in lines))


def _end(node: Node) -> int:
    """Where a value really ends: the parser lets a block mapping end only before what follows it."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        key, value = node.value[-1]
        return max(_end(key), _end(value))
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.index) - 1  # before the line feed that belongs to it
    return int(node.end_mark.index)


def _root(text: str) -> MappingNode:
    node = YAML(typ="rt", pure=True).compose(text)
    if not isinstance(node, MappingNode):
        raise WrongUsageError("A file without a mapping at its top has no pin to move.")
    return node


def _pair(node: Node, path: Path) -> tuple[ScalarNode, Node] | None:
    found: tuple[ScalarNode, Node] | None = None
    for part in path:
        if not isinstance(node, MappingNode):
            return None
        found = next(((key, value) for key, value in node.value if key.value == part), None)
        if found is None:
            return None
        node = found[1]
    return found


def _existing(text: str, path: Path) -> tuple[ScalarNode, Node]:
    found = _pair(_root(text), path)
    if found is None:
        raise _unfit(path)
    return found


def _mapping(text: str, path: Path) -> MappingNode:
    _, node = _existing(text, path)
    if not isinstance(node, MappingNode):
        raise _unfit(path)
    return node


def _splice(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _plain(text: str) -> object:
    return YAML(typ="safe", pure=True).load(text)


def _with(data: object, path: Path, value: object) -> object:
    if not path:
        return value
    inner = data if isinstance(data, dict) else {}
    return {**inner, path[0]: _with(inner.get(path[0]), path[1:], value)}


def _without(data: object, path: Path) -> object:
    if not isinstance(data, dict):
        return data
    if len(path) > 1:
        return {**data, path[0]: _without(data.get(path[0]), path[1:])}
    return {key: value for key, value in data.items() if key != path[0]} or None


def _checked(text: str, expected: object, path: Path) -> str:
    """Reject a result that differs from what it should be: the editing of an anchor, for one."""
    try:
        good = _empty_as_null(_plain(text)) == _empty_as_null(expected)
    except YAMLError:
        good = False
    if not good:
        raise _unfit(path)
    return text


def _empty_as_null(data: object) -> object:
    if isinstance(data, dict):
        return {key: _empty_as_null(value) for key, value in data.items()} or None
    return data


def _unfit(path: Path) -> WrongUsageError:
    return WrongUsageError(
        f"{'.'.join(path)}: written in a way that cannot be edited without touching its neighbours (an anchor, a"
        " comment inside braces, a value over several lines); edit it by hand."
    )
