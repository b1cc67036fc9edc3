from pathlib import Path

import pytest

from slipway.operations.errors import WrongUsageError
from slipway.operations.golden.answers import expected_of_any
from slipway.operations.golden.samples import read_request, read_samples
from tests.operations.conftest import ROOT


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)


def test_the_samples_of_the_example_model() -> None:
    samples = read_samples(ROOT / "model_artifacts" / "tumor-triage" / "samples").shared
    assert [sample.name for sample in samples][:2] == ["benign-patient.csv", "benign-patient.json"]
    assert {sample.content_type for sample in samples} == {"application/json", "text/csv"}
    assert all(sample.content_type == sample.accept for sample in samples)


def test_an_answer_of_another_type_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, a__request__csv="1,2", a__response__json="{}")
    (sample,) = read_samples(tmp_path).shared
    assert (sample.name, sample.content_type, sample.accept) == ("a.csv", "text/csv", "application/json")


def test_files_that_are_no_samples_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, a__request__csv="1", a__response__csv="2", README__md="# Samples")
    assert len(read_samples(tmp_path).shared) == 1


def test_a_variant_takes_its_own_files_and_shares_the_others(tmp_path: Path) -> None:
    write(tmp_path, a__request__csv="1", a__response__csv="shared", b__request__csv="2", b__response__csv="shared")
    write(tmp_path / "challenger", a__response__csv="own", c__request__csv="3", c__response__csv="own")
    samples = read_samples(tmp_path)
    assert {sample.name: sample.response for sample in samples.of("main")} == {"a.csv": b"shared", "b.csv": b"shared"}
    assert {sample.name: sample.response for sample in samples.of("challenger")} == {
        "a.csv": b"own",
        "b.csv": b"shared",
        "c.csv": b"own",
    }


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "holds no NAME.request.json"),
        ({"a__request__csv": "1"}, "a.request.csv has no expected answer beside it; accepted: a.response.csv."),
        (
            {"a__request__csv": "1", "a__response__json": "{}", "a__response__txt": "1"},
            "a.request.csv has no expected answer beside it",
        ),
        ({"a__request__png": "1", "a__response__png": "1"}, "a.request.png is of no known type; accepted: .json, .csv"),
        ({"a__request__json": "{}", "a__response__json": "{"}, "a.response.json is no application/json: "),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    write(tmp_path, **files)
    with pytest.raises(WrongUsageError) as refusal:
        read_samples(tmp_path)
    assert sentence in str(refusal.value)


def test_a_request_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WrongUsageError, match=r"gone\.json cannot be read: No such file"):
        read_request(tmp_path / "gone.json")


def test_a_sample_knows_the_file_of_its_request(tmp_path: Path) -> None:
    write(tmp_path, **{"a.b__request__csv": "1", "a.b__response__csv": "2"})
    (sample,) = read_samples(tmp_path).shared
    assert (sample.name, sample.request_file) == ("a.b.csv", "a.b.request.csv")
    assert (tmp_path / sample.request_file).read_bytes() == sample.request


def test_by_weight_the_answer_of_any_variant_is_expected(tmp_path: Path) -> None:
    write(tmp_path, a__request__csv="1", a__response__csv="2")
    write(tmp_path / "candidate", a__response__csv="3")
    write(tmp_path / "canary", a__request__csv="another question", a__response__csv="4")
    samples = read_samples(tmp_path)
    (sample,) = samples.shared
    assert [expected_of_any(samples, sample, answer) for answer in (b"2", b"3", b"4")] == [True, True, False]
