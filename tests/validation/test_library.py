"""What the library says of itself: the packages it needs, and the names it offers. The built one: tests/end_to_end."""

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

LIBRARY = ROOT / "constructs" / "inference_constructs"
#: Runs on Lambda, which brings boto3.
FUNCTIONS = LIBRARY / "eks" / "functions"
#: The package that brings a module, where it is not named like it.
PACKAGES = {
    "aws_cdk": "aws-cdk-lib",
    "aws_cdk.lambda_layer_kubectl_v35": "aws-cdk-lambda-layer-kubectl-v35",
    "cdk8s_plus_33": "cdk8s-plus-33",
    "lazy_loader": "lazy-loader",
    "pydantic_core": "pydantic",
    "ruamel": "ruamel.yaml",
    "typing_extensions": "typing-extensions",
}


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "constructs" / "pyproject.toml").read_text())["project"])


def imported(file: Path) -> Iterator[str]:
    """Yield the packages that a module needs."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if top != LIBRARY.name and top not in sys.stdlib_module_names:
                yield PACKAGES.get(name, PACKAGES.get(top, top))


def needed(*, eks: bool) -> set[str]:
    files = [file for file in LIBRARY.rglob("*.py") if not file.is_relative_to(FUNCTIONS)]
    return {name for file in files if file.is_relative_to(LIBRARY / "eks") is eks for name in imported(file)}


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in requirements}


def test_the_library_declares_what_it_imports(metadata: dict[str, Any]) -> None:
    always = named(metadata["dependencies"])
    assert needed(eks=False) == always


def test_only_eks_needs_the_extra(metadata: dict[str, Any]) -> None:
    always, extra = named(metadata["dependencies"]), named(metadata["optional-dependencies"]["eks"])
    assert needed(eks=True) - always == extra - {"cdk8s"}, "cdk8s-plus is built on it, and takes older ones"
    assert not extra & always


@pytest.mark.parametrize("package", ["inference_constructs", "inference_constructs.eks"])
def test_every_name_that_is_offered_is_there(package: str) -> None:
    """They are imported when they are used, so a wrong path in the stub would show only then."""
    module = importlib.import_module(package)
    assert len(module.__all__) > 5
    for name in module.__all__:
        assert getattr(module, name) is not None
