"""Whatever is wrong with a request, its sender reads one sentence that says so."""

import json
from typing import Any

import httpx
import pytest

from slipway.serving.signature import load_signature
from tests.serving.running import TUMOR_TRIAGE

NAMES = list(load_signature(TUMOR_TRIAGE / "model" / "signature.json").feature_names)
ROW = [0.1] * 30  # within every feature's range
NAMED = dict(zip(NAMES, ROW, strict=True))
JSON = "application/json"
CSV = "text/csv"
CSV_ROW = ",".join(["0.1"] * 30)


def body(*rows: object) -> str:
    return json.dumps({"instances": list(rows)})


def with_third(value: object) -> list[object]:
    return [*ROW[:2], value, *ROW[3:]]


def csv_with_third(cell: str) -> str:
    return f"{CSV_ROW}\n" + ",".join(["0.1", "0.1", cell, *["0.1"] * 27])


def error_of(response: httpx.Response) -> dict[str, Any]:
    """Return the error, which is the whole body and reads as one sentence."""
    document: dict[str, dict[str, Any]] = response.json()
    assert list(document) == ["error"]
    assert list(document["error"]) == ["code", "message"]
    message = document["error"]["message"]
    assert message[0].isupper() or message[0] == '"'
    assert message.endswith(".")
    assert len(message) < 400
    assert response.headers["content-type"] == JSON
    return document["error"]


WRONG_JSON = [
    ("", "empty_body", ["empty"]),
    (" \n", "empty_body", ["empty"]),
    ("{", "bad_json", ["line 1, column 2"]),
    ('{"instances": [[1,]]}', "bad_json", ["line 1"]),
    ("[" * 100_000, "bad_json", ["deep"]),
    (body(ROW) + "x", "bad_json", ["Extra data"]),
    ('{"instances": [], "instances": []}', "bad_json", ["instances", "twice"]),
    ("null", "wrong_shape", ["null", '{"instances"']),
    ("12", "wrong_shape", ["12", '{"instances"']),
    (json.dumps([ROW]), "wrong_shape", ["a list of 1", '{"instances"']),
    ("{}", "wrong_shape", ['no key "instances"']),
    (json.dumps({"instances": [ROW], "Instances": 1}), "wrong_shape", ['unknown key the text "Instances"']),
    (json.dumps({"instances": {}}), "wrong_shape", ["an object", "a list of rows"]),
    (json.dumps({"instances": "x"}), "wrong_shape", ['the text "x"', "a list of rows"]),
    (body(), "no_rows", ["empty"]),
    (json.dumps({"instances": ROW}), "wrong_shape", ["Row 1 is 0.1", "a list of 30 numbers or an object"]),
    (body(ROW, None), "wrong_shape", ["Row 2 is null"]),
    (body([ROW]), "wrong_columns", ["Row 1 has 1 values", "30"]),
    (body(ROW, ROW[:29]), "wrong_columns", ["Row 2 has 29 values", "30"]),
    (body([*ROW, 1]), "wrong_columns", ["Row 1 has 31 values"]),
    (body([]), "wrong_columns", ["Row 1 has 0 values"]),
    (body(ROW, with_third("x")), "not_a_number", ["Row 2", '"mean perimeter"', 'the text "x"', "a number"]),
    (body(with_third("1")), "not_a_number", ["Row 1", 'the text "1"']),
    (body(with_third("x" * 10_000)), "not_a_number", ["x…"]),
    (body(with_third("\ud800")), "not_a_number", ["Row 1"]),
    (body(with_third(None)), "not_a_number", ["null"]),
    (body(with_third(True)), "not_a_number", ["true"]),  # noqa: FBT003 - a JSON value, not a flag
    (body(with_third([1])), "not_a_number", ["a list of 1"]),
    (body(with_third({})), "not_a_number", ["an object"]),
    (body(with_third(float("nan"))), "not_a_number", ["Row 1", '"mean perimeter"', "nan", "finite"]),
    (body(with_third(float("inf"))), "out_of_range", ["inf", "from 0 to"]),
    (body(with_third(float("-inf"))), "out_of_range", ["-inf"]),
    (body(with_third(1e39)), "out_of_range", ["1e+39"]),
    ('{"instances": [[1' + "0" * 5000 + "]]}", "wrong_columns", ["Row 1 has 1 values"]),
    (body(ROW, with_third(-0.5)), "out_of_range", ["Row 2", '"mean perimeter" is -0.5', "from 0 to"]),
    (body(with_third(1e7)), "out_of_range", ["1e+07"]),
    (body({**NAMED, "age": 1}), "wrong_columns", ["Row 1", 'the text "age"']),
    (body({key: NAMED[key] for key in NAMES[1:]}), "wrong_columns", ['no field "mean radius"']),
    (body(NAMED, {**NAMED, NAMES[4]: "1"}), "not_a_number", ["Row 2", '"mean smoothness"']),
    (body(NAMED)[:-3] + ', "mean radius": 2}]}', "bad_json", ['"mean radius"', "twice"]),
]

WRONG_CSV = [
    ("", "empty_body", ["empty"]),
    ("\n\n", "empty_body", ["empty"]),
    (",".join(NAMES), "no_rows", ["header"]),
    (",".join(reversed(NAMES)) + "\n" + CSV_ROW, "wrong_header", ["Column 1", "mean radius"]),
    (",".join(NAMES[:-1]) + "\n" + CSV_ROW, "wrong_columns", ["29", "30"]),
    ("1,2", "wrong_columns", ["Row 1 has 2 values"]),
    (f"{CSV_ROW}\n{CSV_ROW},1", "wrong_columns", ["Row 2 has 31 values"]),
    (f"{CSV_ROW}\n \n{CSV_ROW}", "wrong_columns", ["Row 2 has 1 values"]),
    (CSV_ROW.replace(",", ";"), "wrong_columns", ["Row 1 has 1 values"]),
    ('"' + CSV_ROW, "bad_csv", ["CSV"]),
    (f'{CSV_ROW}\n"1"x,1', "bad_csv", ["CSV"]),
    ("x" * 200_000, "bad_csv", ["field larger"]),
    *(
        (csv_with_third(cell), "not_a_number", ["Row 2", '"mean perimeter"', "a number is expected"])
        for cell in (
            "x",
            "",
            " ",
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "1_000",
            "0x10",
            "\u0661",
            "1 2",
            "true",
            "1e",
            ".",
            "--1",
        )
    ),
    (csv_with_third("1e39"), "out_of_range", ["1e+39"]),
    (csv_with_third("1e999"), "out_of_range", ["inf"]),
    (csv_with_third("-1"), "out_of_range", ["-1"]),
]


@pytest.mark.parametrize(
    ("media_type", "content", "code", "phrases"),
    [
        pytest.param(media_type, *case, id=f"{media_type.partition('/')[2]}-{number}-{case[1]}")
        for media_type, cases in ((JSON, WRONG_JSON), (CSV, WRONG_CSV))
        for number, case in enumerate(cases)
    ],
)
def test_a_wrong_body_is_refused(
    client: httpx.Client, media_type: str, content: str, code: str, phrases: list[str]
) -> None:
    response = client.post(
        "/invocations", content=content.encode(errors="surrogatepass"), headers={"Content-Type": media_type}
    )

    error = error_of(response)
    assert (response.status_code, error["code"]) == (400, code)
    for phrase in phrases:
        assert phrase in error["message"]


@pytest.mark.parametrize("media_type", [JSON, CSV])
def test_bytes_that_are_not_utf8_are_refused(client: httpx.Client, media_type: str) -> None:
    response = client.post("/invocations", content=b"12\xff", headers={"Content-Type": media_type})
    assert response.status_code == 400
    assert error_of(response) == {"code": "bad_encoding", "message": "Byte 3 of the body is not UTF-8."}


@pytest.mark.parametrize(
    ("headers", "phrase"),
    [
        ({}, "Content-Type is missing"),
        ({"Content-Type": "application/xml"}, '"application/xml"'),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "application/json or text/csv"),
        ({"Content-Type": ""}, '""'),
        ({"Content-Type": f"{JSON}; charset=latin-1"}, '"latin-1"'),
        ({"Content-Type": 'text/csv; header=present; charset="UTF-16"'}, '"utf-16"'),
        ({"Content-Type": JSON, "Content-Encoding": "gzip"}, "gzip"),
    ],
)
def test_a_type_that_is_not_served_is_refused(client: httpx.Client, headers: dict[str, str], phrase: str) -> None:
    response = client.post("/invocations", content=body(ROW), headers=headers)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (415, "unsupported_media_type")
    assert phrase in error["message"]


@pytest.mark.parametrize("accept", ["image/png", "application/xml, text/html;q=0.9", "*/*;q=0", "json", "*/*;q=x"])
def test_an_answer_that_cannot_be_given_is_refused(client: httpx.Client, accept: str) -> None:
    response = client.post("/invocations", content=body(ROW), headers={"Content-Type": JSON, "Accept": accept})
    error = error_of(response)
    assert (response.status_code, error["code"]) == (406, "not_acceptable")
    assert "application/json or text/csv" in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "/ping/", 404, "not_found"),
        ("POST", "/invocations/x", 404, "not_found"),
        ("GET", "/invocations", 405, "method_not_allowed"),
        ("PUT", "/invocations", 405, "method_not_allowed"),
        ("POST", "/ping", 405, "method_not_allowed"),
    ],
)
def test_other_paths_and_methods_are_refused(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (status, code)
    assert "GET /ping and POST /invocations" in error["message"]
    assert (response.headers.get("allow") is not None) == (status == 405)
