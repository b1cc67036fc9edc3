"""Template snapshots as files, and back.

Of a stack there is `NAME.json`, and `NAME.kubernetes.yaml` with the Kubernetes objects that it applies. Of a further
cell or region there is `NAME.differences.yaml` alone: what differs from its sibling. Snapshots of earlier commits have
every template in full, and are read as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml.error import YAMLError

from slipway.operations.errors import WrongUsageError
from slipway.operations.template_diff.snapshots import manifests
from slipway.operations.template_diff.snapshots.sibling import Differences, applied, differences
from slipway.operations.template_diff.snapshots.yaml_text import dump, load

TEMPLATE_SUFFIX: Final = ".json"
DIFFERENCES_SUFFIX: Final = ".differences.yaml"
SUFFIXES: Final = (TEMPLATE_SUFFIX, DIFFERENCES_SUFFIX, manifests.SUFFIX)

_CELL: Final = re.compile(r"-([2-9]|[1-9]\d+)$")
_SECTIONS: Final = ("changed", "added", "removed")

Template = dict[str, Any]


def snapshot_files(templates: Mapping[str, Template]) -> dict[str, str]:
    """The files of templates, by name.

    Args:
        templates: By the stack's name; `NAME-2` is its second cell, `NAME.REGION` its copy in a further region.
    """
    texts: dict[str, str] = {}
    for name, template in templates.items():
        base = _base_of(name, templates)
        own = _own_files(name, template)
        lines = sum(text.count("\n") for text in own.values())
        if base is not None:
            text = _differences_text(base, differences(templates[base], template))
            if text.count("\n") < lines / 2:
                own = {name + DIFFERENCES_SUFFIX: text}
        texts |= own
    return texts


def templates_of(files: Mapping[str, str]) -> dict[str, Template]:
    """The templates of snapshots, by name.

    Args:
        files: Their texts by the files' names; others than snapshots are left out.

    Raises:
        WrongUsageError: A file cannot be read, or refers to one that is not there.
    """
    found: dict[str, Template] = {}
    for file, text in files.items():
        if file.endswith(TEMPLATE_SUFFIX):
            template = parse_template(text, file)
            if "Resources" in template:
                found[file.removesuffix(TEMPLATE_SUFFIX)] = _complete(file, template, files)
    siblings = {file: text for file, text in files.items() if file.endswith(DIFFERENCES_SUFFIX)}
    return found | {file.removesuffix(DIFFERENCES_SUFFIX): _sibling(file, siblings[file], found) for file in siblings}


def parse_template(text: str, file: str) -> Template:
    """A template as JSON.

    Raises:
        WrongUsageError: It is no JSON, or no object.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise WrongUsageError(
            f"{file} is no JSON ({error}); write it again with `make synth` or `make snapshots`."
        ) from error
    if not isinstance(content, dict):
        raise WrongUsageError(f"{file} holds no JSON object; accepted: a CloudFormation template.")
    return content


def _own_files(name: str, template: Template) -> dict[str, str]:
    left, objects = manifests.taken_out(template, name)
    written = json.dumps(left, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return {name + TEMPLATE_SUFFIX: written} | ({name + manifests.SUFFIX: objects} if objects else {})


def _base_of(name: str, templates: Mapping[str, Template]) -> str | None:
    """The sibling that is stored in full: the first cell, in the first region."""
    stem = name.partition(".")[0]
    for candidate in (_CELL.sub("", stem), stem):
        if candidate in templates and candidate != name:
            return _base_of(candidate, templates) or candidate
    return None


def _differences_text(base: str, found: Differences) -> str:
    sections = {name: getattr(found, name) for name in _SECTIONS if getattr(found, name)}
    body = "".join(dump({name: section}) for name, section in sections.items())
    return f"# As {base}{TEMPLATE_SUFFIX}, but for what is listed here.\n{dump({'base': base})}{body}"


def _complete(file: str, template: Template, files: Mapping[str, str]) -> Template:
    try:
        return manifests.put_back(template, files)
    except KeyError as error:
        raise WrongUsageError(f"{file} refers to {error}, which is not there; run `make snapshots`.") from error
    except YAMLError as error:
        raise WrongUsageError(f"{file}: its Kubernetes objects are no YAML; run `make snapshots`.") from error


def _sibling(file: str, text: str, bases: Mapping[str, Template]) -> Template:
    try:
        content = load(text)
        found = Differences(**{name: content[name] for name in _SECTIONS if name in content})
        return applied(bases[content["base"]], found)
    except (YAMLError, LookupError, TypeError, ValueError) as error:
        raise WrongUsageError(
            f"{file} does not fit to its base ({type(error).__name__}: {error}); run `make snapshots`."
        ) from error
