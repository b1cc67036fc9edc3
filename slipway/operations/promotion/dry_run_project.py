"""Reads the project as it would be with one file changed, before the file is written."""

import tempfile
from pathlib import Path

from inference_constructs.config import ConfigError, Project, load_project
from slipway.operations.errors import WrongUsageError


def load(root: Path) -> Project:
    """The project as it is.

    Raises:
        WrongUsageError: Its files cannot be accepted.
    """
    try:
        return load_project(root)
    except ConfigError as error:
        raise WrongUsageError(str(error)) from error


def load_with(root: Path, file: Path, text: str) -> Project:
    """The project as it would be.

    Args:
        root: The project's folder.
        file: The file that changes, within the folder.
        text: Its new text.

    Raises:
        WrongUsageError: The files could not be accepted then.
    """
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        _mirror(root.resolve(), copy, file.relative_to(root).parts, text)
        return load(copy)


def _mirror(source: Path, target: Path, changed: tuple[str, ...], text: str) -> None:
    """Links to everything beside the way to one file, which is written new."""
    for entry in source.iterdir():
        if entry.name != changed[0]:
            (target / entry.name).symlink_to(entry)
    place = target / changed[0]
    if len(changed) == 1:
        with place.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
    else:
        place.mkdir()
        _mirror(source / changed[0], place, changed[1:], text)
