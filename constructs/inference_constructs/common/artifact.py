"""Packs a model folder into the `model.tar.gz` that SageMaker and Kubernetes load, the same bytes on every machine.

The name under which an artifact is stored derives from its bytes, and a changed name replaces the model in production.
So nothing but the files' names, contents and executable bits may enter the archive: no times, owners, umasks or folder
order. The gzip stream holds stored blocks, because what a compressor makes of the same input differs between zlib
versions; weights are close to incompressible anyway.
"""

import hashlib
import io
import os
import stat
import struct
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import Buffer

#: SageMaker takes larger archives, but not from a checkout: above this, upload the archive and name its S3 URI.
MAX_BYTES = 2 * 1024**3

_LEFT_OUT = frozenset({".DS_Store", "Thumbs.db", "__pycache__", ".gitkeep"})
_GZIP_HEADER = bytes.fromhex("1f8b080000000000 00ff")  # deflate, no name, no time, unknown operating system (RFC 1952)
_STORED_BLOCK = 0xFFFF


class ArtifactError(Exception):
    """A model folder that cannot be served, with the reason as a sentence."""


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A packed model.

    Attributes:
        path: The archive.
        sha256: Hexadecimal digest of its bytes.
        files: Names in the archive, in its order.
    """

    path: Path
    sha256: str
    files: tuple[str, ...]


def pack_model(folder: Path, archive: Path) -> Artifact:
    """Pack every file below a folder; links within the folder are packed as the files they lead to.

    Args:
        folder: The model's folder. Its files lie at the root of the archive, hence under `/opt/ml/model`.
        archive: Where to write the archive; its own folder is made if need be, an older file is replaced.

    Raises:
        ArtifactError: The folder is missing or holds no file, a link leads out of it or nowhere, something in it is
            neither file nor folder, or it is larger than `MAX_BYTES`.
    """
    files = _checked_files(folder)
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(f".{archive.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as stream:
            gzip = _StoredGzip(stream)
            with tarfile.open(fileobj=gzip, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                for name, file in files:
                    _add(tar, name, file)
            gzip.finish()
        unfinished.replace(archive)
    finally:
        unfinished.unlink(missing_ok=True)
    with archive.open("rb") as packed:
        digest = hashlib.file_digest(packed, "sha256").hexdigest()
    return Artifact(path=archive, sha256=digest, files=tuple(name for name, _ in files))


def _checked_files(folder: Path) -> list[tuple[str, Path]]:
    if not folder.is_dir():
        message = f"{folder}: no such folder; a model folder holds the trained model, such as model.onnx"
        raise ArtifactError(message)
    files = sorted(_walk(folder, folder.resolve()))
    if not any(file.stat().st_size for _, file in files):
        message = f"{folder}: holds no model; put the trained model there, such as model.onnx"
        raise ArtifactError(message)
    size = sum(file.stat().st_size for _, file in files)
    if size > MAX_BYTES:
        message = (
            f"{folder}: {size / 1024**3:.1f} GiB are too much to pack, {MAX_BYTES / 1024**3:.0f} GiB are accepted;"
            " upload a larger model yourself and name it as `model: {s3_uri: s3://…/model.tar.gz}`"
        )
        raise ArtifactError(message)
    return files


def _walk(
    folder: Path, root: Path, prefix: str = "", above: frozenset[Path] = frozenset()
) -> Iterator[tuple[str, Path]]:
    above |= {folder.resolve()}
    for entry in folder.iterdir():
        if entry.name in _LEFT_OUT:
            continue
        if entry.is_symlink():
            _check_link(entry, root, above)
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, root, f"{name}/", above)
        elif entry.is_file():
            yield name, entry
        else:
            message = f"{entry}: neither file nor folder; a model folder holds only those"
            raise ArtifactError(message)


def _check_link(link: Path, root: Path, above: frozenset[Path]) -> None:
    try:
        target = link.resolve(strict=True)
    except (FileNotFoundError, RuntimeError, OSError):
        message = f"{link}: a link that leads nowhere; it may only lead to a file or folder within {root.name}/"
        raise ArtifactError(message) from None
    if not target.is_relative_to(root):
        message = f"{link}: a link that leaves the model folder, to {target}; copy the file into {root.name}/ instead"
        raise ArtifactError(message)
    if target in above:
        message = f"{link}: a link to a folder that holds it; copy what is meant instead"
        raise ArtifactError(message)


def _add(tar: tarfile.TarFile, name: str, file: Path) -> None:
    with file.open("rb") as stream:
        status = os.fstat(stream.fileno())
        entry = tarfile.TarInfo(name)  # no time, no owner, no group
        entry.size = status.st_size
        entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        tar.addfile(entry, stream)


class _StoredGzip(io.RawIOBase):
    """A gzip stream (RFC 1952) of stored deflate blocks (RFC 1951, 3.2.4): a fixed form, whatever zlib is installed."""

    def __init__(self, stream: io.BufferedWriter) -> None:
        self._stream = stream
        self._pending = bytearray()
        self._crc = 0
        self._size = 0
        stream.write(_GZIP_HEADER)

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        data = bytes(data)
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._pending += data
        while len(self._pending) > _STORED_BLOCK:
            self._block(bytes(self._pending[:_STORED_BLOCK]), last=False)
            del self._pending[:_STORED_BLOCK]
        return len(data)

    def finish(self) -> None:
        self._block(bytes(self._pending), last=True)
        self._stream.write(struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))

    def _block(self, data: bytes, *, last: bool) -> None:
        self._stream.write(struct.pack("<BHH", last, len(data), len(data) ^ 0xFFFF) + data)
