"""Progress for people: one line per step with the seconds it took, live on a terminal, plain in a log."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.status import Status


class ProgressSteps:
    """Steps of a longer piece of work, each with its time."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the first step."""
        return time.monotonic() - self._began

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator["ProgressStep"]:
        """One step; its line is marked as failed if an exception leaves it."""
        with self.console.status(what) as status:
            step = ProgressStep(what, status)
            if not self.console.is_terminal:
                self.console.print(f"  {what} …", highlight=False)
            try:
                yield step
            except BaseException:
                self._line("[red]✗[/]", step)
                raise
            self._line("[green]✓[/]", step)

    def _line(self, mark: str, step: "ProgressStep") -> None:
        self.console.print(f"{mark} {step.what}{step.result} [dim]{step.seconds:.1f} s[/]", highlight=False)


class ProgressStep:
    """One step in progress."""

    def __init__(self, what: str, status: Status) -> None:
        self.what = what
        self.result = ""
        self._status = status
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def say(self, detail: str) -> None:
        """Show what is being done now, and for how long already."""
        self._status.update(f"{self.what} [dim]{self.seconds:.0f} s · {detail}[/]")
