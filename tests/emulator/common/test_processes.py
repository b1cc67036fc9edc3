import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from slipway.emulator.common.processes import ProcessIdentity, end, recorded
from tests.emulator.support import eventually

_SLEEPER = "import time; time.sleep(600)"
_PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {_SLEEPER!r}]); time.sleep(600)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", _SLEEPER])
    yield process
    process.kill()
    process.wait()


def test_a_recycled_number_is_not_taken_for_ours(sleeper: subprocess.Popen[bytes]) -> None:
    ours = ProcessIdentity.of(sleeper.pid, "sleeper")
    earlier = dataclasses.replace(ours, started=ours.started - 1)
    assert ours.process() is not None
    assert earlier.process() is None
    end([earlier])
    assert sleeper.poll() is None


def test_a_record_leads_back_to_its_process(sleeper: subprocess.Popen[bytes], records: Path) -> None:
    ours = ProcessIdentity.of(sleeper.pid, "sleeper")
    ours.record(records)
    for number, text in enumerate(('{"pid":', '{"pid":"abc","started":"x","what":"x"}', '{"pid":-1}', "[]", "7", "{}")):
        (records / f"torn-{number}.json").write_text(text)
    assert recorded(records) == [ours]


def test_a_process_is_ended_with_what_it_started() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT])
    (child,) = eventually(lambda: psutil.Process(parent.pid).children())
    end([ProcessIdentity.of(parent.pid, "parent")])
    assert parent.poll() is not None
    assert not child.is_running()
