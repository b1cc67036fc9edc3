"""What a Markdown page says that can be checked: links, headings, commands, and names of files."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})[^\n]*\n(.*?)^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)(`{1,2})(?!`)(\S(?:(?!\n\n).)*?)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)
_ANCHOR = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def links(page: str) -> list[str]:
    """Return the targets of links within the repository."""
    prose = _INLINE.sub("``", _FENCE.sub("", page))
    targets = _LINK.findall(prose) + _REFERENCE.findall(prose)
    return [target for target in targets if not _ELSEWHERE.match(target)]


def anchors(page: str) -> set[str]:
    """Return what a link to this page may name behind `#`, as GitHub makes it of headings."""
    names: set[str] = set(_ANCHOR.findall(page))
    for heading in _HEADING.findall(_FENCE.sub("", page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in names:
            number += 1
        names.add(name)
    return names


def code_lines(page: str) -> Iterator[str]:
    """Yield each line of a code block, without its comment, and each piece of code in a sentence."""
    for block in _FENCE.finditer(page):
        for line in block[3].splitlines():
            yield re.sub(r"(^|\s)#.*", "", line).strip()
    yield from quoted(page)


def quoted(page: str) -> list[str]:
    """Return what a sentence has between backticks."""
    return [" ".join(code.split()) for _, code in _INLINE.findall(_FENCE.sub("", page))]


def commands(page: str, program: str) -> Iterator[list[str]]:
    """Yield the words behind each call of a program, up to what ends the call in a shell."""
    for line in code_lines(page):
        for call in re.findall(rf"(?:^|[\s(/;&|])(?:{re.escape(program)}) +([^;&|)]*)", line):
            yield call.split()


def named_files(page: str) -> list[str]:
    """Return what looks like a path of the repository; a word in capitals stands for any name."""
    shaped = re.compile(r"\.{0,2}[\w*-][\w.*-]*(/[\w.*-]+)*/?")
    return [code for code in quoted(page) if shaped.fullmatch(code)]


def as_glob(name: str) -> str:
    """Put a wildcard where a word in capitals stands for any name."""
    parts = PurePosixPath(name).parts
    return "/".join(re.sub(r"(?<![A-Za-z])[A-Z][A-Z_]{2,}(?![A-Za-z])", "*", part) for part in parts)
