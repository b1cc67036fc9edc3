import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.emulator.data_plane.artifact import UnpackingError, fetch, require
from tests.emulator.support import tar_gz


class _Bucket:
    """One bucket, in memory."""

    def __init__(self, **objects: bytes) -> None:
        self._objects = objects

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  boto3's spelling
        if Bucket != "models" or Key not in self._objects:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {}

    def download_file(self, Bucket: str, Key: str, Filename: str) -> None:  # noqa: N803  boto3's spelling
        self.head_object(Bucket=Bucket, Key=Key)
        Path(Filename).write_bytes(self._objects[Key])


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        archive.addfile(member, io.BytesIO())
    return buffer.getvalue()


def test_what_is_unpacked_is_what_was_uploaded(tmp_path: Path) -> None:
    packed = tar_gz(**{"model.onnx": b"weights", "code/signature.json": b"{}"})
    found = fetch(_Bucket(key=packed), "s3://models/key", tmp_path / "one")
    assert (found.folder / "model.onnx").read_bytes() == b"weights"
    assert (found.folder / "code" / "signature.json").read_bytes() == b"{}"
    assert found.sha256 == hashlib.sha256(packed).hexdigest()
    assert found.url == "s3://models/key"


@pytest.mark.parametrize(
    "packed",
    [
        _member("../outside"),
        _member("link", tarfile.SYMTYPE, "/etc/passwd"),
        _member("link", tarfile.SYMTYPE, "model.onnx"),
        _member("link", tarfile.LNKTYPE, "../../outside"),
        _member("device", tarfile.CHRTYPE),
        b"no archive",
        b"",
    ],
    ids=["above", "symlink", "symlink-inside", "hard-link", "device", "no-archive", "empty"],
)
def test_an_archive_that_could_leave_its_folder_or_is_none_is_refused(tmp_path: Path, packed: bytes) -> None:
    with pytest.raises(UnpackingError, match="Failed to extract model data archive"):
        fetch(_Bucket(key=packed), "s3://models/key", tmp_path / "inner" / "one")
    assert not list(tmp_path.glob("outside"))
    assert not list(tmp_path.glob("inner/outside"))


@pytest.mark.parametrize("url", ["https://models/key", "s3://models", "s3://models/", "key"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UnpackingError, match="s3://bucket/key was expected"):
        fetch(_Bucket(), url, tmp_path)


def test_a_missing_object_is_said_in_the_services_words(tmp_path: Path) -> None:
    with pytest.raises(UnpackingError, match=r"Could not find model data at s3://models/gone\."):
        require(_Bucket(), "s3://models/gone")
    with pytest.raises(UnpackingError, match=r"Could not find model data at s3://models/gone\."):
        fetch(_Bucket(), "s3://models/gone", tmp_path)
