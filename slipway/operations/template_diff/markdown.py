"""The change of templates as Markdown for a review: counts first, then what is broader, then the rest, folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slipway.operations.template_diff.replacement import Replacement
from slipway.operations.template_diff.templates import ResourceChange, StackChange

#: GitHub refuses comments of more than 65,536 characters.
_LONGEST = 60_000
_LINES_PER_STACK = 60
_WIDEST_VALUE = 300


def markdown(changes: Sequence[StackChange], *, title: str = "Template changes") -> str:
    """Write the review.

    Args:
        changes: The stacks that change.
        title: The heading.
    """
    if not changes:
        return f"## {title}\n\nNo template changes.\n"
    parts = [f"## {title}", _counts(changes), _table(changes), *_broader(changes), *map(_stack, changes)]
    text = "\n\n".join(parts) + "\n"
    if len(text) <= _LONGEST:
        return text
    # Whole stacks are left out from the end, so that no fold stays open.
    while len(parts) > 3 and len("\n\n".join(parts)) > _LONGEST:  # noqa: PLR2004 - heading, counts and table stay
        parts.pop()
    note = "Too long for a comment: the rest is left out. `slipway diff-templates` shows all of it."
    return "\n\n".join([*parts, note])[: _LONGEST + len(note)] + "\n"


def _counts(changes: Sequence[StackChange]) -> str:
    def total(name: str) -> int:
        return sum(len(getattr(change, name)) for change in changes)

    broader = total("broader")
    return (
        f"{_plural(len(changes), 'stack')} changed: {_plural(total('added'), 'resource')} added,"
        f" {total('removed')} removed, {total('changed')} changed, {_strong(total('replaced'), 'replaced')}."
        f" Security: {_strong(broader, 'broader')}."
        f"{_unknown(changes)}"
    )


def _unknown(changes: Sequence[StackChange]) -> str:
    count = sum(each.effect is Replacement.UNKNOWN for change in changes for each in change.changed)
    if not count:
        return ""
    why = "cfn-lint has no schema for them, or is not installed"
    return f" Whether {_plural(count, 'changed resource')} would be replaced is not known: {why}."


def _table(changes: Sequence[StackChange]) -> str:
    rows = ["| stack | added | removed | changed | replaced | broader |", "|---|--:|--:|--:|--:|--:|"]
    for one in changes:
        state = " (new)" if one.new else " (deleted)" if one.gone else ""
        numbers = (len(one.added), len(one.removed), len(one.changed), len(one.replaced), len(one.broader))
        rows.append(f"| {_code(one.name)}{state} | {' | '.join(str(number or '') for number in numbers)} |")
    return "\n".join(rows)


def _broader(changes: Sequence[StackChange]) -> Iterator[str]:
    """What deserves a second look; of stacks that are new, everything is, so it is folded."""
    found = [change for change in changes if change.broader]
    if found:
        yield "### Security-relevant broadening"
    for change in found:
        lines = _limited([f"- {_sentence(each)}" for each in _wide_first(change.broader)])
        heading = f"{change.name}: {_plural(len(change.broader), 'thing')}"
        yield _folded(heading, lines, is_open=not change.new and len(lines) <= 10)  # noqa: PLR2004 - a screen's share


def _stack(change: StackChange) -> str:
    lines = [
        *(_one(each, "+") for each in change.added),
        *(_one(each, "-") for each in change.removed),
        *(_one(each, "±" if each.effect in (Replacement.YES, Replacement.MAYBE) else "~") for each in change.changed),
        *(f"- ~ {_code(each)}" for each in change.other),
    ]
    return _folded(f"{change.name}: every change", _limited(lines), is_open=False)


def _one(change: ResourceChange, mark: str) -> str:
    effect = f" **{change.effect.value}**" if change.effect in (Replacement.YES, Replacement.MAYBE) else ""
    shown = change.properties[:6]
    more = f" and {len(change.properties) - len(shown)} more" if len(change.properties) > len(shown) else ""
    properties = f": {', '.join(map(_code, shown))}{more}" if shown else ""
    return f"- {mark} {_code(change.logical_id)} {change.type}{effect}{properties}"


def _wide_first(sentences: Iterable[str]) -> list[str]:
    return sorted(sentences, key=lambda sentence: not sentence.endswith("(WIDE)"))


def _limited(lines: list[str]) -> list[str]:
    if len(lines) <= _LINES_PER_STACK:
        return lines
    return [*lines[:_LINES_PER_STACK], f"- … and {len(lines) - _LINES_PER_STACK} more"]


def _folded(summary: str, lines: list[str], *, is_open: bool) -> str:
    tag = "<details open>" if is_open else "<details>"
    return f"{tag}<summary>{_code_html(summary)}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"


def _sentence(text: str) -> str:
    cut = text if len(text) <= _WIDEST_VALUE else f"{text[:_WIDEST_VALUE]}…" + (" (WIDE)" * text.endswith("(WIDE)"))
    if cut.endswith(" (WIDE)"):
        return f"**wide** {_code(cut.removesuffix(' (WIDE)'))}"
    return _code(cut)


def _code(text: str) -> str:
    """Text that Markdown leaves alone, whatever a template has in it."""
    one_line = " ".join(text.replace("|", "¦").split())
    fence = "``" if "`" in one_line else "`"
    pad = " " if "`" in one_line else ""
    return f"{fence}{pad}{one_line.replace('``', chr(39) * 2)}{pad}{fence}"


def _code_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _strong(count: int, word: str) -> str:
    return f"**{count} {word}**" if count else f"0 {word}"
