"""What a person types wrong is answered with one sentence."""

import re
import shutil
from pathlib import Path

import pytest

from slipway.serving.__main__ import main
from slipway.serving.download.settings import FETCH_OPTIONS, FetchSettings, S3Object, read_fetch_settings
from slipway.serving.settings import OPTIONS, Option, Settings, SettingsError, read_settings
from tests.serving.running import PATIENCE_SECONDS, TUMOR_TRIAGE, start

URI, SHA256 = "s3://models/a/model.tar.gz", "0123456789abcdef" * 4


def without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in (*OPTIONS, *FETCH_OPTIONS):
        for variable in option.variables:
            monkeypatch.delenv(variable, raising=False)


def test_defaults_are_those_of_a_container() -> None:
    settings = read_settings({}, {})
    assert settings == Settings()
    assert settings.model_dir == Path("/opt/ml/model")
    assert (settings.port, settings.max_body_bytes) == (8080, 25 * 1024 * 1024)


def test_a_flag_wins_over_the_environment() -> None:
    environment = {"SERVING_PORT": "1", "SERVING_MODEL_DIR": "/a", "SERVING_ONNX_THREADS": "3"}
    settings = read_settings({"port": "2", "model_dir": None}, environment)
    assert (settings.port, settings.model_dir, settings.onnx_threads) == (2, Path("/a"), 3)


def test_sagemakers_port_wins_over_ours() -> None:
    assert read_settings({}, {"SERVING_PORT": "1", "SAGEMAKER_BIND_TO_PORT": "2"}).port == 2


@pytest.mark.parametrize("text", ["", "0x1", "-1", "65536", "8080 ", "1e3", "\u0661", "9" * 5000])
@pytest.mark.parametrize("source", ["--port", "SERVING_PORT", "SAGEMAKER_BIND_TO_PORT"])
def test_a_wrong_value_names_its_source_and_what_is_accepted(source: str, text: str) -> None:
    flags, environment = ({"port": text}, {}) if source == "--port" else ({}, {source: text})
    with pytest.raises(SettingsError) as refused:
        read_settings(flags, environment)
    assert str(refused.value) == f"{source} is {text!r}, but it has to be a whole number from 0 to 65535."


@pytest.mark.parametrize(
    ("flag", "text", "accepted"),
    [
        ("--host", " ", "an address"),
        ("--model-dir", "", "the path of a folder"),
        ("--log-level", "loud", "debug, info, warning, error"),
        ("--onnx-threads", "0", "from 1 to 1024"),
        ("--inference-threads", "many", "from 1 to 1024"),
        ("--keep-alive-seconds", "0", "from 1 to 3600"),
        ("--drain-seconds", "-5", "from 1 to 3600"),
        ("--max-body-bytes", "25MB", "a whole number"),
    ],
)
def test_every_setting_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, flag: str, text: str, accepted: str
) -> None:
    without_variables(monkeypatch)
    assert main(["serve", f"{flag}={text}"]) == 2
    stderr = capsys.readouterr().err
    assert stderr.startswith(f"{flag} is {text!r}, ")
    assert accepted in stderr
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["run"], ["serve", "--prt", "1"], ["serve", "--port"], ["answer"], ["fetch", "a"]]
)
def test_wrong_usage_is_one_sentence_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    stderr = capsys.readouterr().err
    assert stderr.count("\n") == 1
    assert stderr.endswith("Try --help.\n")


@pytest.mark.parametrize(("command", "options"), [("serve", OPTIONS), ("fetch", FETCH_OPTIONS)])
def test_help_names_every_setting_and_its_variables(
    capsys: pytest.CaptureFixture[str], command: str, options: tuple[Option, ...]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    for option in options:
        assert option.flag in text
        for variable in option.variables:
            assert variable in text


def test_fetch_is_told_by_flags_or_by_variables() -> None:
    flags = {"s3_uri": URI, "sha256": SHA256, "into": "/a", "region": "eu-central-1", "log_level": "error"}
    expected = FetchSettings(
        s3_uri=S3Object("models", "a/model.tar.gz"),
        sha256=SHA256,
        into=Path("/a"),
        region="eu-central-1",
        log_level="error",
    )
    variables = {
        "SERVING_MODEL_S3_URI": URI,
        "SERVING_MODEL_SHA256": SHA256.upper(),
        "SERVING_MODEL_DIR": "/a",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SERVING_LOG_LEVEL": "error",
    }
    assert read_fetch_settings(flags, {}) == expected
    assert read_fetch_settings({}, variables) == expected
    assert read_fetch_settings({"sha256": "0" * 64}, variables).sha256 == "0" * 64
    least = read_fetch_settings({"s3_uri": URI, "sha256": SHA256}, {})
    assert (least.into, least.region) == (Path("/opt/ml/model"), None)


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        ([], "--s3-uri or SERVING_MODEL_S3_URI has to say: model.tar.gz to fetch, s3://bucket/key."),
        (["--s3-uri", URI], "--sha256 or SERVING_MODEL_SHA256 has to say: SHA-256 of its bytes."),
        *(
            (["--s3-uri", uri], f"--s3-uri is {uri!r}, but it has to be the address of an object: s3://bucket/key.")
            for uri in (
                "",
                "models/a",
                "https://models/a",
                "s3://",
                "s3://models",
                "s3://models/",
                "s3://models/a/",
                "s3://a b/c",
                "s3:///a",
                "S3://models/a",
                "s3://models/" + "a" * 1025,
            )
        ),
        *(
            (["--s3-uri", URI, "--sha256", sha256], f"--sha256 is {sha256!r}, but it has to be the archive's SHA-256")
            for sha256 in ("", "latest", SHA256[1:], SHA256 + "0", "g" * 64, SHA256 + "\n")
        ),
        (["--s3-uri", URI, "--sha256", SHA256, "--region", "Frankfurt"], "an AWS region such as eu-central-1."),
        (["--s3-uri", URI, "--sha256", SHA256, "--into", ""], "--into is '', but it has to be the path of a folder."),
        (["--s3-uri", URI, "--sha256", SHA256, "--log-level", "x"], "one of debug, info, warning, error."),
    ],
)
def test_every_setting_of_fetch_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], phrase: str
) -> None:
    without_variables(monkeypatch)
    assert main(["fetch", *arguments]) == 2
    stderr = capsys.readouterr().err
    assert phrase in stderr
    assert stderr.count("\n") == 1


def test_a_fetch_that_fails_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    process = start(["fetch", "--s3-uri", URI, "--sha256", SHA256, "--into", str(tmp_path)])
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert stdout == ""
    assert stderr == f"{tmp_path} holds 'thesis.txt', but fetch needs a folder of its own: an empty one.\n"


def test_a_model_folder_that_cannot_be_served_is_one_sentence_without_a_traceback(tmp_path: Path) -> None:
    process = start(["serve", "--model-dir", str(tmp_path / "nowhere"), "--port", "0"])
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert stdout == ""
    assert stderr == f"The model folder {tmp_path / 'nowhere'} does not exist.\n"


def test_answer_writes_what_the_server_would_say(tmp_path: Path) -> None:
    samples = sorted((TUMOR_TRIAGE / "samples").glob("*"))
    requests = [shutil.copy(path, tmp_path) for path in samples if ".request." in path.name]
    assert main(["answer", "--model-dir", str(TUMOR_TRIAGE / "model"), *map(str, requests)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in samples]


@pytest.mark.parametrize(
    ("name", "content", "phrase"),
    [
        ("x.request.json", "{", "x.request.json: The body is not JSON"),
        ("x.request.txt", "1", "is not named NAME.request.json or .csv"),
        ("x.csv", "1", "is not named NAME.request.json or .csv"),
        ("x.request.csv", None, "x.request.csv: No such file or directory"),
    ],
)
def test_answer_says_what_is_wrong_with_a_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None, phrase: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    assert main(["answer", "--model-dir", str(TUMOR_TRIAGE / "model"), str(tmp_path / name)]) == 1
    stderr = capsys.readouterr().err
    assert phrase in stderr
    assert stderr.count("\n") == 1
