"""Unpacks a `model.tar.gz` so that nothing lands outside the folder and nothing but files and folders inside it."""

import gzip
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

_CHUNK_BYTES = 1024 * 1024


class ArchiveError(Exception):
    """The archive cannot be unpacked; the message is one sentence without the archive's name."""


def unpack(archive: Path, folder: Path) -> dict[str, int]:
    """Unpack every member. A failure leaves the folder half full.

    tarfile's own filter came with Python 3.11.4 only. Owners, modes and times of the archive are not taken over: what
    is unpacked belongs to the process and can be read by all that its umask lets.

    Args:
        archive: A gzipped tar file.
        folder: Where to; made here.

    Returns:
        The size in bytes of every file, by its path below the folder.

    Raises:
        ArchiveError: It is no such file, or has a member that is unsafe.
        OSError: The folder cannot be written.
    """
    folder.mkdir()
    try:
        with tarfile.open(archive, "r:gz") as members:
            sizes = {str(path): _write(content, folder / path) for path, content in _contents(members, folder)}
    except (gzip.BadGzipFile, zlib.error, EOFError, tarfile.TarError) as error:
        raise ArchiveError(f"it is broken: {_one_line(error)}") from None
    if not sizes:
        raise ArchiveError("it has no file in it")
    return sizes


def _contents(members: tarfile.TarFile, folder: Path) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    """Yield the files; make the folders they are in."""
    for member in members:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or "\0" in member.name:
            raise ArchiveError(f"its member {member.name!r} would leave the folder it is unpacked to")
        if not (member.isreg() or member.isdir()):
            raise ArchiveError(f"its member {member.name!r} is neither a file nor a folder")
        content = members.extractfile(member)
        try:
            (folder / path if content is None else (folder / path).parent).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise ArchiveError(f"its member {member.name!r} has a file's name for a folder") from None
        if content is not None:
            yield path, content


def _write(content: IO[bytes], path: Path) -> int:
    try:
        file = path.open("xb")
    except FileExistsError:
        raise ArchiveError(f"its member {path.name!r} is in it twice") from None
    with file:
        shutil.copyfileobj(content, file, _CHUNK_BYTES)
        return file.tell()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
