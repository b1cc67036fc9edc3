"""The same model folder is the same archive, byte for byte, wherever and whenever it is packed."""

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_constructs.common import artifact
from inference_constructs.common.artifact import ArtifactError, pack_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    (model / "code").mkdir(parents=True)
    (model / "model.onnx").write_bytes(bytes(range(256)) * 1000)
    (model / "signature.json").write_text("{}")
    (model / "code" / "run.sh").write_text("#!/bin/sh\n")
    (model / "code" / "run.sh").chmod(0o755)
    return model


def digest(folder: Path, scratch: Path) -> str:
    return pack_model(folder, scratch / "out" / "model.tar.gz").sha256


def test_gnu_tar_unpacks_what_was_packed(folder: Path, tmp_path: Path) -> None:
    packed = pack_model(folder, tmp_path / "model.tar.gz")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    subprocess.run(["tar", "-xzf", packed.path, "-C", unpacked], check=True)
    for name in packed.files:
        assert (unpacked / name).read_bytes() == (folder / name).read_bytes()
    assert packed.files == ("code/run.sh", "model.onnx", "signature.json")
    assert os.access(unpacked / "code" / "run.sh", os.X_OK)
    assert packed.sha256 == hashlib.sha256(packed.path.read_bytes()).hexdigest()


def test_the_bytes_are_the_same_on_every_machine(tmp_path: Path) -> None:
    """A digest written down once: another zlib, umask, locale or clock must come to the same."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.onnx").write_bytes(b"weights" * 20_000)
    (model / "Ä.txt").write_text("x")
    assert digest(model, tmp_path) == "4967e5a179194bba1449016502dce9005d353d15658a1633c878c52dbd852bab"


def test_times_owners_umask_and_order_do_not_matter(folder: Path, tmp_path: Path) -> None:
    before = digest(folder, tmp_path)
    for number, path in enumerate(sorted(folder.rglob("*"), reverse=True)):
        os.utime(path, (number, number))
    (folder / "signature.json").chmod(0o600)
    (folder / "model.onnx").rename(folder / "aside")
    (folder / "aside").rename(folder / "model.onnx")
    assert digest(folder, tmp_path) == before


def test_what_machines_leave_behind_does_not_matter(folder: Path, tmp_path: Path) -> None:
    before = digest(folder, tmp_path)
    (folder / ".DS_Store").write_text("x")
    (folder / "code" / "__pycache__").mkdir()
    (folder / "code" / "__pycache__" / "a.pyc").write_text("x")
    assert digest(folder, tmp_path) == before


@pytest.mark.parametrize("change", ["content", "name", "executable"])
def test_a_change_of_the_model_is_a_change_of_the_archive(folder: Path, tmp_path: Path, change: str) -> None:
    before = digest(folder, tmp_path)
    if change == "content":
        (folder / "signature.json").write_text("{ }")
    elif change == "name":
        (folder / "signature.json").rename(folder / "other.json")
    else:
        (folder / "signature.json").chmod(0o755)
    assert digest(folder, tmp_path) != before


def test_a_link_within_the_folder_is_packed_as_its_file(folder: Path, tmp_path: Path) -> None:
    (folder / "latest.onnx").symlink_to("model.onnx")
    packed = pack_model(folder, tmp_path / "model.tar.gz")
    with tarfile.open(packed.path) as tar:
        assert all(entry.isreg() for entry in tar)
        linked = tar.extractfile("latest.onnx")
        assert linked is not None
        assert linked.read() == (folder / "model.onnx").read_bytes()


def refusal(folder: Path, tmp_path: Path) -> str:
    archive = tmp_path / "never" / "model.tar.gz"
    with pytest.raises(ArtifactError) as error:
        pack_model(folder, archive)
    assert not list(tmp_path.glob("never/*")), "nothing half-written stays"
    return str(error.value)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refusal(tmp_path / "nowhere", tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.onnx").touch()
    assert "holds no model" in refusal(tmp_path / "model", tmp_path)


def test_a_link_that_leaves_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    assert "leaves the model folder" in refusal(folder, tmp_path)


def test_a_linked_folder_that_leaves_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "code" / "link").symlink_to(tmp_path / "elsewhere")
    assert "leaves the model folder" in refusal(folder, tmp_path)


def test_a_link_to_nowhere_and_a_circle_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to("nowhere")
    assert "leads nowhere" in refusal(folder, tmp_path)
    (folder / "link").unlink()
    (folder / "code" / "up").symlink_to("..")
    assert "a folder that holds it" in refusal(folder, tmp_path)


def test_a_pipe_is_refused(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert "neither file nor folder" in refusal(folder, tmp_path)


def test_an_unreasonable_size_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MAX_BYTES", 1000)
    assert "s3_uri" in refusal(folder, tmp_path)


@given(st.binary(max_size=200_000))
def test_every_content_survives(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    model = tmp_path_factory.mktemp("model")
    (model / "model.bin").write_bytes(content + b"!")
    packed = pack_model(model, tmp_path_factory.mktemp("out") / "model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed.path.read_bytes()))) as tar:
        entry = tar.extractfile("model.bin")
        assert entry is not None
        assert entry.read() == content + b"!"
