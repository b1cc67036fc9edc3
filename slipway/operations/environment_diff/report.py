"""The comparison of two environments as a table."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway.operations.environment_diff.comparison import ABSENT, Comparison, Group


def print_comparison(console: Console, found: Comparison) -> None:
    """A table per group, or a sentence where there is nothing to show."""
    first, second = found.names
    for group in found.groups:
        if group.only_in is not None:
            console.print(f"[bold]{escape(group.name)}[/] in {escape(group.only_in)} only", highlight=False)
        else:
            console.print(_table(group, found.names))
    if not any(not each.equal for group in found.groups for each in group.differences) and not any(
        group.only_in for group in found.groups
    ):
        console.print(f"{first} and {second} do not differ.", highlight=False)


def _table(group: Group, names: tuple[str, str]) -> Table:
    table = Table(title=escape(group.name), title_justify="left", title_style="bold")
    for column in ("key", *names):
        table.add_column(escape(column), overflow="fold")
    for each in group.differences:
        style = "dim" if each.equal else None
        table.add_row(escape(each.key), *(escape(_shown(value)) for value in each.values), style=style)
    return table


def _shown(value: Any) -> str:
    """A value as YAML has it on one line."""
    if value is ABSENT or isinstance(value, str):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
