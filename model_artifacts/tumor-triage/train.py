"""Trains the tumor triage model, measures it, and writes everything a service needs to serve it.

Run it from anywhere: `python model_artifacts/tumor-triage/train.py --help`.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import, which would send the first event

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, confusion_matrix, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent

NAME = "tumor-triage"
VERSION = "1.0.0"
MALIGNANT = 0  # the data set's own numbering, which the probability columns follow
LABELS = ("malignant", "benign")
INPUT, OUTPUT = "features", "probabilities"

SEED = 1995  # the year the data set was published
TEST_SHARE = 0.25
FOLDS = 10
DEFAULT_REGULARIZATION = 1.0
# Triage: the operating point misses at most 2 % of the malignant records it was chosen on.
WANTED_SENSITIVITY = 0.98
# A value this many times the largest one trained on is a slip of the unit, not a patient.
RANGE_FACTOR = 10
# Kept digits of the coefficients: more than predictions need, fewer than BLAS libraries and processors differ in.
COEFFICIENT_DECIMALS = 6
OPSET, IR_VERSION = {"": 17, "ai.onnx.ml": 3}, 8  # of ONNX 1.12 (2022): old enough for every runtime in use

# Held-out records by their number in the data set, whatever the model, so that two models answer the same questions.
# Of the several, 448 is benign but just above the threshold, and 73 is the malignant one that the model misses.
SAMPLES = {
    "malignant-patient": (16,),
    "benign-patient": (50,),
    "several-patients": (38, 51, 448, 228, 73),
}


Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Records:
    """Measurements, shape [records, 30], diagnoses, shape [records], and each record's number in the data set."""

    measurements: Floats
    diagnoses: Integers
    numbers: Integers


def split_records() -> tuple[Records, Records, list[str]]:
    """Load the data and hold out a test set with the same share of malignant records.

    Returns:
        The training records, the test records, and the features' names in column order.
    """
    data = load_breast_cancer()
    numbers = np.arange(len(data.target))
    training, test = train_test_split(numbers, test_size=TEST_SHARE, stratify=data.target, random_state=SEED)
    parts = [Records(data.data[part], data.target[part], part) for part in (np.sort(training), np.sort(test))]
    return parts[0], parts[1], [str(name) for name in data.feature_names]


def new_pipeline(regularization: float) -> Pipeline:
    """Return the untrained pipeline; `regularization` is the L2 penalty's weight, scikit-learn's 1 / C."""
    # Newton's method converges to machine precision, so that what is left to chance is below the digits kept.
    classifier = LogisticRegression(C=1 / regularization, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    return Pipeline([("scaler", StandardScaler()), ("classifier", classifier)])


def choose_threshold(records: Records, regularization: float) -> float:
    """Choose the probability of malignancy from which a record is called malignant.

    It is the largest hundredth that reaches `WANTED_SENSITIVITY` on training records, each judged by a model that has
    not seen it. The test set has no say.
    """
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    judged = cross_val_predict(
        new_pipeline(regularization), records.measurements, records.diagnoses, cv=folds, method="predict_proba"
    )
    malignant = np.sort(judged[records.diagnoses == MALIGNANT, MALIGNANT])
    may_be_missed = math.floor(len(malignant) * (1 - WANTED_SENSITIVITY))
    return max(math.floor(float(malignant[may_be_missed]) * 100), 1) / 100


def train(records: Records, regularization: float) -> Pipeline:
    """Fit the pipeline and round its coefficients to `COEFFICIENT_DECIMALS`."""
    pipeline = new_pipeline(regularization).fit(records.measurements, records.diagnoses)
    classifier = pipeline.named_steps["classifier"]
    classifier.coef_ = classifier.coef_.round(COEFFICIENT_DECIMALS)
    classifier.intercept_ = classifier.intercept_.round(COEFFICIENT_DECIMALS)
    return pipeline


def export(pipeline: Pipeline, columns: int) -> bytes:
    """Return the pipeline as ONNX: `features` float32 [N, columns] → `probabilities` float32 [N, 2].

    Producer, versions and descriptions are blanked, so that the same coefficients give the same bytes.
    """
    model = to_onnx(
        pipeline,
        initial_types=[(INPUT, FloatTensorType([None, columns]))],
        options={"zipmap": False},
        target_opset=OPSET,
        name=NAME,
    )
    # The converter's other output is the most probable label, which is not the label that the threshold gives.
    outputs = [output for output in model.graph.output if output.name == OUTPUT]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    model.producer_name, model.producer_version, model.domain, model.doc_string = NAME, VERSION, "", ""
    model.graph.name, model.graph.doc_string = NAME, ""
    model.ir_version = IR_VERSION
    operators = {entry.domain: entry.version for entry in model.opset_import}
    del model.metadata_props[:], model.opset_import[:]
    for domain in sorted(operators):
        model.opset_import.add(domain=domain, version=operators[domain])
    return bytes(model.SerializeToString(deterministic=True))


def probability_of_malignancy(model: bytes, measurements: Floats) -> Floats:
    """Ask the exported model, not the pipeline: what is measured is what is served."""
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    outputs = session.run([OUTPUT], {INPUT: measurements.astype(np.float32)})[0]
    return np.asarray(outputs[:, MALIGNANT], dtype=np.float64)


def wilson_interval(hits: int, trials: int) -> list[float]:
    """Return the 95 % confidence interval of a share (Wilson 1927), which holds for few trials and shares near 1."""
    z = 1.959964
    centre = (hits + z * z / 2) / (trials + z * z)
    half = z * math.sqrt(hits * (trials - hits) / trials + z * z / 4) / (trials + z * z)
    return [round(centre - half, 4), round(min(centre + half, 1.0), 4)]


def evaluate(probabilities: Floats, diagnoses: Integers, threshold: float) -> dict[str, Any]:
    """Measure the model on the test set; malignant is the positive class."""
    is_malignant = diagnoses == MALIGNANT
    called_malignant = probabilities >= threshold
    counts = confusion_matrix(is_malignant, called_malignant).ravel().tolist()
    true_negatives, false_positives, false_negatives, true_positives = counts
    positives, negatives = true_positives + false_negatives, true_negatives + false_positives
    return {
        "roc_auc": round(float(roc_auc_score(is_malignant, probabilities)), 4),
        "brier_score": round(float(brier_score_loss(is_malignant, probabilities)), 4),
        "accuracy": round((true_positives + true_negatives) / len(diagnoses), 4),
        "sensitivity": round(true_positives / positives, 4),
        "sensitivity_interval_95": wilson_interval(true_positives, positives),
        "specificity": round(true_negatives / negatives, 4),
        "specificity_interval_95": wilson_interval(true_negatives, negatives),
        "malignant_called_malignant": true_positives,
        "malignant_called_benign": false_negatives,
        "benign_called_benign": true_negatives,
        "benign_called_malignant": false_positives,
    }


def signature(features: list[str], training: Records, threshold: float) -> dict[str, Any]:
    """Return what the server has to know: columns and their accepted ranges, labels, and the operating point."""
    largest = training.measurements.max(axis=0)
    return {
        "name": NAME,
        "version": VERSION,
        "task": "classification",
        "input": {
            "tensor": INPUT,
            "features": [
                {"name": name, "minimum": 0, "maximum": float(f"{RANGE_FACTOR * most:.2g}")}
                for name, most in zip(features, largest, strict=True)
            ],
        },
        "output": {
            "tensor": OUTPUT,
            "labels": list(LABELS),
            "decision": {"label": LABELS[MALIGNANT], "threshold": threshold},
        },
    }


def write_samples(folder: Path, model_dir: Path, test: Records, features: list[str]) -> None:
    """Write held-out records as request bodies and let the server's own code write the answers beside them."""
    rows = dict(zip(test.numbers.tolist(), test.measurements.tolist(), strict=True))
    requests: dict[str, str] = {}
    for name, numbers in SAMPLES.items():
        instances = [rows[number] for number in numbers]
        lines = [",".join(map(repr, row)) for row in instances]
        if len(instances) == 1:
            named = dict(zip(features, instances[0], strict=True))
            requests[f"{name}.request.json"] = json.dumps({"instances": [named]}, indent=2)
        else:
            requests[f"{name}.request.json"] = json.dumps({"instances": instances})
            lines.insert(0, ",".join(features))
        requests[f"{name}.request.csv"] = "\n".join(lines)
    paths = []
    for file_name, body in requests.items():
        path = folder / file_name
        path.write_text(body + "\n", encoding="utf-8")
        paths.append(str(path))
    command = [sys.executable, "-m", "slipway.serving", "answer", "--model-dir", str(model_dir), *paths]
    subprocess.run(command, cwd=CHECKOUT, check=True)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a document that a person can read, and a diff too."""
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def build(output: Path, regularization: float) -> None:
    """Train, export, measure and write the model folder.

    Args:
        output: Folder that gets `model/`, `samples/` and `metrics.json`.
        regularization: Weight of the L2 penalty.

    Raises:
        OSError: The folder cannot be written.
    """
    model_dir, samples_dir = output / "model", output / "samples"
    for folder in (model_dir, samples_dir):
        folder.mkdir(parents=True, exist_ok=True)

    training, test, features = split_records()
    say(f"Training on {len(training.numbers)} records with regularization {regularization:g} …")
    threshold = choose_threshold(training, regularization)
    model = export(train(training, regularization), len(features))

    say(f"Measuring on {len(test.numbers)} records that were held out …")
    measured = evaluate(probability_of_malignancy(model, test.measurements), test.diagnoses, threshold)

    (model_dir / "model.onnx").write_bytes(model)
    write_json(model_dir / "signature.json", signature(features, training, threshold))
    write_samples(samples_dir, model_dir, test, features)
    write_json(
        output / "metrics.json",
        {
            "regularization": regularization,
            "threshold": threshold,
            "training_records": len(training.numbers),
            "test_records": len(test.numbers),
            "test": measured,
        },
    )
    say(f"From a probability of {threshold} on, a record is called malignant.")
    say(f"ROC AUC {measured['roc_auc']}, sensitivity {measured['sensitivity']}, specificity {measured['specificity']}.")
    say(f"Wrote model/, samples/ and metrics.json to {output}.")


def say(sentence: str) -> None:
    """Tell the person who waits how far it is."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


class OneSentence(argparse.ArgumentParser):
    """A parser whose complaints are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message}. Try --help.\n")


def positive(text: str) -> float:
    """Read a positive, finite number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line and return the exit status."""
    parser = OneSentence(prog="train.py", description="Train the tumor triage model and write its model folder.")
    parser.add_argument(
        "--output", type=Path, default=HERE, metavar="DIR", help="folder to write to (default: this file's own)"
    )
    parser.add_argument(
        "--regularization",
        type=positive,
        default=DEFAULT_REGULARIZATION,
        metavar="WEIGHT",
        help="weight of the L2 penalty, above 0: more gives more cautious probabilities (default %(default)s)",
    )
    given = parser.parse_args(arguments)
    try:
        build(given.output.resolve(), given.regularization)
    except OSError as error:
        sys.stderr.write(f"{given.output} cannot be written: {error.strerror}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
