"""What tests of all stacks share: each beside what the specification has it for."""

import pytest
from aws_cdk.cx_api import CloudAssembly

from inference_constructs.config import Project
from tests.validation.templates.deployed_stacks import Deployed, deployed_stacks


@pytest.fixture(scope="session")
def deployed(
    project: Project, assembly: CloudAssembly, showcase_project: Project, showcase: CloudAssembly
) -> list[Deployed]:
    """Every stack of every environment, of this project and of the one that uses everything."""
    return [
        *deployed_stacks("project", project, assembly),
        *deployed_stacks("showcase", showcase_project, showcase),
    ]


@pytest.fixture(scope="session")
def on_eks(deployed: list[Deployed]) -> list[Deployed]:
    return [stack for stack in deployed if stack.part == "eks"]


@pytest.fixture(scope="session")
def on_sagemaker(deployed: list[Deployed]) -> list[Deployed]:
    return [stack for stack in deployed if stack.part == "sagemaker"]
