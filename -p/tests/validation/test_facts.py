"""Every fact about SageMaker and EKS that the documentation names is guarded by a test that names it."""

import re

import pytest
from aws_cdk.cx_api import CloudAssembly

from tests.conftest import ROOT
from tests.templates import stacks_of

PAGES = {"SageMaker": ("sagemaker-facts.md", 19), "EKS": ("eks-facts.md", 23)}
TESTS = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))


def facts(backend: str) -> list[str]:
    return re.findall(r"^(\d+)\. ", (ROOT / "docs" / PAGES[backend][0]).read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("backend", PAGES)
def test_the_facts_are_numbered_without_a_gap(backend: str) -> None:
    assert [int(fact) for fact in facts(backend)] == list(range(1, PAGES[backend][1] + 1))


@pytest.mark.parametrize("fact", [f"{backend} fact {number}" for backend in PAGES for number in facts(backend)])
def test_a_test_names_it(fact: str) -> None:
    assert re.search(rf"{fact}\b", TESTS), f"no test names {fact}"


def test_a_services_stack_holds_no_network_and_depends_on_it(assembly: CloudAssembly) -> None:
    """SageMaker fact 16: `cdk destroy` goes against the dependencies, and one service never takes the VPC along."""
    stacks = {stack.stack_name: stack for stack in stacks_of(assembly)}
    service = stacks["slipway-dev-service-tumor-triage"]
    kinds = {resource["Type"] for resource in service.template["Resources"].values()}
    assert not {"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::KMS::Key"} & kinds
    assert any("Network" in name for name in service.manifest.dependencies or [])
