"""The server serves any tabular model, not only the one that comes with it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from onnx import TensorProto

from slipway.serving.errors import RequestError
from slipway.serving.inference import answer
from slipway.serving.model import load_model
from tests.serving.running import running_server
from tests.serving.small_models import identity_classifier, regressor

JSON = "application/json"
CSV = "text/csv"


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        running_server(regressor(tmp_path_factory.mktemp("regressor"))) as server,
        httpx.Client(base_url=server.url) as http,
    ):
        yield http


def test_a_regressor_answers_values(sums: httpx.Client) -> None:
    rows = {"instances": [[1, 2], {"height": 0.25, "width": 0.5}]}
    response = sums.post("/invocations", json=rows)
    assert response.json() == {"predictions": [{"value": 3.0}, {"value": 0.75}]}


def test_a_regressor_answers_csv(sums: httpx.Client) -> None:
    response = sums.post("/invocations", content="width,height\n1,2\n0.1,0", headers={"Content-Type": CSV})
    assert response.text == "3.0\n0.1\n"


def test_a_sum_beyond_float32_is_refused_with_its_row(sums: httpx.Client) -> None:
    response = sums.post("/invocations", json={"instances": [[1, 2], [3e38, 3e38]]})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "no_finite_prediction"
    assert "Row 2" in response.json()["error"]["message"]


def test_a_float64_model_keeps_its_digits(tmp_path: Path) -> None:
    model = load_model(regressor(tmp_path, element=TensorProto.DOUBLE))
    assert model.input_type is np.float64
    body = b'{"instances": [[1e-9, 1]]}'
    assert json.loads(answer(model, body, request_type=JSON, response_type=JSON).body) == {
        "predictions": [{"value": 1.000000001}]
    }


@pytest.mark.parametrize(
    ("decision", "probabilities", "label"),
    [
        (None, [0.2, 0.5, 0.3], "middle, more or less"),
        ({"label": "high", "threshold": 0.3}, [0.2, 0.5, 0.3], "high"),
        ({"label": "high", "threshold": 0.3}, [0.2, 0.51, 0.29], "middle, more or less"),
        ({"label": "high", "threshold": 0.9}, [0.1, 0.05, 0.85], "low"),
    ],
)
def test_three_labels_and_a_decision(
    tmp_path: Path, decision: dict[str, object] | None, probabilities: list[float], label: str
) -> None:
    model = load_model(identity_classifier(tmp_path, decision))
    body = json.dumps({"instances": [probabilities]}).encode()
    (row,) = json.loads(answer(model, body, request_type=JSON, response_type=JSON).body)["predictions"]
    assert row["label"] == label
    assert list(row["probabilities"].values()) == probabilities
    assert list(row["probabilities"]) == list(model.signature.labels)


def test_a_label_with_a_comma_is_quoted_in_csv(tmp_path: Path) -> None:
    model = load_model(identity_classifier(tmp_path))
    answered = answer(model, b"0,1,0", request_type=CSV, response_type=CSV)
    assert answered.body == b'"middle, more or less",0.0,1.0,0.0\n'
    assert answered.rows == 1


def test_a_refusal_names_the_models_own_fields(tmp_path: Path) -> None:
    model = load_model(identity_classifier(tmp_path))
    with pytest.raises(RequestError) as refused:
        answer(model, b"0,x,0", request_type=CSV, response_type=CSV)
    assert refused.value.message == 'Row 1, field "b" is the text "x"; a number is expected.'
