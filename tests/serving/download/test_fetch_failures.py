"""A model that cannot be fetched: one sentence says why, and nothing that looks like a model is left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.serving.download.fetch import FetchError, fetch
from tests.serving.download.archives import files_below, packed, sha256
from tests.serving.download.fetching import ADDRESS, KEYS, MODEL, PATH, environment, gets, settings
from tests.serving.download.stub_s3 import StubS3
from tests.serving.running import CHECKOUT, PATIENCE_SECONDS


def refusal(into: Path, *, expected: str = sha256(MODEL)) -> str:
    """Return the sentence that says why nothing was fetched; then there must be nothing that looks like a model."""
    with pytest.raises(FetchError) as refused:
        fetch(settings(into, expected=expected))
    assert files_below(into) == {}
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_folder_of_somebody_elses_is_left_alone(s3: StubS3, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(FetchError, match=r"holds 'thesis\.txt', but fetch needs a folder of its own"):
        fetch(settings(tmp_path))
    assert (tmp_path / "thesis.txt").read_text() == "ten years"
    assert s3.requests == []


def test_no_credentials_name_the_association(s3: StubS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    assert "EKS Pod Identity has to associate the pod's service account" in refusal(tmp_path)
    assert s3.requests == []


def test_an_agent_that_gives_no_credentials_names_the_association(
    s3: StubS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{s3.url}/no/such/role")
    sentence = refusal(tmp_path)
    assert sentence.startswith("The AWS credentials cannot be had: EKS Pod Identity has to associate the pod's")
    assert set(s3.requests) == {"GET no/such/role"}


def test_a_wrong_checksum_says_both(s3: StubS3, tmp_path: Path) -> None:
    s3.objects[PATH] = packed(("../escaped", b"unpacked before it was checked"))
    found = sha256(s3.objects[PATH])
    sentence = refusal(tmp_path / "model", expected="0" * 64)
    assert sentence == f"{ADDRESS} has the SHA-256 {found}, but {'0' * 64} was expected."


def test_no_such_object(s3: StubS3, tmp_path: Path) -> None:
    s3.objects = {"models/other": b""}
    assert refusal(tmp_path) == f"There is no object {ADDRESS}."


def test_no_such_bucket(s3: StubS3, tmp_path: Path) -> None:
    s3.objects = {}
    assert refusal(tmp_path) == f"There is no bucket models for {ADDRESS}."


def test_access_denied_names_the_identity_and_what_it_needs(s3: StubS3, tmp_path: Path) -> None:
    s3.denied.add(PATH)
    sentence = refusal(tmp_path)
    assert sentence.startswith(f"S3 denies access to {ADDRESS} (User: arn:aws:sts::111122223333:assumed-role/pod is")
    for phrase in ("EKS Pod Identity", "service account", "s3:GetObject", "kms:Decrypt"):
        assert phrase in sentence


def test_a_download_that_always_breaks_off_is_given_up(s3: StubS3, tmp_path: Path) -> None:
    s3.cut_after = 20
    assert refusal(tmp_path).startswith(f"{ADDRESS} breaks off each time: ")
    assert len(gets(s3)) == 5


def test_nobody_listening_is_given_up(s3: StubS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "Could not connect to the endpoint URL" in refusal(tmp_path)
    assert s3.requests == []


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI"])
def test_an_address_that_is_none_is_shown(
    s3: StubS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv(variable, "nowhere")
    assert refusal(tmp_path).startswith(f"{ADDRESS} cannot be read: ")
    assert s3.requests == []


def test_a_folder_that_cannot_be_made_is_named(s3: StubS3, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FetchError) as refused:
        fetch(settings(tmp_path / "file" / "model"))
    assert str(refused.value) == f"{tmp_path}/file/model cannot be written: Not a directory."
    assert s3.requests == []


def test_a_full_disk_is_one_sentence(s3: StubS3, tmp_path: Path) -> None:
    """A limit on a file's size fails the very same write."""
    archive = s3.objects[PATH] = packed(("model.onnx", bytes(4 * 1024 * 1024)))
    arguments = f"fetch --s3-uri '{ADDRESS}' --sha256 {sha256(archive)} --into {tmp_path}"
    process = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 1024; exec {sys.executable} -m slipway.serving {arguments}"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **environment(s3)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (process.returncode, process.stderr) == (1, f"{tmp_path} cannot be written: File too large.\n")
    assert files_below(tmp_path) == {}
