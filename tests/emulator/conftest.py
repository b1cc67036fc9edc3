from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.emulator.common.environment import client
from slipway.emulator.common.processes import free_port
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner import instance
from slipway.emulator.runner.instance import Running
from tests.emulator.sagemaker.hosting import Hosting
from tests.emulator.support import packed_model


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An embedded AWS with nothing deployed."""
    workspace = Workspace(port=free_port(), folder=tmp_path_factory.mktemp("embedded") / "aws")
    instance.prepare(workspace)
    started = instance.start(workspace, progress=lambda _: None)
    try:
        yield started
    finally:
        instance.stop(workspace.folder)
        assert started.child is not None
        started.child.wait()


@pytest.fixture(scope="session")
def workspace(running: Running) -> Workspace:
    return running.workspace


@pytest.fixture(scope="session")
def hosting(workspace: Workspace) -> Hosting:
    """SageMaker of that embedded AWS, with a bucket that holds a good model and a broken one."""
    s3 = client("s3", workspace)
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="good.tar.gz", Body=packed_model())
    s3.put_object(Bucket="models", Key="broken.tar.gz", Body=b"no archive")
    return Hosting(workspace)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "processes"
