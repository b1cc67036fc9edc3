"""Tells what a command is doing: one line that changes on a terminal, lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.markup import escape

#: Systems that run commands unattended end those that say nothing for some minutes.
_REPEAT_S: Final = 60.0


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """A function to tell what is being done; on a terminal its last text is gone when the block ends."""
    if console.is_terminal:
        with console.status("") as status:
            began = time.monotonic()
            yield lambda text: status.update(f"{escape(text)} [dim]{time.monotonic() - began:.0f} s[/]")
    else:
        yield _Lines(console).on_progress


class _Lines:
    """Prints a text when it is new, and again when nothing new was told for a while."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""
        self._printed_at = 0.0

    def on_progress(self, text: str) -> None:
        now = time.monotonic()
        if text != self._last or now - self._printed_at >= _REPEAT_S:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)
            self._last, self._printed_at = text, now
