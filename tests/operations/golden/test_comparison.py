import json
import math

import pytest

from slipway.operations.golden.comparison import differences, problem_of


def in_json(expected: object, got: object) -> tuple[str, ...]:
    return differences(json.dumps(expected).encode(), json.dumps(got).encode(), "application/json")


def in_csv(expected: str, got: str) -> tuple[str, ...]:
    return differences(expected.encode(), got.encode(), "text/csv")


def test_spacing_and_key_order_make_no_difference() -> None:
    assert differences(b'{"a": 1, "b": [1, 2]}\n', b'{"b":[1,2],"a":1}', "application/json") == ()
    assert in_csv("benign,0.5\r\n", "benign, 0.50\n") == ()


@pytest.mark.parametrize("expected", [0.0, 1e-9, 0.15608263, 1.0, -3.5, 1e6])
def test_numbers_may_differ_by_the_tolerance_and_no_more(expected: float) -> None:
    """By what one model's answers differ between processors: single precision has seven digits, and sums lose some.

    A hundredth more would hide that a probability of 0 has become one of 0.01.
    """
    tolerance = 1e-6 + 1e-4 * abs(expected)
    for sign in (1, -1):
        assert in_json([expected], [expected + sign * tolerance * 0.99]) == ()
        assert in_csv(f"x,{expected}", f"x,{expected + sign * tolerance * 0.99}") == ()
        assert len(in_json([expected], [expected + sign * tolerance * 1.01])) == 1
        assert len(in_csv(f"x,{expected}", f"x,{expected + sign * tolerance * 1.01}")) == 1


def test_a_whole_number_equals_the_same_with_a_decimal_point() -> None:
    assert in_json({"value": 3}, {"value": 3.0}) == ()


def test_a_label_has_to_be_the_same_and_the_place_is_named() -> None:
    expected = {"predictions": [{"label": "benign"}, {"label": "malignant", "probabilities": {"malignant": 0.9}}]}
    got = {"predictions": [{"label": "benign"}, {"label": "benign", "probabilities": {"malignant": 0.1}}]}
    assert in_json(expected, got) == (
        'predictions[1].label: expected "malignant", got "benign"',
        "predictions[1].probabilities.malignant: expected 0.9, got 0.1",
    )
    assert in_csv("benign,0.1\nmalignant,0.9\n", "benign,0.1\nbenign,0.9\n") == (
        "row 2, column 1: expected malignant, got benign",
    )


@pytest.mark.parametrize(
    ("expected", "got", "difference"),
    [
        ({"a": 1}, {"b": 1}, ("a: expected 1, got nothing", "b: expected nothing, got 1")),
        ([1, 2], [1], ("the answer: expected 2 items, got 1",)),
        ({"a": [1]}, {"a": 1}, ("a: expected [1], got 1",)),
        (True, 1, ("the answer: expected true, got 1",)),
        ("1", 1, ('the answer: expected "1", got 1',)),
        (None, 0, ("the answer: expected null, got 0",)),
        (1, math.inf, ("the answer: expected 1, got Infinity",)),
    ],
)
def test_what_is_of_another_shape_or_type_differs(expected: object, got: object, difference: tuple[str, ...]) -> None:
    assert in_json(expected, got) == difference


def test_what_is_no_number_on_both_sides_is_the_same() -> None:
    assert in_json([math.nan, math.inf], [math.nan, math.inf]) == ()
    assert len(in_json([math.inf], [-math.inf])) == 1


def test_rows_and_columns_that_are_missing() -> None:
    assert in_csv("a,1\nb,2\n", "a,1\n") == ("expected 2 rows, got 1",)
    assert in_csv("a,1\n", "a,1,2\n") == ("row 1: expected 2 columns, got 3",)


@pytest.mark.parametrize("got", [b"<html>", b"\xff\xfe", b""])
def test_an_answer_that_is_no_json_is_shown(got: bytes) -> None:
    (difference,) = differences(b"{}", got, "application/json")
    assert difference.startswith("the answer is no application/json (")


def test_a_long_value_is_cut() -> None:
    (difference,) = in_json("a" * 500, "b" * 500)
    assert len(difference) < 220


def test_an_expected_answer_has_to_be_of_its_type() -> None:
    assert problem_of(b"{}", "application/json") is None
    assert problem_of(b"{", "application/json")
    assert problem_of(b"\xff", "text/csv")
