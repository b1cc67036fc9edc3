"""Tables of what runs."""

from typing import Final

from rich.table import Table

_STATES: Final = {
    "InService": "green",
    "OK": "green",
    "Running": "green",
    "healthy": "green",
    "CrashLoopBackOff": "red",
    "unhealthy": "red",
    "ALARM": "red",
    "Failed": "red",
}


def table_of(title: str, *columns: str) -> Table:
    """An empty table with a title and these columns."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def coloured(state: str) -> str:
    """A state in the colour that says whether it is good."""
    colour = _STATES.get(state, "yellow")
    return f"[{colour}]{state}[/]"
