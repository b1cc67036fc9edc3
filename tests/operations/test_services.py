"""Which services a command is about, and what it has to know to find them."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from slipway.operations.eks.service import DeployedEksService
from slipway.operations.errors import WrongUsageError
from slipway.operations.sagemaker.service import DeployedSageMakerService
from slipway.operations.selection import select


def override(project: Path, environment: str, service: str, **keys: object) -> None:
    file = project / "environments" / f"{environment}.yaml"
    yaml = YAML()
    content = yaml.load(file.read_text())
    content["services"][service].update(keys)
    with file.open("w") as opened:
        yaml.dump(content, opened)


def test_both_backends_are_found_under_their_names(project_folder: Path) -> None:
    on_sagemaker, on_eks = select(project_folder, "local").services
    assert isinstance(on_sagemaker, DeployedSageMakerService)
    assert isinstance(on_eks, DeployedEksService)
    assert (on_sagemaker.name, on_sagemaker.backend) == ("tumor-triage", "sagemaker")
    assert (on_eks.name, on_eks.backend) == ("tumor-triage-eks", "eks")
    assert on_eks.stack_name == "slipway-local-service-tumor-triage-eks"
    assert on_eks.cell_stack_name(2) == "slipway-local-service-tumor-triage-eks-2"
    assert on_eks.cluster_stack_name(1) == "slipway-local-cluster"
    assert on_eks.cluster_stack_name(3) == "slipway-local-cluster-3"


def test_a_service_under_another_name_has_the_samples_of_its_folder(project_folder: Path) -> None:
    on_sagemaker, on_eks = select(project_folder, "local").services
    assert on_eks.samples == on_sagemaker.samples == project_folder / "model_artifacts" / "tumor-triage" / "samples"


def test_what_a_rollout_on_eks_is_like(project_folder: Path) -> None:
    image = {"uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway/serving:2"}
    rollout = {"strategy": "canary", "canary_percent": 10, "bake_minutes": 7}
    override(project_folder, "local", "tumor-triage-eks", rollout=rollout, candidate={"image": image, "step": 1})
    (service,) = select(project_folder, "local", "tumor-triage-eks").services
    assert service == DeployedEksService(
        environment="local",
        name="tumor-triage-eks",
        latency_p99_ms=service.latency_p99_ms,
        samples=service.samples,
        cells=1,
        strategy="canary",
        bake_s=420,
        candidate_step=1,
        internal=True,
    )


def test_a_service_that_does_not_run_here(project_folder: Path) -> None:
    with pytest.raises(WrongUsageError, match="runs no service `other`; it runs tumor-triage, tumor-triage-eks"):
        select(project_folder, "local", "other")


def test_an_environment_without_services_is_something_to_deploy_and_nothing_to_check(project_folder: Path) -> None:
    file = project_folder / "environments" / "dev.yaml"
    yaml = YAML()
    content = yaml.load(file.read_text())
    content["services"] = {}
    with file.open("w") as opened:
        yaml.dump(content, opened)
    with pytest.raises(WrongUsageError, match="The environment dev runs no service; name one under services"):
        select(project_folder, "dev")
    assert select(project_folder, "dev", needs_services=False).services == ()
