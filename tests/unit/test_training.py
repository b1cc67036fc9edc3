"""The committed model is what its training makes, and the model card says what was measured."""

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest

from slipway.serving.model import load_model

FOLDER = Path(__file__).resolve().parents[2] / "model_artifacts" / "tumor-triage"
WRITTEN = ["metrics.json", "model/model.onnx", "model/signature.json"]


def run_training(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "train.py"), *arguments]
    variables = {"PATH": os.environ["PATH"], **({"HOME": str(home)} if home else {})}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@pytest.fixture(scope="module")
def train() -> ModuleType:
    """The training script, which its folder's name keeps from being imported the usual way."""
    spec = importlib.util.spec_from_file_location("tumor_triage_train", FOLDER / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def retrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output, home = tmp_path_factory.mktemp("retrained"), tmp_path_factory.mktemp("home")
    finished = run_training("--output", str(output), home=home)
    assert list(home.iterdir()) == []  # ONNX Runtime's telemetry would leave an identifier there
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("Training on 426 records")
    return output


@pytest.fixture(scope="module")
def cautious(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("cautious")
    assert run_training("--output", str(output), "--regularization", "100").returncode == 0
    return output


def probabilities(folder: Path, measurements: Any) -> Any:
    return load_model(folder / "model").predict(measurements)


def test_training_again_gives_the_same_bytes(retrained: Path) -> None:
    samples = [f"samples/{path.name}" for path in (FOLDER / "samples").iterdir()]
    assert sorted(path.name for path in (retrained / "samples").iterdir()) == sorted(
        path.name for path in (FOLDER / "samples").iterdir()
    )
    for name in [*WRITTEN, *(name for name in samples if ".request." in name)]:
        assert (retrained / name).read_bytes() == (FOLDER / name).read_bytes(), f"{name}: run train.py and commit it"


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 100_000


def test_the_graph_names_no_tool_version_and_nothing_but_what_is_served() -> None:
    model = onnx.load(FOLDER / "model" / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert (model.producer_name, model.producer_version) == ("tumor-triage", "1.0.0")
    assert [output.name for output in model.graph.output] == ["probabilities"]
    (features,) = model.graph.input
    columns = features.type.tensor_type.shape.dim
    assert features.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert (columns[0].dim_value, columns[1].dim_value) == (0, 30)


def test_the_flag_changes_the_answers(cautious: Path, train: ModuleType) -> None:
    _, test, _ = train.split_records()
    usual = probabilities(FOLDER, test.measurements)
    other = probabilities(cautious, test.measurements)
    assert np.abs(usual - other).max() > 0.2
    assert read(cautious / "metrics.json")["regularization"] == 100
    for name in ("malignant-patient", "benign-patient", "several-patients"):
        request = f"samples/{name}.request.json"
        answer = f"samples/{name}.response.json"
        assert (cautious / request).read_bytes() == (FOLDER / request).read_bytes()
        assert (cautious / answer).read_bytes() != (FOLDER / answer).read_bytes()


def test_the_exported_graph_says_what_the_pipeline_says(train: ModuleType) -> None:
    training, test, _ = train.split_records()
    pipeline = train.train(training, train.DEFAULT_REGULARIZATION)
    expected = pipeline.predict_proba(test.measurements)
    assert probabilities(FOLDER, test.measurements) == pytest.approx(expected, abs=1e-5)


def test_the_split_keeps_the_shares_and_no_record_is_in_both(train: ModuleType) -> None:
    training, test, names = train.split_records()
    assert (len(training.numbers), len(test.numbers), len(names)) == (426, 143, 30)
    assert not set(training.numbers) & set(test.numbers)
    shares = [(part.diagnoses == train.MALIGNANT).mean() for part in (training, test)]
    assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_the_samples_were_held_out(train: ModuleType) -> None:
    _, test, _ = train.split_records()
    for numbers in train.SAMPLES.values():
        assert set(numbers) <= set(test.numbers.tolist())


def test_the_threshold_keeps_its_promise_without_the_test_set(train: ModuleType) -> None:
    training, _, _ = train.split_records()
    threshold = train.choose_threshold(training, train.DEFAULT_REGULARIZATION)
    folds = train.StratifiedKFold(train.FOLDS, shuffle=True, random_state=train.SEED)
    judged = train.cross_val_predict(
        train.new_pipeline(train.DEFAULT_REGULARIZATION),
        training.measurements,
        training.diagnoses,
        cv=folds,
        method="predict_proba",
    )[training.diagnoses == train.MALIGNANT, train.MALIGNANT]
    assert (judged >= threshold).mean() >= train.WANTED_SENSITIVITY
    assert (judged >= threshold + 0.01).mean() < train.WANTED_SENSITIVITY


def test_the_metrics_follow_from_the_counts(train: ModuleType) -> None:
    metrics = read(FOLDER / "metrics.json")
    test = metrics["test"]
    hits, misses = test["malignant_called_malignant"], test["malignant_called_benign"]
    right, alarms = test["benign_called_benign"], test["benign_called_malignant"]
    assert hits + misses + right + alarms == metrics["test_records"] == 143
    assert test["sensitivity"] == round(hits / (hits + misses), 4)
    assert test["specificity"] == round(right / (right + alarms), 4)
    assert test["accuracy"] == round((hits + right) / 143, 4)
    assert test["sensitivity_interval_95"] == train.wilson_interval(hits, hits + misses)
    assert test["roc_auc"] > 0.98


def test_the_confidence_interval_is_wilsons(train: ModuleType) -> None:
    """Wilson's interval holds the shares whose score test does not reject what was seen."""
    low, high = train.wilson_interval(52, 53)
    for share in (low, high):
        z = abs(52 / 53 - share) / math.sqrt(share * (1 - share) / 53)
        assert z == pytest.approx(1.96, abs=0.03)  # its ends are rounded


def test_the_signature_says_what_the_data_set_says(train: ModuleType) -> None:
    training, test, names = train.split_records()
    document = read(FOLDER / "model" / "signature.json")
    features = document["input"]["features"]
    assert [feature["name"] for feature in features] == names
    assert document["output"]["decision"] == {
        "label": "malignant",
        "threshold": read(FOLDER / "metrics.json")["threshold"],
    }
    for part in (training, test):
        assert (part.measurements >= [feature["minimum"] for feature in features]).all()
        assert (part.measurements <= [feature["maximum"] for feature in features]).all()


def test_the_model_card_has_the_measured_figures() -> None:
    card = (FOLDER / "README.md").read_text()
    metrics = read(FOLDER / "metrics.json")
    figures = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", card, re.MULTILINE))
    measured = {**{key: value for key, value in metrics.items() if key != "test"}, **metrics["test"]}
    assert figures == {
        key: "{} to {}".format(*value) if isinstance(value, list) else f"{value:g}" for key, value in measured.items()
    }


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "much"])
def test_a_wrong_regularization_is_one_sentence_and_status_2(
    train: ModuleType, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        train.main([f"--regularization={value}"])
    assert stopped.value.code == 2
    sentence = f"train.py: argument --regularization: {value!r} is not a number above 0. Try --help.\n"
    assert capsys.readouterr().err == sentence


def test_a_folder_that_cannot_be_written_is_one_sentence(
    train: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert train.main(["--output", str(tmp_path / "file" / "model")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'file' / 'model'} cannot be written: Not a directory.\n"
