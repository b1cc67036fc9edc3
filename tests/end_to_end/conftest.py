"""A checkout of its own, deployed to an embedded AWS of its own by the command line that users call."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.emulator.common.processes import free_port
from tests.end_to_end.checkout import Checkout

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A copy of the files that git has or would take, with the tools of the real one."""
    folder = tmp_path_factory.mktemp("slipway")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for tools in (".venv", "node_modules"):
        (folder / tools).symlink_to(ROOT / tools)
    copy = Checkout(folder, sys.executable, free_port())
    yield copy
    copy.local("down")
