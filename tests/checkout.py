"""Copies of the checkout: the files that git has or would add, and nothing that a tool has left there."""

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
_TOOLS: Final = (".venv", "node_modules")


@functools.cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that git has or would add, relative to the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = filter(None, listed.stdout.split("\0"))
    return tuple(path for path in map(Path, names) if (ROOT / path).is_file())  # a deleted file is listed, too


def copy_checkout(target: Path, *, tools: bool = False) -> Path:
    """Copy the checkout without its tests.

    Args:
        target: The folder to copy it to.
        tools: Whether the copy gets links to the installed tools, to run commands in it.
    """
    tests = Path(__file__).parent.relative_to(ROOT)
    for path in tracked_files():
        if not path.is_relative_to(tests):
            copy = target / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, copy)
    for name in _TOOLS if tools else ():
        (target / name).symlink_to(ROOT / name)
    return target
