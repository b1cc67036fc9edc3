"""Every fact about SageMaker and EKS that the documentation names is guarded by a test that names it."""

import ast
import re
from collections.abc import Iterator

import pytest
from aws_cdk.cx_api import CloudAssembly

from tests.conftest import ROOT
from tests.templates import stacks_of

PAGES = {"SageMaker": ("sagemaker-facts.md", 20), "EKS": ("eks-facts.md", 23)}
FACT = re.compile(r"\b(?:SageMaker|EKS) fact \d+\b")


def facts(backend: str) -> list[str]:
    return re.findall(r"^(\d+)\. ", (ROOT / "docs" / PAGES[backend][0]).read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("backend", PAGES)
def test_the_facts_are_numbered_without_a_gap(backend: str) -> None:
    assert [int(fact) for fact in facts(backend)] == list(range(1, PAGES[backend][1] + 1))


def able_to_fail(source: str) -> Iterator[ast.FunctionDef]:
    """The tests of a file that can fail: they assert what is not fixed, or expect an error, and are not left out."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            inside = list(ast.walk(node))
            asserts = any(isinstance(each, ast.Assert) and not isinstance(each.test, ast.Constant) for each in inside)
            expects = any(isinstance(each, ast.With) and "pytest.raises(" in ast.unparse(each) for each in inside)
            marks = " ".join(ast.unparse(each) for each in node.decorator_list)
            if (asserts or expects) and not re.search(r"mark\.(skip|xfail)\b", marks):
                yield node


def named_in(source: str) -> set[str]:
    """The facts that a file's tests name in their docstrings."""
    return {fact for test in able_to_fail(source) for fact in FACT.findall(ast.get_docstring(test) or "")}


@pytest.fixture(scope="module")
def named() -> set[str]:
    sources = (file.read_text() for file in sorted((ROOT / "tests").rglob("test_*.py")))
    return set().union(*(named_in(source) for source in sources if FACT.search(source)))


def test_each_is_named_by_a_test_that_can_fail_and_nothing_else_is_named(named: set[str]) -> None:
    """A name in a comment, or in a test that asserts nothing, guards nothing."""
    assert named == {f"{backend} fact {number}" for backend in PAGES for number in facts(backend)}


@pytest.mark.parametrize(
    ("source", "counts"),
    [
        ('def test_a():\n    """EKS fact 6: the server waits longer."""\n    assert server() > balancer()', True),
        (
            'def test_a():\n    """EKS fact 6: what is shorter is refused."""\n    with pytest.raises(E):\n        f()',
            True,
        ),
        ('def test_a():\n    """EKS fact 6: the server waits longer."""\n    server()', False),
        ('def test_a():\n    """EKS fact 6: the server waits longer."""\n    assert True', False),
        ("def test_a():\n    # EKS fact 6: the server waits longer\n    assert server() > balancer()", False),
        ('def helper():\n    """EKS fact 6: the server waits longer."""\n    assert server() > balancer()', False),
        ('@pytest.mark.skip\ndef test_a():\n    """EKS fact 6: the server waits longer."""\n    assert a()', False),
    ],
)
def test_a_name_counts_where_something_is_asserted(source: str, *, counts: bool) -> None:
    assert named_in(source) == ({"EKS fact 6"} if counts else set())


def test_a_services_stack_holds_no_network_and_depends_on_it(assembly: CloudAssembly) -> None:
    """SageMaker fact 16: `cdk destroy` goes against the dependencies, and one service never takes the VPC along."""
    stacks = {stack.stack_name: stack for stack in stacks_of(assembly)}
    service = stacks["slipway-dev-service-tumor-triage"]
    kinds = {resource["Type"] for resource in service.template["Resources"].values()}
    assert not {"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::KMS::Key"} & kinds
    assert any("Network" in name for name in service.manifest.dependencies or [])
