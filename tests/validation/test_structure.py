"""The house as it is to be: no folder that is a crowd. `lint-imports` checks who imports whom."""

from collections import Counter
from pathlib import PurePosixPath

from tests.validation.repository.tracked import tracked

MOST_MODULES = 16
TOP = {
    "benchmarks", "bootstrap", "constructs", "docs", "environments", "model_artifacts", "slipway", "stacks", "tests",
}  # fmt: skip


def modules() -> list[PurePosixPath]:
    return [path for path in tracked() if path.suffix == ".py"]


def test_no_folder_is_a_crowd() -> None:
    counts = Counter(path.parent for path in modules())
    assert counts
    assert {str(folder): count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_the_top_level_is_what_the_design_has() -> None:
    folders = {path.parts[0] for path in tracked() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    assert folders == TOP
