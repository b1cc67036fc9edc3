"""What holds data, or all that runs, is protected against deletion, and never replaced unnoticed."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from aws_cdk.cx_api import CloudAssembly, CloudFormationStackArtifact

from inference_constructs.config import Environment, Project, load_project
from tests.conftest import ROOT
from tests.templates import stacks_of

#: Log groups hold data as well: production retains theirs when a stack goes, and nothing else needs them to go on.
STATEFUL = frozenset({"AWS::KMS::Key", "AWS::S3::Bucket", "AWS::EKS::Cluster"})
#: All that cfn-lint calls stateful (its rule I3011), so that a new kind of it is not overlooked.
KNOWN = STATEFUL | {"AWS::Logs::LogGroup"}
PINNED = Path(__file__).with_name("stateful_resources.json")
CHANGED = """\
{stack}: the keys, buckets and clusters in the template are not those of {file}.
A changed logical id is a new resource to CloudFormation: it makes another one, empty, and deletes the one that serves,
or leaves it behind where it is retained. Whatever a lost key encrypted is lost with it. Keep the construct's id and its
place in the tree (`override_logical_id` where that cannot be); if the change is meant, edit {file}.
"""


def stateful(stack: CloudFormationStackArtifact) -> dict[str, str]:
    """The logical ids of what a stack must not lose, each with its type."""
    every = stack.template["Resources"].items()
    return {name: resource["Type"] for name, resource in sorted(every) if resource["Type"] in STATEFUL}


def key(stack: CloudFormationStackArtifact) -> str:
    return f"{stack.stack_name} {stack.environment.region}"


def deployed(project: Project, assembly: CloudAssembly) -> Iterator[tuple[Environment, CloudFormationStackArtifact]]:
    """Every stack of an environment, with it."""
    by_stage = {environment.stage_name: environment for environment in project.environments}
    for stack in stacks_of(assembly):
        stage = stack.hierarchical_id.partition("/")[0]
        if stage in by_stage:
            yield by_stage[stage], stack


def test_no_logical_id_of_a_stateful_resource_changes(stacks: list[CloudFormationStackArtifact]) -> None:
    pinned = json.loads(PINNED.read_text())
    found = {key(stack): stateful(stack) for stack in stacks if stateful(stack)}
    for stack, logical_ids in found.items():
        assert logical_ids == pinned.get(stack), CHANGED.format(stack=stack, file=PINNED.relative_to(ROOT))
    assert found.keys() == pinned.keys(), f"{PINNED.relative_to(ROOT)} names stacks that are gone"
    assert {kind for logical_ids in found.values() for kind in logical_ids.values()} == STATEFUL


def test_no_other_kind_of_stateful_resource_is_overlooked(stacks: list[CloudFormationStackArtifact]) -> None:
    listed = resources.files("cfnlint.data.AdditionalSpecs").joinpath("StatefulResources.json").read_text()
    kinds = {resource["Type"] for stack in stacks for resource in stack.template["Resources"].values()}
    assert kinds & set(json.loads(listed)["ResourceTypes"]) <= KNOWN


@pytest.mark.parametrize("folder", ["", "tests/showcase"])
def test_stacks_with_state_are_protected_where_the_environment_says_so(
    folder: str, assembly: CloudAssembly, showcase: CloudAssembly
) -> None:
    project = load_project(ROOT / folder)
    seen = set()
    for environment, stack in deployed(project, showcase if folder else assembly):
        if stateful(stack):
            assert bool(stack.termination_protection) == environment.termination_protection, key(stack)
            seen.add(environment.termination_protection)
    assert True in seen
