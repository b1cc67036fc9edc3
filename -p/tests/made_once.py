"""What takes long to make and is only read: one test process makes it for all."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first test process to ask for it fills, while the others wait.

    Args:
        temporary: Where this run's files are.
        name: The folder's name, the same in every process.
        make: Fills the folder, which is not there yet.
    """
    ours = temporary.getbasetemp()
    of_all = ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours
    folder, whole = of_all / name, of_all / f"{name}.whole"
    with FileLock(of_all / f"{name}.lock"):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed half-way
            make(folder)
            whole.touch()
    return folder
