"""How the operations print: tables, sentences with a mark before them, and one line that shows what is being done."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

#: Systems that run commands unattended end those that print nothing for some minutes.
_REPEAT_S: Final = 60.0


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


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """A callback for progress texts; on a terminal its last text is gone when the block ends, a log keeps them all."""
    if console.is_terminal:
        with console.status("") as status:
            began = time.monotonic()
            yield lambda text: status.update(f"{escape(text)} [dim]{time.monotonic() - began:.0f} s[/]")
    else:
        yield _Lines(console).on_progress


class _Lines:
    """Prints a text when it is new, and again when there was nothing new for a while."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""
        self._printed_at = 0.0

    def on_progress(self, text: str) -> None:
        now = time.monotonic()
        if text != self._last or now - self._printed_at >= _REPEAT_S:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)
            self._last, self._printed_at = text, now
