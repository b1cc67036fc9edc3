"""The two ways to deploy: by the commands that users call, and from assemblies that are synthesised in this process."""

import sys
from collections.abc import Callable, Iterator, Sequence

import pytest

from slipway.emulator.common.processes import free_port
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner import instance
from slipway.emulator.runner.instance import Running
from tests.checkout import copy_checkout
from tests.end_to_end.checkout import Checkout
from tests.end_to_end.deployed_project import DeployedProject

Deploy = Callable[[str, Sequence[str]], DeployedProject]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A copy of the checkout with the tools of the real one, and an embedded AWS of its own."""
    folder = copy_checkout(tmp_path_factory.mktemp("slipway"), tools=True)
    copy = Checkout(folder, sys.executable, free_port())
    yield copy
    copy.local("down")


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One embedded AWS for all projects that a test process deploys."""
    workspace = Workspace(free_port(), tmp_path_factory.mktemp("embedded") / "aws")
    instance.prepare(workspace)
    running = instance.start(workspace, progress=lambda _: None)
    yield running
    instance.stop(workspace.folder)
    assert running.child is not None
    running.child.wait()


@pytest.fixture(scope="module")
def project_of(embedded_aws: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploy]:
    """Makes a project with one environment; what was deployed of it is deleted after the module's last test."""
    made: list[DeployedProject] = []

    def make(environment: str, services: Sequence[str]) -> DeployedProject:
        folder = tmp_path_factory.mktemp(environment)
        made.append(DeployedProject(folder, embedded_aws, environment=environment, services=services))
        return made[-1]

    yield make
    for project in made:
        project.delete()
