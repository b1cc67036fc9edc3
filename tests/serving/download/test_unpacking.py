"""An archive unpacks into its folder or not at all: no member outside, no links, no devices."""

import gzip
import stat
import tarfile
from pathlib import Path

import pytest

from slipway.serving.download.fetch import FetchError, fetch
from slipway.serving.download.unpacking import ArchiveError, unpack
from tests.serving.download.archives import files_below, packed, packed_members, sha256
from tests.serving.download.fetching import PATH, settings
from tests.serving.download.stub_s3 import StubS3

GOOD = packed(("model.onnx", b"graph" * 1000))


def special(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def sentence_of(archive: bytes, tmp_path: Path) -> str:
    """Return why it is refused; whatever else is in `tmp_path` must be as before."""
    (tmp_path / "model.tar.gz").write_bytes(archive)
    (tmp_path / "outside").write_bytes(b"as before")
    with pytest.raises(ArchiveError) as refused:
        unpack(tmp_path / "model.tar.gz", tmp_path / "model")
    assert {path.name for path in tmp_path.iterdir()} == {"model", "model.tar.gz", "outside"}
    assert (tmp_path / "outside").read_bytes() == b"as before"
    assert not [path for path in (tmp_path / "model").rglob("*") if path.is_symlink()]
    return str(refused.value)


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "a/..", ".."])
def test_no_member_leaves_the_folder(tmp_path: Path, name: str) -> None:
    sentence = sentence_of(packed((name, b"harm")), tmp_path)
    assert sentence == f"its member {name!r} would leave the folder it is unpacked to"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "../outside"),
        (tarfile.SYMTYPE, "model.onnx"),
        (tarfile.LNKTYPE, "../outside"),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
        (tarfile.FIFOTYPE, ""),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes, target: str) -> None:
    written_through = tarfile.TarInfo("link")
    written_through.size = 4
    archive = packed_members(special("link", kind, target), (written_through, b"harm"))
    assert sentence_of(archive, tmp_path) == "its member 'link' is neither a file nor a folder"


@pytest.mark.parametrize(
    ("archive", "phrase"),
    [
        pytest.param(b"", "it is broken: ", id="empty"),
        pytest.param(b"no archive", "it is broken: not a gzip file", id="text"),
        pytest.param(gzip.compress(b"no archive"), "it is broken: ", id="gzip only"),
        pytest.param(GOOD[:-30], "it is broken: ", id="cut off"),
        pytest.param(GOOD[:60] + b"\0" * 20 + GOOD[80:], "it is broken: ", id="damaged"),
        pytest.param(packed(), "it has no file in it", id="no member"),
        pytest.param(packed(("folder/", b"")), "it has no file in it", id="folders only"),
        pytest.param(packed(("a", b"1"), ("./a", b"2")), "its member 'a' is in it twice", id="twice"),
        pytest.param(packed(("a", b"1"), ("a/b", b"2")), "has a file's name for a folder", id="below a file"),
        pytest.param(packed(("a", b"1"), ("a/b/c", b"2")), "has a file's name for a folder", id="further below"),
        pytest.param(packed(("a", b"1"), ("a/", b"")), "has a file's name for a folder", id="folder of that name"),
    ],
)
def test_an_archive_that_is_none_says_why(tmp_path: Path, archive: bytes, phrase: str) -> None:
    assert phrase in sentence_of(archive, tmp_path)


def test_files_and_folders_are_unpacked_as_files_that_all_can_read(tmp_path: Path) -> None:
    secret = tarfile.TarInfo("./model.onnx")
    secret.size, secret.mode, secret.uid = 5, 0o4000, 12345
    folder = tarfile.TarInfo("tables/deep")
    folder.type, folder.mode = tarfile.DIRTYPE, 0
    inside = tarfile.TarInfo("tables/deep/\u00e4.csv")
    (tmp_path / "model.tar.gz").write_bytes(packed_members((secret, b"graph"), (folder, b""), (inside, b"")))
    sizes = unpack(tmp_path / "model.tar.gz", tmp_path / "model")
    assert sizes == {"model.onnx": 5, "tables/deep/\u00e4.csv": 0}
    assert files_below(tmp_path / "model") == {"model.onnx": b"graph", "tables/deep/\u00e4.csv": b""}
    mode = stat.S_IMODE((tmp_path / "model" / "model.onnx").stat().st_mode)
    assert mode & 0o600 == 0o600
    assert mode & 0o4111 == 0


@pytest.mark.parametrize(
    ("archive", "phrase"),
    [
        (GOOD[:-30], "model.tar.gz cannot be unpacked: it is broken: "),
        (packed(("a", b"1"), ("../b", b"2")), "cannot be unpacked: its member '../b' would leave the folder"),
        (packed((".fetch/record.json", b"{}")), "The model has '.fetch' in it, a name that is taken in "),
    ],
    ids=["broken", "unsafe", "takes a name of ours"],
)
def test_what_does_not_unpack_is_no_model(s3: StubS3, tmp_path: Path, archive: bytes, phrase: str) -> None:
    s3.objects[PATH] = archive
    with pytest.raises(FetchError) as refused:
        fetch(settings(tmp_path, expected=sha256(archive)))
    assert phrase in str(refused.value)
    assert files_below(tmp_path) == {}
