"""A sibling is made of its template and the differences, exactly."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.operations.template_diff.snapshots.sibling import applied, differences
from slipway.operations.template_diff.snapshots.yaml_text import dump, load

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [
        "a/b",
        "~1",
        "~",
        "",
        "0",
        "no",
        "1e3",
        "0x1f",
        "2026-01-01",
        "null",
        "a: b",
        "# a",
        "- a",
        "a\nb\n",
        " a\n b ",
        "--- # A\n",
    ]
)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4), max_leaves=12
)
_OBJECTS = st.dictionaries(_TEXT, _VALUES, max_size=4)


def exact(value: Any) -> str:
    """A value by which 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True)


@given(_OBJECTS, _OBJECTS)
def test_differences_lead_from_one_to_the_other_exactly(base: dict[str, Any], sibling: dict[str, Any]) -> None:
    before = exact(base)
    assert exact(applied(base, differences(base, sibling))) == exact(sibling)
    assert exact(base) == before, "the template itself stays as it is"


@given(_VALUES)
def test_yaml_gives_back_what_was_written_exactly(value: Any) -> None:
    assert exact(load(dump(value))) == exact(value)


@pytest.mark.parametrize(
    ("base", "sibling", "changed", "added", "removed"),
    [
        ({"a": 1}, {"a": True}, {"/a": True}, {}, []),
        ({"a": 1}, {"a": 1.0}, {"/a": 1.0}, {}, []),
        ({"a": [1, 2]}, {"a": [1, 3]}, {"/a/1": 3}, {}, []),
        ({"a": [1, 2]}, {"a": [1]}, {"/a": [1]}, {}, []),
        ({"a/b": {"c~d": 1}}, {"a/b": {"c~d": 2}}, {"/a~1b/c~0d": 2}, {}, []),
        ({"a": 1, "b": 2}, {"b": 2, "c": {"d": 3}}, {}, {"/c": {"d": 3}}, ["/a"]),
        ({"a": {}}, {"a": []}, {"/a": []}, {}, []),
        ({"a": None}, {}, {}, {}, ["/a"]),
    ],
)
def test_a_line_for_each_difference(
    base: dict[str, Any], sibling: dict[str, Any], changed: dict[str, Any], added: dict[str, Any], removed: list[str]
) -> None:
    found = differences(base, sibling)
    assert (exact(found.changed), exact(found.added), found.removed) == (exact(changed), exact(added), removed)


def test_what_both_gain_does_not_show() -> None:
    base = {"Resources": {"A": {"Name": "cells", "List": [1, 2]}}}
    sibling = {"Resources": {"A": {"Name": "cells-2", "List": [1, 2]}}}
    gained = {"B": {"Type": "AWS::SNS::Topic"}}
    base_later, sibling_later = (
        {"Resources": each["Resources"] | gained | {"A": each["Resources"]["A"] | {"List": [3]}}}
        for each in (base, sibling)
    )
    assert differences(base, sibling) == differences(base_later, sibling_later)


@pytest.mark.parametrize("pointer", ["/Resources/B/Name", "/Resources/A/List/7"])
def test_differences_of_another_template_do_not_fit(pointer: str) -> None:
    found = differences({"a": 1}, {"a": 2})
    found.changed.clear()
    found.changed[pointer] = 1
    with pytest.raises(LookupError):
        applied({"Resources": {"A": {"Name": "cells", "List": [1]}}}, found)
