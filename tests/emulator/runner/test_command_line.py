import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner, Result

from slipway.cli import emulator
from slipway.cli.main import app
from slipway.emulator.common.environment import client
from slipway.emulator.common.processes import ProcessIdentity, free_port
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner import deployment, instance
from slipway.emulator.runner.backends.backend import NotInServiceError
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.project import project_folder
from tests.conftest import ROOT
from tests.emulator.sagemaker.hosting import Hosting
from tests.emulator.support import eventually, packed_model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of its own for what `up` and `down` act on, and where they keep its files."""
    _project(tmp_path)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".local" / "aws"
    folder.parent.mkdir()
    yield folder
    instance.stop(folder)


@pytest.fixture
def started(folder: Path) -> Iterator[Running]:
    """An embedded AWS with one endpoint, in that folder."""
    workspace = Workspace(free_port(), folder)
    instance.prepare(workspace)
    running = instance.start(workspace, progress=lambda _: None)
    s3 = client("s3", workspace)
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="good.tar.gz", Body=packed_model())
    Hosting(workspace).in_service()
    yield running
    instance.stop(folder)
    assert running.child is not None
    running.child.wait()


def _project(folder: Path) -> Path:
    """A project as far as one is recognised by."""
    folder.mkdir(exist_ok=True)
    (folder / "cdk.json").write_text("{}")
    (folder / "environments").mkdir()
    return folder


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def _pids(running: Running) -> set[int]:
    """The server process and everything it started."""
    process = psutil.Process(running.identity.pid)
    return {process.pid, *(child.pid for child in process.children(recursive=True))}


def _gone(pids: set[int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


def test_a_port_in_use_is_said_with_the_way_out_and_nothing_is_left(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = _run("up", "--port", str(port))
    assert refused.exit_code == 2
    assert f"Port {port} is in use" in refused.stderr
    assert f"make up PORT={port + 1}" in refused.stderr
    assert not folder.exists()


def test_a_file_in_the_place_of_the_folder_is_said(folder: Path) -> None:
    folder.parent.rmdir()
    folder.parent.write_text("")
    refused = _run("up", "--port", str(free_port()))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"keeps its files in {folder}, and the folder can not be made: " in refused.stderr
    folder.parent.unlink()


def test_down_and_status_with_nothing_running(folder: Path) -> None:
    assert not folder.exists()
    stopped = _run("down")
    assert (stopped.exit_code, "No embedded AWS was running" in stopped.stdout) == (0, True)
    shown = _run("status")
    assert (shown.exit_code, "No embedded AWS is running" in shown.stdout) == (3, True)


def test_down_names_what_it_keeps(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = folder.parent / "layers"
    monkeypatch.setattr(emulator, "CHECKOUT", folder.parent)
    monkeypatch.setattr(emulator, "LAYERS", layers)
    assert "Kept" not in _run("down").stdout
    layers.mkdir()
    assert "Kept: layers/" in _run("down").stdout


@pytest.mark.parametrize("command", ["up", "down", "demo", "status"])
def test_a_folder_that_is_no_project(tmp_path: Path, command: str) -> None:
    refused = _run(command, "--project", str(tmp_path))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.endswith("accepted: a folder with cdk.json and environments/.\n")


def test_outside_of_a_project_the_checkout_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert project_folder(None) == ROOT
    monkeypatch.chdir(_project(tmp_path / "mine"))
    assert project_folder(None) == tmp_path / "mine"


def test_status_shows_what_runs_and_down_ends_all_of_it_and_nothing_of_another_project(
    started: Running, tmp_path: Path
) -> None:
    other = str(_project(tmp_path / "other"))
    assert "No embedded AWS was running" in _run("down", "--project", other).stdout
    assert _run("status", "--project", other).exit_code == 3
    pids = _pids(started)
    assert len(pids) >= 2
    shown = _run("status")
    assert shown.exit_code == 0
    assert "InService" in shown.stdout
    assert f"127.0.0.1:{started.servers()[next(iter(started.servers()))][0]['port']}" in shown.stdout
    stopped = _run("down")
    assert stopped.exit_code == 0
    assert "Stopped embedded AWS" in stopped.stdout
    assert "Stopped model server" in stopped.stdout
    assert _gone(pids)
    assert not started.workspace.folder.exists()
    assert "No embedded AWS was running" in _run("down").stdout


def test_down_finds_the_model_servers_of_a_server_process_that_was_killed(started: Running) -> None:
    pids = _pids(started)
    os.kill(started.identity.pid, signal.SIGKILL)
    eventually(lambda: started.identity.process() is None)
    assert not _gone(pids)
    assert _run("status").exit_code == 3
    assert "Stopped model server" in _run("down").stdout
    assert _gone(pids)


def test_down_leaves_a_process_alone_that_only_has_the_number_of_ours(folder: Path) -> None:
    folder.mkdir()
    (folder / "instance.json").write_text(
        f'{{"port": 4566, "process": {{"pid": {os.getpid()}, "started": 1.0, "what": "embedded AWS"}}}}'
    )
    assert "No embedded AWS was running" in _run("down").stdout


def test_an_update_that_fails_says_why_and_that_what_ran_before_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise NotInServiceError("The endpoint still runs what it ran before.")

    running = Running(Workspace(4566, folder), ProcessIdentity(pid=0, started=1.0, what="embedded AWS"))
    monkeypatch.setattr(Running, "find", lambda _: running)
    monkeypatch.setattr(deployment, "redeploy", fail)
    failed = _run("up")
    assert failed.exit_code == 1
    assert "An embedded AWS runs already at http://localhost:4566." in failed.stdout
    assert "The endpoint still runs what it ran before." in failed.stderr
    assert "The embedded AWS goes on running at http://localhost:4566" in failed.stderr


def test_types_lists_every_type_with_what_is_behind_it() -> None:
    listed = _run("types")
    assert listed.exit_code == 0
    assert "AWS::SageMaker::Endpoint" in listed.stdout
    assert "described" in listed.stdout


def test_help_names_every_command() -> None:
    shown = _run("--help").stdout
    assert all(command in shown for command in ("up", "down", "status", "types", "demo"))
