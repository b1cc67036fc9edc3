"""Properties that hold for every value, not only for the examples."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from inference_constructs.config import Scaling, ServiceOnSageMaker, read_service
from inference_constructs.config.backends import service_model
from inference_constructs.config.errors import dotted, findings
from inference_constructs.config.models.instance_types import instance_type_names
from inference_constructs.config.yaml.json_schema import service_schema
from inference_constructs.config.yaml.overrides import overridden

SCALARS = st.none() | st.booleans() | st.integers(-5, 2000) | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def service_like(values: st.SearchStrategy[Any] = JSON) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings that are nearly services: the right keys, with right and wrong values."""
    return st.fixed_dictionaries(
        {
            "name": st.just("triage") | values,
            "backend": st.just("sagemaker") | values,
            "model": st.just({"path": "model/"}) | values,
            "image": st.just({"build": "serving"}) | values,
            "sagemaker": st.fixed_dictionaries({"instance_type": st.sampled_from(instance_type_names()) | values})
            | values,
        },
        optional={
            "scaling": st.fixed_dictionaries(
                {}, optional={"min": st.integers(0, 9), "max": st.integers(0, 9), "target": st.floats(0, 9) | values}
            ),
            "objectives": st.fixed_dictionaries(
                {}, optional={"availability": st.floats(80, 101), "latency_p99_ms": values}
            ),
            "bogus": values,
        },
    )


@given(service_like())
def test_a_service_is_accepted_or_refused_in_sentences(data: dict[str, Any]) -> None:
    try:
        service = read_service(data)
    except ValidationError as error:
        for finding in findings(error, service_model(data)):
            assert finding.found
            assert finding.accepted
            assert "\n" not in finding.found + finding.accepted
            assert "pydantic" not in finding.found + finding.accepted
        return
    assert type(service).model_validate_json(service.model_dump_json()) == service


@given(service_like())
def test_the_schema_accepts_what_the_spec_accepts(data: dict[str, Any]) -> None:
    try:
        read_service(data)
    except ValidationError:
        return
    Draft202012Validator(service_schema()).validate(json.loads(json.dumps(data)))


@given(service_like())
def test_an_accepted_service_keeps_its_promises(data: dict[str, Any]) -> None:
    try:
        service = read_service(data)
    except ValidationError:
        return
    scaling = service.scaling
    assert 1 <= scaling.min <= scaling.max
    assert not scaling.automatic or (scaling.target is not None and scaling.target > 0)
    assert service.objectives.availability is None or scaling.min >= 2
    assert isinstance(service, ServiceOnSageMaker)
    instance = service.sagemaker.instance
    assert instance is None or not (instance.family.burstable and scaling.automatic)


@given(st.integers(-3, 1200), st.integers(-3, 1200), st.none() | st.floats(allow_nan=True, allow_infinity=True))
def test_scaling_takes_exactly_the_bounds_that_make_sense(low: int, high: int, target: float | None) -> None:
    sensible = 1 <= low <= high <= 1000 and (target is None or 0 < target < float("inf"))
    sensible = sensible and (low == high or target is not None)
    try:
        Scaling(min=low, max=high, target=target)
    except ValidationError:
        assert not sensible
    else:
        assert sensible


MAPPINGS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.integers()),
    lambda inner: st.dictionaries(st.sampled_from("abc"), st.integers() | inner),
    max_leaves=8,
)


@given(MAPPINGS, MAPPINGS)
def test_overriding_twice_changes_nothing_more(base: dict[str, Any], overrides: dict[str, Any]) -> None:
    once = overridden(base, overrides)
    assert overridden(once, overrides) == once
    assert overridden(base, {}) == base


@given(st.lists(st.sampled_from(["a", "b", 0, 1]), min_size=1))
def test_a_key_path_reads_like_yaml_tools_write_it(path: list[str | int]) -> None:
    text = dotted(path)
    assert text.count("[") == sum(isinstance(part, int) for part in path)
    assert ".." not in text
