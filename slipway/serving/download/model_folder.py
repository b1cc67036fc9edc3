"""The folder that `fetch` fills: a pod's volume, where a former attempt may have been cut off at any point.

Everything on the way is in `.fetch` inside the folder, since a volume's mount point cannot itself be replaced and
nothing else in a pod can be written. What is unpacked is moved out of it by renaming, and the record of what has to be
there is written last: without a record that fits, whatever is there is a former attempt's rest.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORK = ".fetch"
_FILESYSTEMS_OWN = "lost+found"


class OccupiedError(Exception):
    """The folder holds something of somebody else's, or the model wants one of our names; one sentence."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that only `fetch` writes to."""

    path: Path

    @property
    def archive(self) -> Path:
        """Where to download the archive to."""
        return self.path / _WORK / "model.tar.gz"

    @property
    def unpacked(self) -> Path:
        """Where to unpack it to; does not exist yet."""
        return self.path / _WORK / "model"

    @property
    def _record(self) -> Path:
        return self.path / _WORK / "record.json"

    def claim(self) -> None:
        """Make the folder ours.

        Raises:
            OccupiedError: It holds files that no attempt of ours has left there.
            OSError: It cannot be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        if (self.path / _WORK).is_dir():
            return
        others = sorted(path.name for path in self._contents())
        if others:
            raise OccupiedError(f"{self.path} holds {others[0]!r}, but fetch needs a folder of its own: an empty one.")
        (self.path / _WORK).mkdir()

    def holds(self, sha256: str) -> bool:
        """Say whether an attempt ended well that fetched an archive with this checksum, and its files are there."""
        try:
            record: Any = json.loads(self._record.read_bytes())
        except (FileNotFoundError, ValueError):  # ValueError: the node lost power before the bytes reached the disk
            return False
        if record["sha256"] != sha256:
            return False
        files = {self.path / name: size for name, size in record["files"].items()}
        return all(path.is_file() and path.stat().st_size == size for path, size in files.items())

    def clear(self) -> None:
        """Remove what former attempts left."""
        self._record.unlink(missing_ok=True)
        for path in [*self._contents(), *(self.path / _WORK).iterdir()]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def install(self, files: dict[str, int], sha256: str) -> None:
        """Move what was unpacked to its place.

        Args:
            files: Every file's size in bytes by its path.
            sha256: The checksum of the archive they came from.

        Raises:
            OccupiedError: A file has a name that is taken.
        """
        for path in list(self.unpacked.iterdir()):
            if path.name in {_WORK, _FILESYSTEMS_OWN}:
                raise OccupiedError(f"The model has {path.name!r} in it, a name that is taken in {self.path}.")
            path.rename(self.path / path.name)
        self.unpacked.rmdir()
        written = self._record.with_suffix(".new")
        written.write_text(json.dumps({"sha256": sha256, "files": files}))
        written.rename(self._record)

    def _contents(self) -> list[Path]:
        return [path for path in self.path.iterdir() if path.name not in {_WORK, _FILESYSTEMS_OWN}]
