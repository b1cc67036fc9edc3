"""What the pages of findings say keeps a finding fixed is there."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from tests.conftest import ROOT
from tests.validation.repository.tracked import text_of, tracked

ANSWERS = {"fixed", "refused", "warned", "decided", "open"}
PAGES = [path for path in tracked() if path.parent == PurePosixPath("docs/findings") and path.name != "README.md"]
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_LINK = re.compile(r"\[[^\]]+\]\([^)]+\)")


@dataclass(frozen=True)
class Finding:
    page: PurePosixPath
    number: str
    answer: str
    guards: str

    def __str__(self) -> str:
        return f"{self.page.stem} {self.number}"


def findings() -> list[Finding]:
    found = []
    for page in PAGES:
        for line in text_of(page).splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("|") and cells[0] and set(cells[0]) != {"-"}:
                found.append(Finding(page, cells[0], cells[2], cells[3]))
    return found


FINDINGS = findings()


def test_there_are_findings() -> None:
    assert len({str(finding) for finding in FINDINGS}) == len(FINDINGS) > 100


@pytest.mark.parametrize("finding", FINDINGS, ids=str)
def test_an_answer_is_one_of_the_list_and_guarded(finding: Finding) -> None:
    words = set(re.findall(r"\w+", finding.answer)) & ANSWERS
    assert words, f"{finding}: {finding.answer!r}; accepted: {sorted(ANSWERS)}"
    if "open" not in words:
        assert _TEST.search(finding.guards) or _LINK.search(finding.guards), f"{finding} is guarded by nothing"


@pytest.mark.parametrize("finding", [one for one in FINDINGS if _TEST.search(one.guards)], ids=str)
def test_each_test_named_is_there(finding: Finding) -> None:
    for file, name in _TEST.findall(finding.guards):
        assert (ROOT / file).is_file(), f"{finding}: there is no {file}"
        if name:
            assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), (
                f"{finding}: no {name} in {file}"
            )
