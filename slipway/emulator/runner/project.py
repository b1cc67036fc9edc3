"""The project whose environment `local` is deployed, and where its embedded AWS keeps its files."""

from pathlib import Path
from typing import Final

from slipway.emulator.common.workspace import CHECKOUT
from slipway.operations.errors import WrongUsageError

_PARTS: Final = ("cdk.json", "environments")


def project_folder(given: Path | None) -> Path:
    """The project that a command is about: the one given, else the current folder, else the checkout of this package.

    Args:
        given: The folder that somebody named, None if nobody did.

    Raises:
        WrongUsageError: The folder that was named is no project.
    """
    if given is None:
        here = Path.cwd()
        return here if _is_project(here) else CHECKOUT
    if not _is_project(given):
        raise WrongUsageError(f"--project: `{given}`; accepted: a folder with cdk.json and environments/.")
    return given.resolve()


def state_of(project: Path) -> Path:
    """The folder for everything that the embedded AWS keeps of a project; git ignores it."""
    return project / ".local"


def _is_project(folder: Path) -> bool:
    return all((folder / part).exists() for part in _PARTS)
