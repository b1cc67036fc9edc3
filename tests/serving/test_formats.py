"""The same patient gets the same answer however the request is written."""

import json
import statistics
from typing import Any

import httpx
import pytest

from slipway.serving.media_types import response_type
from slipway.serving.signature import load_signature
from tests.serving.running import TUMOR_TRIAGE

NAMES = load_signature(TUMOR_TRIAGE / "model" / "signature.json").feature_names
JSON = "application/json"
CSV = "text/csv"
PATIENT: dict[str, float] = json.loads((TUMOR_TRIAGE / "samples" / "malignant-patient.request.json").read_text())[
    "instances"
][0]
VALUES = [PATIENT[name] for name in NAMES]
CSV_ROW = ",".join(map(str, VALUES))
HEADER = ",".join(NAMES)
EXPECTED: dict[str, Any] = json.loads((TUMOR_TRIAGE / "samples" / "malignant-patient.response.json").read_text())[
    "predictions"
][0]


def predictions(client: httpx.Client, content: str | bytes, content_type: str) -> list[dict[str, Any]]:
    response = client.post("/invocations", content=content, headers={"Content-Type": content_type, "Accept": JSON})
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["predictions"]
    return rows


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON; charset=UTF-8", f'{JSON} ; charset="utf-8"'])
@pytest.mark.parametrize(
    "document",
    [
        {"instances": [VALUES]},
        {"instances": [PATIENT]},
        {"instances": [dict(reversed(PATIENT.items()))]},
    ],
    ids=["list", "object", "object in another order"],
)
def test_json(client: httpx.Client, content_type: str, document: object) -> None:
    assert predictions(client, json.dumps(document), content_type) == [EXPECTED]


def test_json_rows_may_be_lists_and_objects_in_one_request(client: httpx.Client) -> None:
    assert predictions(client, json.dumps({"instances": [VALUES, PATIENT]}), JSON) == [EXPECTED, EXPECTED]


def test_json_may_begin_with_a_byte_order_mark(client: httpx.Client) -> None:
    assert predictions(client, b"\xef\xbb\xbf" + json.dumps({"instances": [VALUES]}).encode(), JSON) == [EXPECTED]


@pytest.mark.parametrize("content_type", [CSV, "text/csv; charset=utf-8", "text/csv;charset=US-ASCII;header=absent"])
@pytest.mark.parametrize(
    "text",
    [
        CSV_ROW,
        CSV_ROW + "\n",
        CSV_ROW + "\r\n\r\n",
        CSV_ROW.replace(",", " , "),
        '"' + CSV_ROW.replace(",", '","') + '"',
        "\ufeff" + HEADER + "\n" + CSV_ROW,
        HEADER.replace(",", ", ") + "\r\n" + CSV_ROW,
    ],
    ids=["bare", "newline", "windows", "blanks", "quoted", "header of a spreadsheet", "header with blanks"],
)
def test_csv(client: httpx.Client, content_type: str, text: str) -> None:
    assert predictions(client, text.encode(), content_type) == [EXPECTED]


def test_numbers_may_be_whole_and_have_exponents(client: httpx.Client) -> None:
    plain = ["1", *["0.1"] * 29]
    assert predictions(client, ",".join(["+1.0e0", *["1E-1"] * 29]), CSV) == predictions(client, ",".join(plain), CSV)
    assert predictions(client, '{"instances": [[%s]]}' % ",".join(plain), JSON)  # noqa: UP031 - JSON has braces


def test_a_batch_is_answered_in_order(client: httpx.Client) -> None:
    batch = (TUMOR_TRIAGE / "samples" / "several-patients.request.json").read_bytes()
    rows = json.loads(batch)["instances"]
    single = [predictions(client, json.dumps({"instances": [row]}), JSON)[0] for row in rows]
    together = predictions(client, batch, JSON)
    assert [row["label"] for row in together] == [row["label"] for row in single]
    for one, other in zip(together, single, strict=True):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-6)


@pytest.mark.parametrize("requested", [JSON, CSV])
@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, None),
        ("", None),
        ("*/*", None),
        ("text/html, */*;q=0.1", None),
        ("application/json, text/csv", None),
        ("application/json", JSON),
        ("APPLICATION/*", JSON),
        ("text/csv", CSV),
        ("text/*", CSV),
        ("text/csv; charset=utf-8", CSV),
        ("application/json;q=0.5, text/csv", CSV),
        ("*/*, text/csv;q=0", JSON),
        ("text/csv;q=0.2, application/*;q=0.3, */*;q=0.9", JSON),
    ],
)
def test_the_answer_comes_in_the_type_the_caller_likes_best(
    requested: str, accept: str | None, expected: str | None
) -> None:
    assert response_type(accept, requested) == (expected or requested)


def test_json_can_be_answered_with_csv_and_csv_with_json(client: httpx.Client) -> None:
    as_csv = client.post(
        "/invocations", content=json.dumps({"instances": [VALUES]}), headers={"Content-Type": JSON, "Accept": CSV}
    )
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert as_csv.content == (TUMOR_TRIAGE / "samples" / "malignant-patient.response.csv").read_bytes()
    assert predictions(client, CSV_ROW, CSV) == [EXPECTED]


def test_ping_is_empty_and_200(client: httpx.Client) -> None:
    response = client.get("/ping")
    assert (response.status_code, response.content) == (200, b"")
    assert client.head("/ping").status_code == 200


def test_small_answers_do_not_wait_for_the_callers_acknowledgement(client: httpx.Client) -> None:
    """Without TCP_NODELAY nearly every one takes the 40 ms that Linux delays an ACK."""
    times = [
        client.post("/invocations", content=CSV_ROW, headers={"Content-Type": CSV}).elapsed.total_seconds()
        for _ in range(30)
    ]
    assert statistics.quantiles(times)[0] < 0.030
