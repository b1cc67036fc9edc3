"""Archives of models, good and bad, packed in memory."""

import hashlib
import io
import tarfile
from pathlib import Path

from tests.serving.running import TUMOR_TRIAGE


def packed(*members: tuple[str, bytes], compress: int = 6) -> bytes:
    """Pack files, or folders where a name ends with a slash."""
    infos = []
    for name, content in members:
        info = tarfile.TarInfo(name.rstrip("/"))
        info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
        info.size = len(content)
        infos.append((info, content))
    return packed_members(*infos, compress=compress)


def packed_members(*members: tuple[tarfile.TarInfo, bytes], compress: int = 6) -> bytes:
    """Pack members as they are given, whatever they are."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=compress) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tumor_triage() -> bytes:
    """Pack the example's model folder."""
    return packed(*((path.name, path.read_bytes()) for path in sorted((TUMOR_TRIAGE / "model").iterdir())))


def sha256(archive: bytes) -> str:
    return hashlib.sha256(archive).hexdigest()


def files_below(folder: Path) -> dict[str, bytes]:
    """Return what a model server would find: every file but those that `fetch` keeps for itself."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != ".fetch"
    }
