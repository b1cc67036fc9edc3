"""Every command against a service that is really deployed, and really answers. The tests run in their order."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from slipway.emulator.common.processes import free_port
from slipway.emulator.common.workspace import Workspace
from tests.emulator.support import eventually
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployed_project import MODEL as SERVICE
from tests.end_to_end.deployed_project import DeployedProject

pytestmark = pytest.mark.end_to_end

ENVIRONMENT = "ops"
ENDPOINT = f"{ENVIRONMENT}-{SERVICE}"
STACK = f"slipway-{ENVIRONMENT}-service-{SERVICE}"
FEW = ("--requests", "2")
LARGER: Final[dict[str, Any]] = {"sagemaker": {"instance_type": "ml.c7i.xlarge"}}
#: What no machine is too busy for, so that no alarm on the latency is in the way.
PATIENT: Final[dict[str, Any]] = {"objectives": {"latency_p99_ms": 10_000, "availability": 99.9}}


@pytest.fixture(scope="module")
def deployed(project_of: Deploy) -> DeployedProject:
    project = project_of(ENVIRONMENT, [SERVICE])
    project.override(**PATIENT)
    outcome = project.deploy()
    assert outcome.failure is None, outcome.failure
    return project


def samples_of(deployed: DeployedProject) -> Path:
    return deployed.model / "samples"


def config_of(deployed: DeployedProject) -> str:
    return str(deployed.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"])


def move_to(deployed: DeployedProject, config: str) -> None:
    """Have the endpoint run another configuration, behind CloudFormation's back, as a rollback by SageMaker does."""
    sagemaker = deployed.client("sagemaker")
    sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config)
    eventually(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "InService")


def test_01_a_good_deployment_passes(deployed: DeployedProject) -> None:
    done = deployed.operations("check")
    assert done.exit_code == 0, done.output
    assert "6 of 6" in done.stdout
    assert "120" in done.stdout
    assert f"{ENDPOINT} runs what was deployed ({config_of(deployed)})" in done.stdout


def test_02_one_request(deployed: DeployedProject) -> None:
    sample = samples_of(deployed) / "malignant-patient.request.json"
    done = deployed.operations("invoke", SERVICE, str(sample))
    assert done.exit_code == 0
    assert done.stdout == (samples_of(deployed) / "malignant-patient.response.json").read_text()
    assert done.stderr.startswith("variant main, ")
    done = deployed.operations("invoke", SERVICE, str(sample), "--accept", "text/csv", "--variant", "main")
    assert done.stdout == (samples_of(deployed) / "malignant-patient.response.csv").read_text()


def test_03_a_request_that_the_model_refuses(deployed: DeployedProject) -> None:
    wrong = deployed.folder / "wrong.csv"
    wrong.write_text("1,2\n")
    done = deployed.operations("invoke", SERVICE, str(wrong))
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"The model of {ENDPOINT} answered 400: " in done.stderr
    assert "Row 1 has 2 values; 30 are expected." in done.stderr
    done = deployed.operations("invoke", SERVICE, str(wrong), "--variant", "challenger")
    assert done.exit_code == 1
    assert f"{ENDPOINT} did not answer (ValidationError): Variant challenger not found" in done.stderr


def test_04_what_runs(deployed: DeployedProject) -> None:
    done = deployed.operations("status")
    assert done.exit_code == 0
    rows = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    # A long name is folded within its column.
    columns = ["".join(cell.strip() for cell in column) for column in zip(*rows, strict=False)]
    for part in (ENDPOINT, "InService", config_of(deployed), "main", "2 of 2", "2 to 20", "OK"):
        assert any(part in column for column in columns), part


def test_05_an_answer_that_is_not_the_one_expected(deployed: DeployedProject) -> None:
    expected = samples_of(deployed) / "several-patients.response.csv"
    right = expected.read_text()
    expected.write_text(right.replace("malignant,0.15608263", "benign,0.25608263"))
    try:
        done = deployed.operations("check", SERVICE, *FEW)
        assert done.exit_code == 1
        assert (
            "Variant main, sample several-patients.csv: row 3, column 1: expected benign, got malignant; row 3, column"
            " 2: expected 0.25608263, got 0.15608263."
        ) in done.stdout
        assert "5 of 6" in done.stdout
        # The variant's own answer takes the place of the shared one.
        own = samples_of(deployed) / "main"
        own.mkdir()
        (own / expected.name).write_text(right)
        assert deployed.operations("check", *FEW).exit_code == 0
        shutil.rmtree(own)
    finally:
        expected.write_text(right)


def test_06_a_latency_beyond_the_objective(deployed: DeployedProject) -> None:
    deployed.override(objectives={"latency_p99_ms": 1})
    try:
        done = deployed.operations("check", *FEW)
        assert done.exit_code == 0
        assert "network included, and the objective is 1 ms for the model" in done.stdout
        done = deployed.operations("check", *FEW, "--strict-latency")
        assert done.exit_code == 1
        assert f"The check of {ENDPOINT} failed." in done.stdout
    finally:
        deployed.override(**PATIENT)


def test_07_another_configuration_than_the_one_deployed(deployed: DeployedProject) -> None:
    """Fact 17: CloudFormation may report success although SageMaker rolled back."""
    sagemaker = deployed.client("sagemaker")
    expected = config_of(deployed)
    described = sagemaker.describe_endpoint_config(EndpointConfigName=expected)
    sagemaker.create_endpoint_config(
        EndpointConfigName="the-one-before", ProductionVariants=described["ProductionVariants"]
    )
    move_to(deployed, "the-one-before")
    try:
        done = deployed.operations("check", *FEW)
        assert done.exit_code == 1
        assert (
            f"SageMaker rolled back, though CloudFormation says CREATE_COMPLETE: {expected} was deployed, and"
            f" {ENDPOINT} runs the-one-before."
        ) in done.stdout
        shown = deployed.operations("status")
        assert f"{expected} was deployed last; SageMaker does not run it." in shown.stdout
        before = deployed.preflight()
        assert before.exit_code == 0
        assert "a deployment without another change will not move it" in before.stdout
    finally:
        move_to(deployed, expected)
        sagemaker.delete_endpoint_config(EndpointConfigName="the-one-before")


def test_08_before_a_deployment_that_changes_nothing(deployed: DeployedProject) -> None:
    done = deployed.preflight()
    assert done.exit_code == 0, done.stderr
    assert f"The endpoint configuration stays {config_of(deployed)}." in done.stdout
    assert "Variant main: nothing changes." in done.stdout


def test_09_a_deployment_that_sagemaker_would_refuse(deployed: DeployedProject) -> None:
    """Fact 7: an instance type cannot change under a registered target."""
    deployed.override(**PATIENT, **LARGER)
    deployed.synthesise()
    before = deployed.preflight(SERVICE)
    assert before.exit_code == 1
    assert (
        f"{ENDPOINT}, variant main: the instance type changes from ml.c7i.large to ml.c7i.xlarge while it is"
        " registered with Application Auto Scaling (2 to 20 instances), which SageMaker refuses."
    ) in before.stdout
    # It is as SageMaker has it.
    failed = deployed.deploy(deployed.assembly)
    assert "must be deregistered as scalable targets" in str(failed.failure)
    checked = deployed.operations("check", *FEW)
    assert checked.exit_code == 1
    assert f"The stack {STACK} is UPDATE_ROLLBACK_COMPLETE: " in checked.stdout
    assert "must be deregistered as scalable targets" in checked.stdout


def test_10_the_two_steps_instead(deployed: DeployedProject) -> None:
    deployed.override(**PATIENT, scaling={"suspended": True})
    deployed.synthesise()
    first = deployed.preflight()
    assert first.exit_code == 0
    assert "Variant main: no longer scaled automatically (2 to 20 instances until now)." in first.stdout
    assert deployed.deploy(deployed.assembly).failure is None
    deployed.override(**PATIENT, **LARGER, variants={"main": {"weight": 1}, "challenger": {"weight": 0.25}})
    deployed.synthesise()
    second = deployed.preflight()
    assert second.exit_code == 0, second.output
    assert "Variant main: ml.c7i.xlarge instead of ml.c7i.large; scaled automatically from now on." in second.stdout
    assert "Variant challenger is added: 2 x ml.c7i.xlarge, weight 0.25." in second.stdout
    assert deployed.deploy(deployed.assembly).failure is None


def test_11_every_variant_is_asked(deployed: DeployedProject) -> None:
    done = deployed.operations("check", *FEW)
    assert done.exit_code == 0, done.output
    assert done.stdout.count("6 of 6") == 2
    shutil.copytree(samples_of(deployed), own := samples_of(deployed) / "challenger", ignore=lambda *_: ["main"])
    (own / "benign-patient.response.csv").write_text("malignant,0.1,0.9\n")
    done = deployed.operations("check", *FEW)
    assert done.exit_code == 1
    assert (
        "Variant challenger, sample benign-patient.csv: row 1, column 1: expected malignant, got benign" in done.stdout
    )
    assert "Variant main, " not in done.stdout
    shutil.rmtree(own)
    sample = str(samples_of(deployed) / "benign-patient.request.csv")
    assert "variant challenger, " in deployed.operations("invoke", SERVICE, sample, "--variant", "challenger").stderr


def test_12_removing_a_variant_that_is_scaled(deployed: DeployedProject) -> None:
    """Fact 7: so does removing one."""
    deployed.override(**PATIENT, **LARGER)
    deployed.synthesise()
    before = deployed.preflight()
    assert before.exit_code == 1
    assert f"{ENDPOINT}, variant challenger: it is removed while it is registered with Application" in before.stdout


def test_13_what_is_not_deployed(deployed: DeployedProject) -> None:
    other = deployed.folder / "environments" / "other.yaml"
    other.write_text(deployed.environment_file.read_text().replace(f"name: {ENVIRONMENT}", "name: other"))
    done = deployed.operations("check", environment="other")
    assert done.exit_code == 1
    assert f"It is not deployed: there is no stack slipway-other-service-{SERVICE}." in done.stdout
    assert "not deployed" in deployed.operations("status", environment="other").stdout
    deployed.synthesise("other")
    before = deployed.preflight(environment="other")
    assert before.exit_code == 0
    assert f"The first deployment: there is no endpoint other-{SERVICE} yet." in before.stdout


def test_14_a_stack_whose_endpoint_is_gone(deployed: DeployedProject) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"EndpointConfigName": {"Value": "one-that-was-deployed"}},
    }
    cloudformation = deployed.client("cloudformation")
    cloudformation.create_stack(StackName=f"slipway-other-service-{SERVICE}", TemplateBody=json.dumps(template))
    done = deployed.operations("check", "--poll-seconds", "1", environment="other")
    assert done.exit_code == 1
    assert f"is CREATE_COMPLETE, but there is no endpoint other-{SERVICE}." in done.stdout
    cloudformation.delete_stack(StackName=f"slipway-other-service-{SERVICE}")


def test_15_when_it_is_gone(deployed: DeployedProject) -> None:
    nobody = Workspace(free_port(), deployed.folder)
    done = deployed.operations("check", workspace=nobody)
    assert done.exit_code == 4
    assert done.stderr.startswith("AWS could not be reached: ")
