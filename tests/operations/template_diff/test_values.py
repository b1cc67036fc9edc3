"""From what to what a property changes, in a line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.operations.template_diff.values import value_changes


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"Properties": {"MaxCapacity": 20}}, {"Properties": {"MaxCapacity": 30}}, ["MaxCapacity 20 → 30"]),
        ({"A": {"B": "x"}}, {"A": {"B": "x", "C": True}}, ["A.C none → true"]),
        ({"A": "x"}, {}, ["A x → none"]),
        ({"A": [1, 2]}, {"A": [1, 2, 3]}, ["A [1, 2] → [1, 2, 3]"]),
        (
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
            {"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}]},
            ["Tags[a].Value 1 → 3"],
        ),
        ({"L": [{"X": 1}]}, {"L": [{"X": 2}]}, ["L[0].X 1 → 2"]),
        ({"L": [{"name": "a"}]}, {"L": [{"name": "a"}, {"name": "b"}]}, ['L[b] none → {"name": "b"}']),
        ({"A": {"Ref": "One"}}, {"A": {"Fn::GetAtt": ["Two", "Arn"]}}, ["A ${One} → ${Two.Arn}"]),
        (
            {"M": [{"kind": "Deployment", "metadata": {"name": "main"}, "spec": {"replicas": 2}}]},
            {"M": [{"kind": "Deployment", "metadata": {"name": "main"}, "spec": {"replicas": 3}}]},
            ["M[Deployment/main].spec.replicas 2 → 3"],
        ),
        ({"T": [{"Key": "a"}, {"Key": "b"}]}, {"T": [{"Key": "b"}, {"Key": "a"}]}, ['T ["a", "b"] → ["b", "a"]']),
        ({"A": 1}, {"A": 1}, []),
    ],
)
def test_every_value_that_differs(old: dict[str, Any], new: dict[str, Any], lines: list[str]) -> None:
    assert [str(each) for each in value_changes(old, new)] == lines


def test_long_values_are_cut_to_where_they_differ() -> None:
    one, two = (f"{'a' * 500} {number} {'b' * 500}" for number in (20, 30))
    (change,) = value_changes({"A": one}, {"A": two})
    assert " 20 b" in str(change)
    assert " 30 b" in str(change)
    assert len(str(change)) < 140


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Name", "Key", "A", "Ref"]), inner),
    max_leaves=8,
)


@given(_VALUES, _VALUES)
def test_a_line_if_and_only_if_something_differs_and_never_a_long_one(old: Any, new: Any) -> None:
    found = list(value_changes({"A": old}, {"A": new}))
    assert bool(found) == (old != new)
    assert all(len(str(each)) < 60 + 160 for each in found)
