"""A class name is used once in the source, so that a search for it finds one thing."""

import ast
from collections import defaultdict
from typing import Final

from tests.conftest import ROOT

SOURCES: Final = ("constructs/inference_constructs", "stacks", "slipway", "benchmarks")
#: Names of more than one class, each with its reason. Names with an underscore are their module's own.
SHARED: Final = {
    "Condition": "an alarm's, which the library exports, and the condition in a Kubernetes object's status",
    "Container": "what the configuration has, its construct on SageMaker, and a container in a Kubernetes pod",
    "Disruption": "a node pool's setting, and the field of Karpenter's NodePool that it becomes",
    "EksService": "the construct, and the embedded AWS's view of one that is deployed",
    "Headroom": "the setting, and the construct that it becomes",
}


def classes() -> dict[str, list[str]]:
    """The modules of each public class, by its name."""
    found = defaultdict(list)
    for source in SOURCES:
        for file in sorted((ROOT / source).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(str(file.relative_to(ROOT)))
    return found


def test_a_class_name_is_used_once() -> None:
    """A new class takes a name of its own, such as `AlarmCondition` instead of another `Condition`."""
    several = {name: files for name, files in classes().items() if len(files) > 1}
    assert {name: files for name, files in several.items() if name not in SHARED} == {}


def test_no_exception_is_left_over() -> None:
    found = classes()
    assert [name for name in SHARED if len(found[name]) < 2] == []
