"""A service does not change its backend in place, from whichever side."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from slipway.operations.backend_change import backend_in
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.preflight import print_preflight
from slipway.operations.registry import backend_of
from slipway.operations.services import DeployedService, Selection
from tests.conftest import ROOT
from tests.operations import synthetic_templates as templates
from tests.operations.eks import live
from tests.operations.eks import test_preflight as on_eks
from tests.operations.eks.test_cluster_changes import auto_mode
from tests.operations.stubbed import ACCOUNT, REGION, STACK, Stubbed
from tests.operations.synthetic_templates import RESOLVER

SAGEMAKER, EKS = templates.template(), on_eks.template(main=100)


@pytest.fixture
def named(service: DeployedService) -> DeployedService:
    return replace(service, name="tumor-triage", samples=Path("model_artifacts/tumor-triage/samples"))


def moved(service: DeployedService) -> DeployedService:
    """The same service on EKS."""
    return DeployedEksService(
        environment=service.environment,
        name=service.name,
        latency_p99_ms=service.latency_p99_ms,
        samples=service.samples,
    )


def written(folder: Path, **stacks: dict[str, Any]) -> Path:
    """A cloud assembly with these stacks, by what their names end with."""
    assembly = folder / "assembly-dev"
    assembly.mkdir()
    artifacts = {}
    for number, (end, content) in enumerate(stacks.items()):
        (assembly / f"{number}.json").write_text(json.dumps(content))
        artifacts[f"Stack{number}"] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{ACCOUNT}/{REGION}",
            "properties": {"stackName": f"slipway-dev-{end.replace('_', '-')}", "templateFile": f"{number}.json"},
        }
    (assembly / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def selection(service: DeployedService) -> Selection:
    return Selection(environment="dev", account=ACCOUNT, region=REGION, services=(service,))


def told(stubbed: Stubbed, service: DeployedService, assembly: Path) -> tuple[bool, str]:
    """Whether nothing is in the way, and what is printed."""
    console = Console(width=2000, record=True, file=io.StringIO())
    compare = backend_of(service.backend).preflight(service, selection(service), assembly, RESOLVER)
    found = compare(stubbed.aws)
    for one in found:
        print_preflight(console, one)
    return not any(one.refusals for one in found), console.export_text()


def test_from_sagemaker_to_eks(stubbed: Stubbed, named: DeployedService, tmp_path: Path) -> None:
    assembly = written(tmp_path, service_tumor_triage=EKS, cluster=auto_mode())
    live.stack(stubbed, {}, name=on_eks.CLUSTER_STACK)
    on_eks.deployed(stubbed, on_eks.CLUSTER_STACK, auto_mode())
    live.stack(stubbed, {})
    on_eks.deployed(stubbed, STACK, SAGEMAKER)
    good, text = told(stubbed, moved(named), assembly)
    assert not good
    assert text.splitlines() == [
        (
            f"✗ tumor-triage changes its backend from SageMaker to EKS in the same stack, {STACK}: CloudFormation would"
            " delete the live endpoint dev-tumor-triage in that deployment, and callers would have no time to move."
            " Leave tumor-triage on SageMaker, add a second entry under services: of the environment dev, under another"
            " name, with `folder: tumor-triage` and `backend: eks`, deploy it, move the callers, and only then remove"
            " the first."
        ),
        "✗ dev-tumor-triage must not be deployed like this.",
    ]


def test_from_eks_to_sagemaker(stubbed: Stubbed, named: DeployedService, tmp_path: Path) -> None:
    assembly = written(tmp_path, service_tumor_triage=SAGEMAKER)
    live.stack(stubbed, {})
    stubbed.no_endpoint()
    on_eks.deployed(stubbed, STACK, EKS)
    good, text = told(stubbed, named, assembly)
    assert not good
    refusal, conclusion = text.splitlines()
    assert refusal.startswith(
        f"✗ tumor-triage changes its backend from EKS to SageMaker in the same stack, {STACK}: CloudFormation would"
        " delete the live load balancer in that deployment"
    )
    assert "with `folder: tumor-triage` and `backend: sagemaker`, deploy it, move the callers" in refusal
    assert conclusion == "✗ dev-tumor-triage must not be deployed like this."


def test_a_folder_of_another_name_is_kept(stubbed: Stubbed, named: DeployedService, tmp_path: Path) -> None:
    assembly = written(tmp_path, service_tumor_triage=SAGEMAKER)
    live.stack(stubbed, {})
    stubbed.no_endpoint()
    on_eks.deployed(stubbed, STACK, EKS)
    _, text = told(stubbed, replace(named, samples=Path("model_artifacts/triage/samples")), assembly)
    assert "with `folder: triage` and" in text


def test_what_never_stood_may_change_its_backend(stubbed: Stubbed, named: DeployedService, tmp_path: Path) -> None:
    assembly = written(tmp_path, service_tumor_triage=SAGEMAKER)
    live.stack(stubbed, {}, "ROLLBACK_COMPLETE")
    stubbed.no_endpoint()
    good, text = told(stubbed, named, assembly)
    assert good
    assert "The first deployment" in text


def test_a_failed_service_on_sagemaker_may_become_one_on_eks(
    stubbed: Stubbed, named: DeployedService, tmp_path: Path
) -> None:
    assembly = written(tmp_path, service_tumor_triage=EKS, cluster=auto_mode())
    live.stack(stubbed, {}, name=on_eks.CLUSTER_STACK)
    on_eks.deployed(stubbed, on_eks.CLUSTER_STACK, auto_mode())
    live.stack(stubbed, {}, "ROLLBACK_COMPLETE")
    on_eks.deployed(stubbed, STACK, SAGEMAKER)
    good, _ = told(stubbed, moved(named), assembly)
    assert good


@pytest.mark.parametrize(
    ("stack", "backend"), [("tumor-triage", "sagemaker"), ("tumor-triage-eks", "eks")], ids=["SageMaker", "EKS"]
)
def test_the_backend_of_what_the_constructs_make(stack: str, backend: str) -> None:
    snapshot = ROOT / "tests" / "snapshots" / "test_templates" / f"slipway-local-service-{stack}.json"
    assert backend_in(json.loads(snapshot.read_text())) == backend


def test_the_backend_of_a_template() -> None:
    assert (backend_in(SAGEMAKER), backend_in(EKS), backend_in({})) == ("sagemaker", "eks", None)
