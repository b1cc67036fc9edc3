"""The change of templates as Markdown for a review: counts, risks, values, what is broader, and the rest, folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from slipway.operations.template_diff.replacement import Replacement
from slipway.operations.template_diff.templates import ResourceChange, StackChange

#: GitHub refuses comments of more than 65,536 characters.
_LONGEST = 60_000
_LINES_PER_STACK = 60
_WIDEST_VALUE = 300
_NUMBERS = 3
#: What interrupts, fails or loses something, by the field of a stack's change.
_RISKS = {"rollouts": "rollout", "two_deployments": "two deployments", "data_replaced": "replaces data"}
_STACKS_NAMED = 3
#: Texts about other values that change.
_SAYS_LITTLE = ("AlarmDescription", "Description", "Tags[", "DependsOn", "Metadata")


def markdown(
    changes: Sequence[StackChange], *, title: str = "Template changes", models: Sequence[str] = (), hint: str = ""
) -> str:
    """Write the review.

    Args:
        changes: The stacks that change.
        title: The heading.
        models: Models that change, a sentence each.
        hint: What to add where nothing changes.
    """
    if not changes:
        nothing = f"No template changes.{' ' * bool(hint)}{hint}"
        return "\n\n".join([f"## {title}", nothing, *_models(models)]) + "\n"
    parts = [
        f"## {title}",
        _counts(changes),
        _table(changes),
        *_models(models),
        *_risks(changes),
        *_values(changes),
        *_broader(changes),
        *map(_stack, changes),
    ]
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
        f"{_deployment(changes)}{_numbers(changes)}{_unknown(changes)}"
    )


def _deployment(changes: Sequence[StackChange]) -> str:
    """What an approver has to know before anything else; nothing where nothing of it happens."""
    rollouts, twice, data = (sum(len(getattr(change, field)) for change in changes) for field in _RISKS)
    sentences = [
        *([f" {_plural(rollouts, 'rollout')}."] if rollouts else []),
        *([f" **{_plural(twice, 'change')} needing two deployments**."] if twice else []),
        *([f" **{_plural(data, 'replacement')} of data**."] if data else []),
    ]
    return "".join(sentences)


def _numbers(changes: Sequence[StackChange]) -> str:
    """The first few numbers that change, because this line is all that an approval shows."""
    numbers = [
        (resource.type.startswith("AWS::CloudWatch::"), str(each))
        for change in changes
        for resource in change.changed
        for each in resource.values
        if _is_number(each.old) and _is_number(each.new)
    ]
    found = [text for _, text in sorted(dict.fromkeys(numbers), key=lambda number: number[0])]
    if not found:
        return ""
    more = f" and {len(found) - _NUMBERS} more" if len(found) > _NUMBERS else ""
    return f" Numbers: {', '.join(found[:_NUMBERS])}{more}."


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _models(sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        lines = _limited([f"- **rollout** {_sentence(each)}" for each in sentences])
        yield "\n".join(["### Models", "", *lines])


def _risks(changes: Sequence[StackChange]) -> Iterator[str]:
    """What interrupts, fails or loses something unless somebody prepares for it."""
    lines = [
        f"- **{mark}** {change.name}: {_sentence(each)}"
        for field, mark in reversed(_RISKS.items())
        for change in changes
        for each in getattr(change, field)
    ]
    if lines:
        yield "\n".join(["### Deployment", "", *_limited(lines)])


def _values(changes: Sequence[StackChange]) -> Iterator[str]:
    """Each change of a value once, with the stacks that have it."""
    stacks: dict[str, list[str]] = {}
    for change in changes:
        for resource in change.changed:
            for each in resource.values:
                if not each.path.startswith(_SAYS_LITTLE):
                    stacks.setdefault(f"{_code(str(each))} {resource.type}", []).append(change.name)
    lines = [f"- {text}{_where(list(dict.fromkeys(names)), len(changes))}" for text, names in stacks.items()]
    if lines:
        yield "\n".join(["### Values", "", *_limited(lines)])


def _where(names: list[str], stacks: int) -> str:
    if stacks == 1:
        return ""
    more = f" and {len(names) - _STACKS_NAMED} more" if len(names) > _STACKS_NAMED else ""
    return f" in {', '.join(names[:_STACKS_NAMED])}{more}"


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
    shown = change.values[:6]
    more = f" and {len(change.values) - len(shown)} more" if len(change.values) > len(shown) else ""
    properties = f": {', '.join(_code(str(each)) for each in shown)}{more}" if shown else ""
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
