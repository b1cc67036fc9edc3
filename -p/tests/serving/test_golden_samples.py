"""The sample requests get the answers that lie beside them, through the real server."""

import csv
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving.running import TUMOR_TRIAGE

SAMPLES = TUMOR_TRIAGE / "samples"
REQUESTS = sorted(SAMPLES.glob("*.request.*"))
TYPES = {".json": "application/json", ".csv": "text/csv"}
# Matrix kernels of other processors may round a float32 differently; nothing else may differ.
TOLERANCE = 1e-5


def expected_answer(request: Path) -> Path:
    return request.with_name(request.name.replace(".request.", ".response."))


def assert_same_json(found: bytes, expected: bytes) -> None:
    found_rows, expected_rows = json.loads(found)["predictions"], json.loads(expected)["predictions"]
    assert [row["label"] for row in found_rows] == [row["label"] for row in expected_rows]
    for one, other in zip(found_rows, expected_rows, strict=True):
        assert list(one) == list(other)
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=TOLERANCE)


def csv_rows(body: bytes) -> list[tuple[str, list[float]]]:
    return [(label, [float(cell) for cell in cells]) for label, *cells in csv.reader(body.decode().splitlines())]


def assert_same_csv(found: bytes, expected: bytes) -> None:
    for (label, cells), (expected_label, expected_cells) in zip(csv_rows(found), csv_rows(expected), strict=True):
        assert label == expected_label
        assert cells == pytest.approx(expected_cells, abs=TOLERANCE)


def test_there_are_samples_of_every_kind() -> None:
    assert {path.name for path in REQUESTS} == {
        f"{name}.request.{kind}"
        for name in ("malignant-patient", "benign-patient", "several-patients")
        for kind in ("json", "csv")
    }


@pytest.mark.parametrize("request_path", REQUESTS, ids=lambda path: path.name)
def test_a_sample_gets_its_answer(client: httpx.Client, request_path: Path) -> None:
    media_type = TYPES[request_path.suffix]
    response = client.post("/invocations", content=request_path.read_bytes(), headers={"Content-Type": media_type})

    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == media_type
    expected = expected_answer(request_path).read_bytes()
    if media_type == "text/csv":
        assert_same_csv(response.content, expected)
    else:
        assert_same_json(response.content, expected)


@pytest.mark.parametrize("name", ["malignant-patient", "benign-patient", "several-patients"])
def test_both_formats_say_the_same(name: str) -> None:
    predictions: list[dict[str, Any]] = json.loads((SAMPLES / f"{name}.response.json").read_text())["predictions"]
    rows = csv_rows((SAMPLES / f"{name}.response.csv").read_bytes())
    assert rows == [(row["label"], list(row["probabilities"].values())) for row in predictions]


@pytest.mark.parametrize(("name", "label"), [("malignant-patient", "malignant"), ("benign-patient", "benign")])
def test_the_single_patients_are_told_right_and_surely(name: str, label: str) -> None:
    (row,) = json.loads((SAMPLES / f"{name}.response.json").read_text())["predictions"]
    assert row["label"] == label
    assert row["probabilities"][label] > 0.99


def test_the_several_patients_hold_a_borderline_one() -> None:
    threshold = json.loads((TUMOR_TRIAGE / "model" / "signature.json").read_text())["output"]["decision"]["threshold"]
    rows = json.loads((SAMPLES / "several-patients.response.json").read_text())["predictions"]
    borderline = min(rows, key=lambda row: abs(row["probabilities"]["malignant"] - threshold))
    assert abs(borderline["probabilities"]["malignant"] - threshold) < 0.01
    assert {row["label"] for row in rows} == {"malignant", "benign"}
    # The threshold decides, not the larger probability.
    assert borderline["label"] == "malignant"
    assert borderline["probabilities"]["benign"] > borderline["probabilities"]["malignant"]
