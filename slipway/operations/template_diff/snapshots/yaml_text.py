"""JSON values as YAML for a reader, and back: multi-line text is shown line by line, nothing is folded."""

from __future__ import annotations

import io
from functools import cache
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

#: Long values stay on one line, so that a change of one word does not move the words after it.
_WIDEST: Final = 1_000_000
_TEXT: Final = "tag:yaml.org,2002:str"


class _Emitter(Emitter):
    """Keys on one line with their values; YAML allows up to 1,024 characters."""

    MAX_SIMPLE_KEY_LENGTH = 1000


class _Representer(SafeRepresenter):
    def represent_text(self, text: str) -> ScalarNode:
        node: ScalarNode = self.represent_scalar(_TEXT, text, style=_style(text))
        return node


def _style(text: str) -> str | None:
    """Lines of ordinary text are shown as they are; what could be lost that way is quoted and escaped."""
    lines = text.split("\n")
    if not all(line.isprintable() for line in lines):
        return '"'
    if len(lines) == 1:
        return None
    starts_with_text = lines[0] != "" and not lines[0].startswith(" ")
    return "|" if starts_with_text and all(line == line.rstrip() for line in lines) else '"'


_Representer.add_representer(str, _Representer.represent_text)


def dump(value: Any) -> str:
    """Write a value; keys are sorted."""
    stream = io.StringIO()
    _yaml().dump(value, stream)
    return stream.getvalue()


def load(text: str) -> Any:
    """Read what `dump` wrote.

    Raises:
        ruamel.yaml.error.YAMLError: It is no YAML.
    """
    return _yaml().load(text)


@cache
def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Emitter = _Emitter
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = _WIDEST
    return yaml
