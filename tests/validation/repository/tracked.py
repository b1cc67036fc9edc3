"""The files of the repository: what git has or would take."""

import subprocess
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from tests.conftest import ROOT


@cache
def tracked() -> tuple[PurePosixPath, ...]:
    """Return every file's path below the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(PurePosixPath(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file())


@cache
def tracked_with_folders() -> frozenset[PurePosixPath]:
    """Return every file, and every folder that has one."""
    return frozenset(path for file in tracked() for path in (file, *file.parents))


def text_of(path: str | PurePosixPath) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def yaml_of(path: str | PurePosixPath) -> Any:
    return YAML(typ="safe", pure=True).load(text_of(path))


def make_targets() -> set[str]:
    """Return every target of the Makefile that is written in small letters: the ones people call."""
    names = set()
    for line in text_of("Makefile").splitlines():
        before, colon, after = line.partition(":")
        if colon and not line.startswith(("\t", "#", ".")) and not after.startswith("="):
            names |= {name for name in before.split() if Path(name).name == name}
    return names
