"""A project is what its files say, overrides included."""

from pathlib import Path

import pytest

from inference_constructs.config import (
    ConfigError,
    Image,
    Objectives,
    Scaling,
    ScalingMetric,
    ServiceOnSageMaker,
    find_instance_type,
    load_project,
)
from inference_constructs.config.yaml.overrides import overridden
from tests.unit.config.projects import ENVIRONMENT, ENVIRONMENT_WITH_EKS, SERVICE, with_line, write_project


def test_a_service_runs_as_its_own_file_says(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path))
    (environment,) = project.environments
    (service,) = environment.services
    assert environment.account == "111122223333"
    assert service.objectives == Objectives(latency_p99_ms=100, availability=99.9)
    assert service.scaling == Scaling(min=2, max=20, metric=ScalingMetric.CONCURRENT_REQUESTS, target=8)
    assert isinstance(service, ServiceOnSageMaker)
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
    with pytest.raises(ConfigError, match="environments: `'prod'`; accepted: names out of dev"):
        project.only(["dev", "prod"])


def write_beside_dev(root: Path, name: str, *, account: str = "111122223333", region: str = "us-east-1") -> None:
    """Another environment in the project of `dev`."""
    dev = root / "environments" / "dev.yaml"
    text = with_line(dev.read_text(), "name: dev", f"name: {name}").replace("us-east-1", region)
    dev.with_name(f"{name}.yaml").write_text(with_line(text, "111122223333", account))


def test_what_one_environment_may_change_is_not_anothers(tmp_path: Path) -> None:
    """Roles of `dev` may use what is named `slipway-dev-*` in its account and region, and so nothing of `dev-eu`."""
    root = write_project(tmp_path)
    write_beside_dev(root, "dev-eu")
    with pytest.raises(ConfigError) as error:
        load_project(root)
    assert str(error.value) == (
        "environments/dev-eu.yaml:1: name: `'dev-eu'`; accepted: a name that does not begin with dev-,"
        " or an account or region of its own"
    )


@pytest.mark.parametrize(
    ("name", "account", "region"),
    [
        ("deveu", "111122223333", "us-east-1"),
        ("dev-eu", "999988887777", "us-east-1"),
        ("dev-eu", "111122223333", "eu-west-1"),
    ],
)
def test_a_name_or_a_place_of_its_own_keeps_them_apart(tmp_path: Path, name: str, account: str, region: str) -> None:
    root = write_project(tmp_path)
    write_beside_dev(root, name, account=account, region=region)
    assert len(load_project(root).environments) == 2


def test_another_region_of_an_environment_is_its_place_too(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    write_beside_dev(root, "dev-eu", region="eu-west-1")
    dev = root / "environments" / "dev.yaml"
    there = "regions:\n  eu-west-1: {network: {availability_zones: [eu-west-1a, eu-west-1b]}}\n"
    dev.write_text(dev.read_text() + there)
    with pytest.raises(ConfigError, match=r"environments/dev-eu\.yaml:1: name: "):
        load_project(root)


def test_no_environment_has_the_name_of_anothers_region(tmp_path: Path) -> None:
    """Not even in an account of its own: stages are told apart by that name."""
    root = write_project(tmp_path)
    write_beside_dev(root, "dev-us-west-2", account="999988887777")
    dev = root / "environments" / "dev.yaml"
    there = "regions:\n  us-west-2: {network: {availability_zones: [us-west-2a, us-west-2b]}}\n"
    dev.write_text(dev.read_text() + there)
    with pytest.raises(ConfigError, match=r"environments/dev-us-west-2\.yaml:1: name: "):
        load_project(root)


def test_no_environment_takes_the_pipelines_names(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    dev = root / "environments" / "dev.yaml"
    dev.with_name("pipeline.yaml").write_text(dev.read_text().replace("name: dev", "name: pipeline"))
    with pytest.raises(
        ConfigError, match=r"environments/pipeline\.yaml:1: name: .*slipway-pipeline is the pipeline's own"
    ):
        load_project(root)
