"""A project is what its files say, overrides included."""

from pathlib import Path

import pytest

from inference_constructs.spec import (
    Image,
    Objectives,
    Scaling,
    ScalingMetric,
    SpecError,
    find_instance_type,
    load_project,
)
from inference_constructs.spec.overrides import overridden
from tests.unit.spec.projects import ENVIRONMENT, ENVIRONMENT_WITH_EKS, SERVICE, with_line, write_project


def test_a_service_runs_as_its_own_file_says(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path))
    (environment,) = project.environments
    (service,) = environment.services
    assert environment.account == "111122223333"
    assert service.objectives == Objectives(latency_p99_ms=100, availability=99.9)
    assert service.scaling == Scaling(min=2, max=20, metric=ScalingMetric.CONCURRENT_REQUESTS, target=8)
    assert service.sagemaker is not None
    assert service.sagemaker.instance == find_instance_type("ml.c7i.large")
    assert project.service_folder(service) == tmp_path.resolve() / "model_artifacts" / "triage"


def test_an_environment_overrides_at_every_depth(tmp_path: Path) -> None:
    overrides = "triage: {scaling: {min: 1, target: 4}, objectives: {availability: null}, image: {uri: IMAGE}}"
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"
    text = with_line(ENVIRONMENT, "triage: {}", overrides.replace("IMAGE", f"'{image}'"))
    (service,) = load_project(write_project(tmp_path, environment=text)).environments[0].services
    assert service.scaling == Scaling(min=1, max=20, target=4)
    assert service.objectives == Objectives(latency_p99_ms=100)
    assert service.image == Image(uri=image)


def test_a_service_without_overrides_may_stand_alone(tmp_path: Path) -> None:
    text = with_line(ENVIRONMENT, "triage: {}", "triage:")
    assert len(load_project(write_project(tmp_path, environment=text)).environments[0].services) == 1


def test_what_excludes_each_other_is_replaced_whole() -> None:
    base = {"image": {"build": "serving"}, "scaling": {"min": 2, "max": 4}}
    merged = overridden(base, {"image": {"uri": "x"}, "scaling": {"max": None, "min": 1}})
    assert merged == {"image": {"uri": "x"}, "scaling": {"min": 1}}
    assert base == {"image": {"build": "serving"}, "scaling": {"min": 2, "max": 4}}, "the base is left as it was"


def test_an_environment_serves_a_folder_under_another_name_and_backend(tmp_path: Path) -> None:
    both = with_line(SERVICE, "backend: sagemaker", 'backend: sagemaker\n    eks: {cpu: "2", memory: 4Gi}')
    environment = with_line(
        ENVIRONMENT_WITH_EKS, "triage: {}", "triage: {}\n      triage-eks: {folder: triage, backend: eks}"
    )
    project = load_project(write_project(tmp_path, service=both, environment=environment))
    one, other = project.environments[0].services
    assert (one.name, one.backend, other.name, other.backend) == ("triage", "sagemaker", "triage-eks", "eks")
    assert project.service_folder(one) == project.service_folder(other)
    assert one.model_dump(exclude={"name", "backend", "folder"}) == other.model_dump(
        exclude={"name", "backend", "folder"}
    )


def test_only_the_environments_that_are_asked_for_are_left(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path))
    assert project.only(["dev"]) == project
    with pytest.raises(SpecError, match="environments: `'prod'`; accepted: names out of dev"):
        project.only(["dev", "prod"])
