"""What a service comes to once everything it says is put together."""

from typing import Any

import pytest
from pydantic import ValidationError

from inference_constructs.config import Rollout, ServiceOnSageMaker, Strategy, read_service
from inference_constructs.config.models.instance_types import FAMILIES

IMAGE = {"uri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"}
PROMISES = {"availability": 99.9, "latency_p99_ms": 100}


USUAL: dict[str, Any] = {"name": "triage", "model": {"path": "model/"}, "image": IMAGE, "objectives": PROMISES}


def service(**values: Any) -> ServiceOnSageMaker:
    usual = USUAL | {"backend": "sagemaker", "sagemaker": {"instance_type": "ml.c7i.large"}}
    read = read_service(usual | values)
    assert isinstance(read, ServiceOnSageMaker)
    return read


def test_the_one_variant_of_a_service_always_has_the_same_name() -> None:
    """SageMaker fact 4: a renamed variant is a removed one."""
    assert [variant.name for variant in service().production_variants] == ["main"]
    assert [variant.name for variant in service(scaling={"min": 3, "max": 3}).production_variants] == ["main"]


@pytest.mark.parametrize(
    "values",
    [
        {"variants": {"a": {}, "b": {}}, "rollout": {"strategy": "rolling"}},
        {"sagemaker": {"serverless": {}}, "rollout": {"strategy": "rolling"}},
        {"sagemaker": {"instance_type": "ml.inf1.xlarge"}, "rollout": {"strategy": "canary"}},
    ],
)
def test_what_sagemaker_refuses_or_ignores_in_a_rollout_is_refused(values: dict[str, Any]) -> None:
    """SageMaker fact 4."""
    with pytest.raises(ValidationError, match="rollout"):
        service(**values)


def test_there_is_no_scaling_to_zero() -> None:
    """SageMaker fact 13: that takes inference components, and requests fail for minutes."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        service(objectives={}, scaling={"min": 0, "max": 2, "target": 8})


def test_burstable_instances_are_not_scaled() -> None:
    """SageMaker fact 8."""
    assert FAMILIES["t2"].burstable
    with pytest.raises(ValidationError, match="not burstable"):
        service(sagemaker={"instance_type": "ml.t2.medium"}, scaling={"min": 2, "max": 4, "target": 8})
    assert service(sagemaker={"instance_type": "ml.t2.medium"}).scaling.automatic is False


def test_a_model_package_has_its_version_in_its_name() -> None:
    """SageMaker fact 19: the latest one would change what the template means."""
    arn = "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn"
    with pytest.raises(ValidationError, match="with a version"):
        service(model={"model_package_arn": arn, "package_artifacts": "s3://bucket/churn/"})
    for version in (f"{arn}/3", f"{arn.replace('churn', 'ChurnModels')}/12"):  # groups may be called with capitals
        assert service(model={"model_package_arn": version, "package_artifacts": "s3://bucket/churn/"}).model


def test_a_variant_overrides_what_it_says_and_takes_the_rest_from_the_service() -> None:
    variants = {"a": {"weight": 9}, "b": {"model": {"path": "b/"}, "scaling": {"min": 4, "max": 4}}}
    a, b = service(variants=variants).production_variants
    assert (a.weight, b.weight) == (9, 1)
    assert (a.scaling.min, b.scaling.min) == (2, 4)
    assert [variant.containers[0].model.path for variant in (a, b) if variant.containers[0].model] == ["model/", "b/"]
    assert a.compute == b.compute


def test_a_shadows_weight_is_its_share_of_the_production_variants() -> None:
    shadow = service(shadow={"sampling_percent": 40}).shadow_variant
    assert shadow is not None
    assert (shadow.name, shadow.weight) == ("shadow", 0.4)


@pytest.mark.parametrize(
    ("rollout", "steps"),
    [
        (Rollout(), 1),
        (Rollout(strategy=Strategy.CANARY), 2),
        (Rollout(strategy=Strategy.LINEAR, step_percent=33), 4),
        (Rollout(strategy=Strategy.ROLLING, batch_percent=50), 2),
    ],
)
def test_a_rollout_knows_how_often_traffic_moves(rollout: Rollout, steps: int) -> None:
    assert rollout.steps == steps
