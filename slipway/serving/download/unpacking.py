"""Unpacks a `model.tar.gz` so that nothing lands outside the folder and nothing but files and folders inside it."""

import gzip
import tarfile
import zlib
from pathlib import Path, PurePosixPath


class ArchiveError(Exception):
    """The archive cannot be unpacked; the message is one sentence without the archive's name."""


def unpack(archive: Path, folder: Path) -> dict[str, int]:
    """Unpack every member. A failure leaves the folder half full.

    Owners, modes and times of the archive are not taken over: what is unpacked belongs to the process and can be read
    by all that its umask lets.

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
            members.extractall(folder, filter=_file_or_folder)  # noqa: S202  the filter says what may be in it
    except (gzip.BadGzipFile, zlib.error, EOFError, tarfile.TarError) as error:
        raise ArchiveError(f"it is broken: {_one_line(error)}") from None
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    if not sizes:
        raise ArchiveError("it has no file in it")
    return sizes


def _file_or_folder(member: tarfile.TarInfo, destination: str) -> tarfile.TarInfo:
    """Refuse more than tarfile's own filter does: every link, since a model needs none, and each name that is repaired.

    Links are what that filter was deceived by before Python 3.11.13 (CVE-2025-4517).
    """
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\0" in member.name:
        raise ArchiveError(f"its member {member.name!r} would leave the folder it is unpacked to")
    if not (member.isreg() or member.isdir()):
        raise ArchiveError(f"its member {member.name!r} is neither a file nor a folder")
    folders = path.parents if member.isreg() else (path, *path.parents)
    if any(Path(destination, folder).is_file() for folder in folders):
        raise ArchiveError(f"its member {member.name!r} has a file's name for a folder")
    if member.isreg() and Path(destination, path).exists():
        raise ArchiveError(f"its member {path.name!r} is in it twice")
    return tarfile.data_filter(member, destination).replace(mode=None, mtime=None, deep=False)  # type: ignore[arg-type]  # None: as if just made


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
