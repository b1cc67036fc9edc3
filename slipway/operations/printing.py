"""How the commands print: one kind of table, and sentences with a mark before them."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def table_of(*columns: str) -> Table:
    """An empty table with these columns."""
    table = Table(title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_sentences(console: Console, sentences: Iterable[str], *, mark: str, style: str) -> None:
    """Print sentences, a line each, however long they are."""
    for sentence in sentences:
        console.print(f"[{style}]{mark}[/] {escape(sentence)}", highlight=False, soft_wrap=True)
