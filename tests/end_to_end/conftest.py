"""A checkout of its own, deployed to an embedded AWS of its own by the command line that users call."""

import sys
from collections.abc import Iterator

import pytest

from local.processes import free_port
from tests.checkout import copy_checkout
from tests.end_to_end.checkout import Checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    folder = copy_checkout(tmp_path_factory.mktemp("slipway"), tools=True)
    copy = Checkout(folder, sys.executable, free_port())
    yield copy
    copy.local("down")
