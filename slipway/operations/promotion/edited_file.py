"""An edit of a file that was found to be good, and how it gets to the disk."""

import difflib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slipway.operations.errors import OperationError, WrongUsageError


@dataclass(frozen=True, kw_only=True)
class EditedFile:
    """An edit that was found to be good, and is not written yet.

    Attributes:
        file: The file it changes.
        before: The file's text.
        after: Its new text.
        name: The file as it is spoken of, relative to the project.
        notes: What whoever promotes should know, a sentence each.
        undo: The command that takes it back.
    """

    file: Path
    before: str
    after: str
    name: str
    notes: tuple[str, ...]
    undo: str

    @property
    def diff(self) -> str:
        """The change as `git diff` would show it; empty if there is none."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.name}",
            f"b/{self.name}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def write(self) -> None:
        """Put the new content in the file's place, whole or not at all.

        Raises:
            OperationError: The file changed since it was read, or cannot be written.
        """
        if read_text(self.file) != self.before:
            raise OperationError(
                f"{self.name} was changed by somebody else meanwhile; nothing was written, so run it again."
            )
        try:
            descriptor, name = tempfile.mkstemp(dir=self.file.parent, prefix=f".{self.file.name}.")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                    stream.write(self.after)
                Path(name).chmod(self.file.stat().st_mode & 0o777)
                Path(name).replace(self.file)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise OperationError(f"{self.name} cannot be written ({error.strerror}); it is as it was.") from error


def read_text(file: Path) -> str:
    """A file's content with its own line feeds.

    Raises:
        WrongUsageError: It cannot be read.
    """
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsageError(f"{file} cannot be read: {error}.") from error
