"""A pod's init container: the model comes from S3 whole and as expected, however often it is asked for."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from slipway.serving.download.fetch import fetch
from tests.serving.download.archives import files_below, packed, sha256, tumor_triage
from tests.serving.download.fetching import ADDRESS, FILES, KEYS, MODEL, PATH, environment, gets, settings
from tests.serving.download.stub_s3 import StubS3
from tests.serving.running import CHECKOUT, PATIENCE_SECONDS, TUMOR_TRIAGE, running_server, start, wait_until


def test_a_model_is_fetched_and_logged(s3: StubS3, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="serving")
    fetch(settings(tmp_path / "model"))
    assert files_below(tmp_path / "model") == FILES
    assert "AKIDTEST" in s3.authorizations[0]
    assert "/eu-central-1/s3/" in s3.authorizations[0]
    fetching, fetched = caplog.records
    assert (fetching.getMessage(), fetched.getMessage()) == ("fetching", "fetched")
    fields = fetched.__dict__["fields"]
    assert (fields["bytes"], fields["files"]) == (len(MODEL), 3)
    assert (fields["s3_uri"], fields["sha256"]) == (str(ADDRESS), sha256(MODEL))
    assert 0 < fields["seconds"] < PATIENCE_SECONDS


def test_an_archive_of_several_parts_is_put_together(s3: StubS3, tmp_path: Path) -> None:
    content = os.urandom(35 * 1024 * 1024)
    archive = s3.objects[PATH] = packed(("model.onnx", content), compress=0)
    fetch(settings(tmp_path, expected=sha256(archive)))
    assert files_below(tmp_path) == {"model.onnx": content}
    assert len(gets(s3)) == 3


def test_a_model_that_is_there_is_not_fetched_again(
    s3: StubS3, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(settings(tmp_path))
    s3.requests.clear()
    caplog.set_level(logging.INFO, logger="serving")
    fetch(settings(tmp_path))
    assert s3.requests == []
    assert [record.getMessage() for record in caplog.records] == ["kept"]


@pytest.mark.parametrize("harm", ["missing", "short", "record"])
def test_a_model_that_lost_something_is_fetched_again(s3: StubS3, tmp_path: Path, harm: str) -> None:
    fetch(settings(tmp_path))
    if harm == "missing":
        (tmp_path / "tables" / "a.csv").unlink()
    else:
        (tmp_path / {"short": "model.onnx", "record": ".fetch/record.json"}[harm]).write_bytes(b"")
    fetch(settings(tmp_path))
    assert files_below(tmp_path) == FILES
    assert len(gets(s3)) == 2


def test_another_model_replaces_the_former_one_whole(s3: StubS3, tmp_path: Path) -> None:
    fetch(settings(tmp_path))
    archive = s3.objects[PATH] = packed(("model.onnx", b"another"))
    fetch(settings(tmp_path, expected=sha256(archive)))
    assert files_below(tmp_path) == {"model.onnx": b"another"}


def test_what_a_killed_attempt_left_is_no_model_and_is_cleared(s3: StubS3, tmp_path: Path) -> None:
    s3.stall_after = 20
    arguments = ["fetch", "--s3-uri", str(ADDRESS), "--sha256", sha256(MODEL), "--into", str(tmp_path)]
    with start(arguments, variables=environment(s3)) as process:
        wait_until(s3.stalled.is_set, "the download to begin")
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
    assert files_below(tmp_path) == {}

    s3.stall_after = None
    s3.released.set()
    fetch(settings(tmp_path))
    assert files_below(tmp_path) == FILES
    assert [path.name for path in (tmp_path / ".fetch").iterdir()] == ["record.json"]


def test_an_attempt_cut_off_while_it_moved_the_files_is_begun_anew(s3: StubS3, tmp_path: Path) -> None:
    fetch(settings(tmp_path))
    (tmp_path / ".fetch" / "record.json").unlink()
    (tmp_path / ".fetch" / "model").mkdir()
    shutil.move(tmp_path / "model.onnx", tmp_path / ".fetch" / "model")
    (tmp_path / "of an older model").write_bytes(b"")
    fetch(settings(tmp_path))
    assert files_below(tmp_path) == FILES
    assert len(gets(s3)) == 2


def test_a_terminated_attempt_ends_at_once(s3: StubS3, tmp_path: Path) -> None:
    s3.stall_after = 20
    arguments = ["fetch", "--s3-uri", str(ADDRESS), "--sha256", sha256(MODEL), "--into", str(tmp_path)]
    with start(arguments, variables=environment(s3)) as process:
        wait_until(s3.stalled.is_set, "the download to begin")
        process.terminate()
        _, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    # A handler's own exit, not the signal's default: a container's first process does not have the latter.
    assert (process.returncode, stderr) == (128 + signal.SIGTERM, "")


def test_a_new_volumes_own_folder_is_no_obstacle(s3: StubS3, tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    fetch(settings(tmp_path))
    assert files_below(tmp_path) == FILES
    assert (tmp_path / "lost+found").is_dir()
    assert s3.requests != []


def test_the_credentials_of_pod_identity_are_used(s3: StubS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent's address and the token's file come in the variables that EKS puts into a pod."""
    for name in KEYS:
        monkeypatch.delenv(name)
    token = tmp_path / "token"
    token.write_text("of the service account")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{s3.url}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))
    fetch(settings(tmp_path / "model"))
    assert s3.authorizations[0] == "of the service account"
    assert "AKIDOFTHEPOD" in s3.authorizations[1]


def test_a_busy_s3_is_asked_again(s3: StubS3, tmp_path: Path) -> None:
    s3.busy = 2
    fetch(settings(tmp_path))
    assert files_below(tmp_path) == FILES
    assert len(s3.requests) == 4


def test_a_big_model_takes_no_more_memory_than_a_small_one(s3: StubS3, tmp_path: Path) -> None:
    def peak_megabytes(archive: bytes, name: str) -> float:
        s3.objects[PATH] = archive
        code = (
            "import sys; from slipway.serving.__main__ import main; status = main(sys.argv[1:]);"
            " print(open('/proc/self/status').read()); sys.exit(status)"
        )
        arguments = ["--s3-uri", str(ADDRESS), "--sha256", sha256(archive), "--into", str(tmp_path / name)]
        printed = subprocess.run(
            [sys.executable, "-c", code, "fetch", *arguments],
            cwd=CHECKOUT,
            env={"PATH": os.environ["PATH"], **environment(s3)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        ).stdout
        (peak,) = [line.split()[1] for line in printed.splitlines() if line.startswith("VmHWM:")]
        return int(peak) / 1024

    small = peak_megabytes(MODEL, "small")
    megabytes = 96
    big = peak_megabytes(packed(("model.onnx", os.urandom(megabytes * 1024 * 1024)), compress=0), "big")
    assert big - small < megabytes * 2 / 3  # parts in flight, never the whole


def test_what_was_fetched_is_served(s3: StubS3, tmp_path: Path) -> None:
    """As in a pod: two containers of the same image, one volume, the variables of both in the environment."""
    archive = s3.objects[PATH] = tumor_triage()
    variables = {
        **environment(s3),
        "SERVING_MODEL_S3_URI": str(ADDRESS),
        "SERVING_MODEL_SHA256": sha256(archive).upper(),
        "SERVING_MODEL_DIR": str(tmp_path),
        "AWS_REGION": "eu-west-1",
        "HOME": "/nonexistent",
    }
    with start(["fetch"], variables=variables) as process:
        stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, stderr) == (0, "")
    assert [json.loads(line)["event"] for line in stdout.splitlines()] == ["fetching", "fetched"]
    assert "/eu-west-1/s3/" in s3.authorizations[0]
    with running_server(tmp_path) as server:
        body = (TUMOR_TRIAGE / "samples" / "malignant-patient.request.csv").read_bytes()
        answered = httpx.post(f"{server.url}/invocations", content=body, headers={"Content-Type": "text/csv"})
    assert answered.content == (TUMOR_TRIAGE / "samples" / "malignant-patient.response.csv").read_bytes()
