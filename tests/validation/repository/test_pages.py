"""Every page of the documentation names only what is there: files, headings, make targets, commands."""

import importlib.util
import re
from pathlib import PurePosixPath

import pytest
import typer

from slipway.cli.main import app as slipway
from tests.conftest import ROOT
from tests.validation.repository.pages import anchors, as_glob, code_lines, commands, links, named_files
from tests.validation.repository.tracked import make_targets, text_of, tracked, tracked_with_folders

PAGES = [path for path in tracked() if path.suffix == ".md"]
#: It also names what there was.
CHANGELOG = PurePosixPath("CHANGELOG.md")
CURRENT = [page for page in PAGES if page != CHANGELOG]
#: A name with one of these at its end is a file of the repository, wherever in a tree it is.
_SOURCES = (".md", ".py", ".pyi", ".toml", ".yml")


def named(page: PurePosixPath) -> str:
    return str(page)


def resolved(page: PurePosixPath, target: str) -> PurePosixPath:
    """Return a path below the root, as a link in this page means it."""
    path = (ROOT / page.parent / target).resolve()
    return PurePosixPath(path.relative_to(ROOT).as_posix()) if path.is_relative_to(ROOT) else PurePosixPath(path)


def is_there(page: PurePosixPath, name: str) -> bool:
    """Tell whether some file or folder has this path, seen from the root, the page, or deeper in the tree."""
    pattern = as_glob(name)
    paths = tracked_with_folders()
    return any(path.match(pattern) for path in paths) or resolved(page, name) in paths


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_to_a_file(page: PurePosixPath) -> None:
    targets = [target.partition("#")[0] for target in links(text_of(page))]
    assert [name for name in targets if name and resolved(page, name) not in tracked_with_folders()] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_to_a_heading(page: PurePosixPath) -> None:
    wrong = []
    for target in links(text_of(page)):
        name, _, anchor = target.partition("#")
        file = resolved(page, name) if name else page
        if anchor and file.suffix == ".md" and anchor not in anchors(text_of(file)):
            wrong.append(target)
    assert wrong == []


@pytest.mark.parametrize("page", CURRENT, ids=named)
def test_every_file_that_is_named_is_there(page: PurePosixPath) -> None:
    """Names of files of ours: below a folder of the repository, or source files."""
    top = {path.parts[0] for path in tracked()}
    ours = [
        name
        for name in named_files(text_of(page))
        if (PurePosixPath(name).parts[0] in top and "/" in name) or name.endswith(_SOURCES)
    ]
    assert [name for name in ours if not is_there(page, name)] == []


@pytest.mark.parametrize("page", CURRENT, ids=named)
def test_every_make_target_is_there(page: PurePosixPath) -> None:
    words = [word for call in commands(text_of(page), "make") for word in call if "=" not in word]
    targets = [word for word in words if word.replace("-", "").isalpha() and word.islower()]
    assert set(targets) - make_targets() == set()


@pytest.mark.parametrize("page", CURRENT, ids=named)
def test_every_module_that_is_run_is_there(page: PurePosixPath) -> None:
    modules = {
        call[0] for call in commands(text_of(page), "python -m") if call and call[0].replace(".", "").isidentifier()
    }
    assert {name for name in modules if importlib.util.find_spec(name) is None} == set()


@pytest.mark.parametrize("page", CURRENT, ids=named)
def test_every_command_of_slipway_is_there_with_its_options(page: PurePosixPath) -> None:
    """The model server's commands have a command line of their own, so their options are not looked at."""
    known = typer.main.get_group(slipway).commands
    for name, *words in filter(None, commands(text_of(page), "slipway")):
        if re.fullmatch(r"[a-z][a-z-]*", name):
            assert name in known
            options = {option for parameter in known[name].params for option in parameter.opts}
            assert name in {"serve", "fetch", "answer"} or {word for word in words if word[:2] == "--"} <= options


def test_what_is_looked_for_is_found() -> None:
    page = (
        "[a](b.md#c) `x/y.py` ``[no](link)``\n"
        "```bash\nmake up PORT=1; make down  # make tea\n[d](e.md)\n```\n"
        "## Say `it`: *now*\n"
    )
    assert links(page) == ["b.md#c"]
    assert anchors(page) == {"say-it-now"}
    assert named_files(page) == ["x/y.py", "it"]
    assert list(commands(page, "make")) == [["up", "PORT=1"], ["down"]]
    assert "x/y.py" in list(code_lines(page))
    assert as_glob("environments/NAME.yaml") == "environments/*.yaml"
