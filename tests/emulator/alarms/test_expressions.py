import pytest

from slipway.emulator.alarms.expressions import ExpressionError, Series, UnsupportedError, parse

SERIES: dict[str, Series] = {"a": (1.0, None, 4.0), "b": (2.0, 3.0, 0.0)}


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("a", (1, None, 4)),
        ("a + b * 2", (5, None, 4)),
        ("(a + b) * 2", (6, None, 8)),
        ("-b ^ 2", (-4, -9, 0)),
        ("a / b", (0.5, None, None)),
        ("b - a", (1, None, -4)),
        ("FILL(a, 0) + b", (3, 3, 4)),
        ("FILL(a, REPEAT)", (1, 1, 4)),
        ("FILL(a, b)", (1, 3, 4)),
        ("IF(b > 0, FILL(a, 0) / FILL(b, 1), 0)", (0.5, 0, 0)),
        ("IF(b >= 2 AND b != 3, 1)", (1, None, None)),
        ("a > 1 OR b == 2", (1, None, 1)),
        ("SUM([a, b])", (3, 3, 4)),
        ("MAX(METRICS())", (2, 3, 4)),
        ("MAX(a)", (4, 4, 4)),
        ("AVG([FILL(a, 0), b])", (1.5, 1.5, 2)),
        ("RUNNING_SUM(a)", (1, 1, 5)),
        ("DIFF(b)", (None, 1, -3)),
        ("RATE(b)", (None, 1 / 60, -0.05)),
        ("ABS(0 - b) + CEIL(1.2) + FLOOR(1.8)", (5, 6, 3)),
        ("b / PERIOD(b)", (2 / 60, 0.05, 0)),
        ("1e2", (100, 100, 100)),
        ("LOG(b) > 1", (0, 1, None)),
    ],
)
def test_expressions(text: str, series: tuple[float | None, ...]) -> None:
    assert parse(text).value(SERIES, length=3, period=60) == pytest.approx(series)


def test_an_id_without_values_is_empty() -> None:
    assert parse("FILL(c, 0)").value({}, length=2, period=60) == (0, 0)


def test_the_ids_of_an_expression() -> None:
    assert parse("IF(a > 0, FILL(b2, REPEAT), 1)").ids == {"a", "b2"}


@pytest.mark.parametrize("text", ["", "a +", "a b", "(a", "FILL(a, 0", "BOGUS(a)", "A", "a ! b", "a + * b", ","])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="Error in expression"):
        parse(text)


@pytest.mark.parametrize("text", ["ANOMALY_DETECTION_BAND(a, 2)", "SUM(SEARCH(a, b))", "FILL(a, LINEAR)"])
def test_what_is_not_computed_here_is_named(text: str) -> None:
    with pytest.raises(UnsupportedError, match="not computed here"):
        parse(text)
