"""The documentation is written in the field's words, in lines that fit a terminal."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "model_artifacts").rglob("*.md"),
        ROOT / "slipway" / "serving" / "README.md",
        *ROOT.glob("*.md"),
    ]
)
LONGEST_LINE = 120
#: Each has a term of the field, or a plainer word: an alarm fires, a command reports, you roll back, again.
_AVOIDED = re.compile(
    r"\b(alarms? rings?|rang|told|anew|mends?|mended|becomes of|the way back|(?:any|every|no|some)body)\b",
    re.IGNORECASE,
)
_CODE_BLOCK = re.compile(r"^ *```.*?^ *```$", flags=re.MULTILINE | re.DOTALL)
_PRINTED = re.compile(r"<!-- python -m .*?<!-- end -->", flags=re.DOTALL)


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """A page without its code blocks and without what programs print into it."""
    return _CODE_BLOCK.sub("", _PRINTED.sub("", page.read_text()))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_line_is_longer_than_a_terminal(page: Path) -> None:
    lines = [line for line in prose(page).splitlines() if not line.startswith(("|", ">"))]
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_words_are_the_fields(page: Path) -> None:
    assert _AVOIDED.findall(" ".join(prose(page).split())) == []
