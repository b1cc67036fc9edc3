"""Reads one YAML 1.2 file, with the line of each key."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from inference_constructs.config.errors import ConfigError, Finding, KeyPath, Problem, dotted
from inference_constructs.config.yaml.nodes import MOST_LEVELS, NodeReader, ShallowComposer, TooDeepError


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

    def problem(self, finding: Finding) -> Problem:
        """A finding with its file and line."""
        return Problem(
            file=self.path,
            line=self.line(finding.path),
            key=dotted(finding.path),
            found=finding.found,
            accepted=finding.accepted,
        )


def read_yaml(file: Path, *, root: Path) -> YamlFile:
    """Read a YAML file.

    Args:
        file: The file.
        root: The project; errors name the file relative to it.

    Raises:
        ConfigError: There is no such file, it cannot be read, or it is no YAML mapping.
    """
    name = file.relative_to(root) if file.is_relative_to(root) else file
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = ShallowComposer
    yaml.composer.warn_double_anchors = False  # YAML 1.2 lets an anchor be used again, so nobody needs a warning
    document = _composed(yaml, _text(file, name), name)
    if not isinstance(document, MappingNode):
        found = _what_stands_there(document)
        raise ConfigError([Problem(file=name, line=None, key="", found=found, accepted="a mapping of keys to values")])
    reader = NodeReader(yaml, name)
    return YamlFile(path=name, data=reader.value(document), lines=reader.lines)


def _text(file: Path, name: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        found, accepted = "no such file", "a YAML file"
    except UnicodeDecodeError as error:
        found, accepted = f"byte {error.start} is not UTF-8", "UTF-8 text"
    except OSError as error:
        found, accepted = f"cannot be read ({(error.strerror or type(error).__name__).lower()})", "a YAML file"
    raise ConfigError([Problem(file=name, line=None, key="", found=found, accepted=accepted)])


def _composed(yaml: YAML, text: str, name: Path) -> Node | None:
    """The document's nodes, None if there is none."""
    line, accepted = None, "YAML 1.2"
    try:
        node: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        found = " ".join(str(error.problem or error.context).split())
        if isinstance(error, ComposerError) and "another document" in found:
            found, accepted = "a second document", "one document in a file"
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found, accepted = f"the character U+{error.character:04X}", "YAML 1.2, which has no control characters"
    except YAMLError as error:
        found = " ".join(str(error).split())
    except (ValueError, OverflowError):  # of an escape such as \UFFFFFFFF
        found = "an escape or a version that is out of range"
    except TooDeepError as error:
        line, found, accepted = error.line, "nested too deep", MOST_LEVELS
    else:
        return node
    raise ConfigError([Problem(file=name, line=line, key="", found=found, accepted=accepted)])


def _what_stands_there(document: Node | None) -> str:
    if document is None or (isinstance(document, ScalarNode) and document.tag == "tag:yaml.org,2002:null"):
        return "an empty file"
    return "a single value" if isinstance(document, ScalarNode) else "a list"
