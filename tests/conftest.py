"""What many tests share: the project itself, synthesised once."""

import gc
import json
import os
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.cx_api import CloudAssembly, CloudFormationStackArtifact
from hypothesis import HealthCheck, settings

from inference_constructs.config import Project, load_project
from stacks.application import create_app
from tests.made_once import made_once
from tests.templates import stacks_of

ROOT = Path(__file__).resolve().parents[1]
_VALIDATION = ROOT / "tests" / "validation"
# Constructs and templates are many objects that live long: looking for cycles among them is a fifth of a synthesis.
gc.set_threshold(100_000, 50, 100)


def pytest_configure() -> None:
    """Nothing of the developer's own settings of AWS reaches a test, and no role that the machine has, as CodeBuild's.

    Before anything is imported or started, since programs that tests start inherit it.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"  # an EC2 instance's role is asked for over the network
    # An example takes as long as the machine is busy.
    settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, or one core would wait for the other at the end. Within a file the order stays."""
    items.sort(key=lambda item: (item.get_closest_marker("end_to_end") is None, _VALIDATION not in item.path.parents))


@pytest.fixture(scope="session")
def feature_flags() -> dict[str, Any]:
    """The context that the command line would read from cdk.json."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    # Assets stay where they are: copying kubectl for every synthesis takes longer than most tests.
    return context | {"aws:cdk:disable-asset-staging": True}


@pytest.fixture(scope="session")
def project() -> Project:
    return load_project(ROOT)


@pytest.fixture(scope="session")
def assembly(
    project: Project, feature_flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> CloudAssembly:
    """Every template of the project as it stands."""
    return _synthesised(project, feature_flags, tmp_path_factory, "cdk.out")


@pytest.fixture(scope="session")
def showcase_project() -> Project:
    return load_project(ROOT / "tests" / "showcase")


@pytest.fixture(scope="session")
def showcase(
    showcase_project: Project, feature_flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> CloudAssembly:
    """Templates of services and environments that use everything the two backends can do."""
    return _synthesised(showcase_project, feature_flags, tmp_path_factory, "showcase")


def _synthesised(
    project: Project, context: dict[str, Any], temporary: pytest.TempPathFactory, name: str
) -> CloudAssembly:
    folder = made_once(temporary, name, lambda outdir: create_app(project, context=context, outdir=outdir).synth())
    return CloudAssembly(str(folder))


@pytest.fixture(scope="session")
def stacks(assembly: CloudAssembly, showcase: CloudAssembly) -> list[CloudFormationStackArtifact]:
    """Every stack of the project and of the showcase."""
    return stacks_of(assembly) + stacks_of(showcase)
