"""A project that is nearly right is accepted or refused in sentences, and never ends in a traceback."""

from pathlib import Path

import pytest

from tests.unit.config.rules.mutated_projects import outcome, write

#: `make mutations` loads thousands, and synthesises some of those that are accepted.
FEW = 24


@pytest.mark.parametrize("number", range(FEW))
def test_it_is_loaded_or_refused_in_sentences(tmp_path: Path, number: int) -> None:
    found, project = outcome(number, tmp_path)
    assert found.kind in {"accepted", "refused"}, found.said
    assert (project is not None) == (found.kind == "accepted")


def test_a_number_makes_the_same_project_again(tmp_path: Path) -> None:
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        write(7, tmp_path / name)
    texts = [{file.relative_to(root): file.read_text() for file in sorted(root.glob("*/*.yaml"))}
             for root in (tmp_path / "once", tmp_path / "again")]  # fmt: skip
    assert texts[0] == texts[1]
