"""Every alarm links to a runbook, every runbook is linked from an alarm, and all of them have the same sections."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "runbooks"
RUNBOOKS = sorted(file for file in FOLDER.glob("*.md") if file.name != "README.md")
HEADINGS = ["Meaning", "Impact", "Diagnose", "Mitigate", "Roll back", "Resolved when"]
_LINK = re.compile(r"""Runbook:\s+([^\s"']+)""")
_CODE_BLOCK = re.compile(r"^ *```.*?^ *```$", flags=re.MULTILINE | re.DOTALL)


def headings(page: Path) -> list[str]:
    """The headings of a page, without their level."""
    text = _CODE_BLOCK.sub("", page.read_text())
    return re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)


def linked() -> Iterator[str]:
    """The page that each alarm in the reviewed templates links to, without the folder or address before it."""
    for file in (ROOT / "tests" / "snapshots").rglob("*"):
        if file.is_file() and file.suffix not in {".py", ".pyc"}:
            for link in _LINK.findall(file.read_text()):
                yield link.rpartition("/")[2].removesuffix(".md")


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_every_runbook_has_the_same_sections_in_the_same_order(page: Path) -> None:
    title, *sections = headings(page)
    assert title
    assert sections == HEADINGS


def test_alarms_and_runbooks_belong_together() -> None:
    assert set(linked()) == {page.stem for page in RUNBOOKS}


def test_the_index_lists_every_runbook() -> None:
    listed = re.findall(r"^\|.*\(([\w-]+\.md)\) \|$", (FOLDER / "README.md").read_text(), flags=re.MULTILINE)
    assert sorted(listed) == [page.name for page in RUNBOOKS]
