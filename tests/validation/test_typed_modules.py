"""mypy reads of the CDK what pyproject.toml names; of what it does not read it takes every type for granted."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "aws_cdk":
            yield from (f"aws_cdk.{name.name}" for name in node.names if name.name.islower())
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aws_cdk."):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("aws_cdk."))


def test_every_module_of_the_cdk_that_is_imported_is_read() -> None:
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    (read,) = (entry["module"] for entry in mypy["overrides"] if entry.get("follow_imports") == "normal")
    files = [
        file for part in mypy["files"] for file in ((ROOT / part).rglob("*.py") if "." not in part else [ROOT / part])
    ]
    imported = {module for file in files for module in _imported(file)}
    assert len(imported) > 20
    assert imported <= set(read), "add these to tool.mypy.overrides"
