"""Puts what the benchmark programs print into the docs: `python -m benchmarks.quoted_tables`.

A page holds `<!-- python -m COMMAND -->`, the tables that the command prints, and `<!-- end -->`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PAGES: Final = (Path("docs/benchmarks.md"), Path("docs/scale.md"))
_QUOTED: Final = re.compile(r"(<!-- python -m ([^>]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def printed(command: str) -> str:
    """What a command prints, without the blanks around its lines.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    done = subprocess.run([sys.executable, "-m", *command.split()], check=True, stdout=subprocess.PIPE, text=True)
    return "\n".join(line.strip() for line in done.stdout.strip().splitlines())


def quotations(page: Path) -> Iterator[tuple[str, str]]:
    """The commands that a page names, each with what stands there."""
    for found in _QUOTED.finditer(page.read_text()):
        yield found[2], found[3].strip()


def refresh(page: Path) -> None:
    """Replace what stands in a page by what its commands print now."""
    page.write_text(_QUOTED.sub(lambda found: f"{found[1]}\n{printed(found[2])}\n\n{found[4]}", page.read_text()))


if __name__ == "__main__":
    for path in PAGES:
        refresh(path)
