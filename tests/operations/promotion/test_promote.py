"""Promotion against real files, and against S3 and the model registry as botocore knows them."""

import base64
import hashlib
import io
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from typer.testing import CliRunner, Result

from inference_constructs.config import ModelSource, load_environment
from slipway.cli.main import app
from slipway.operations.errors import OperationError, WrongUsageError
from slipway.operations.promotion.edited_file import EditedFile
from slipway.operations.promotion.promote import promote
from slipway.operations.promotion.registries import ModelStores
from slipway.operations.promotion.request import PromotionRequest

ARN = "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn/8"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
DATA = "s3://pipelines-111122223333/churn/run-8/model.tar.gz"
URI = "s3://models-111122223333/triage/1.5.0/model.tar.gz"
IN_EUROPE = "s3://models-eu-111122223333/triage/1.5.0/model.tar.gz"
KEY = "arn:aws:kms:us-east-1:111122223333:key/8f3c2a1e-0000-4000-8000-000000000000"
SHOWCASE = Path(__file__).resolve().parents[2] / "showcase"


@dataclass
class Stores:
    """Clients of one region, and what answers for them."""

    stores: ModelStores
    s3: Stubber
    sagemaker: Stubber
    regions: list[str]

    def of_region(self, region: str) -> ModelStores:
        self.regions.append(region)
        return self.stores

    def object(self, uri: str = URI, *, region: str = "us-east-1", **head: Any) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.s3.add_response("head_bucket", {"BucketRegion": region}, {"Bucket": bucket})
        self.s3.add_response("head_object", head, {"Bucket": bucket, "Key": key, "ChecksumMode": "ENABLED"})

    def body(self, content: bytes) -> None:
        self.s3.add_response("get_object", {"Body": StreamingBody(io.BytesIO(content), len(content))})

    def listed(self, *arns: str, status: str = "Completed", group: str = "churn") -> None:
        packages = [
            {
                "ModelPackageName": arn,
                "ModelPackageArn": arn,
                "CreationTime": datetime(2026, 3, 1, tzinfo=UTC),
                "ModelPackageStatus": status,
            }
            for arn in arns
        ]
        wanted = {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": "Approved",
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
        }
        self.sagemaker.add_response("list_model_packages", {"ModelPackageSummaryList": packages}, wanted)

    def package(self, arn: str = ARN, *, approval: str = "Approved", data: str = DATA, containers: int = 1) -> None:
        described = {
            "ModelPackageName": arn,
            "ModelPackageArn": arn,
            "CreationTime": datetime(2026, 3, 1, tzinfo=UTC),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": approval,
            "InferenceSpecification": {"Containers": [{"Image": IMAGE, "ModelDataUrl": data}] * containers},
        }
        self.sagemaker.add_response("describe_model_package", described, {"ModelPackageName": arn})


@cache
def _clients() -> tuple[Any, Any]:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")  # noqa: S106
    return session.client("s3"), session.client("sagemaker")


@pytest.fixture
def stores() -> Iterator[Stores]:
    s3, sagemaker = _clients()
    with Stubber(s3) as one, Stubber(sagemaker) as two:
        yield Stores(ModelStores(s3=s3, sagemaker=sagemaker), one, two, [])
        one.assert_no_pending_responses()
        two.assert_no_pending_responses()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project: one service on SageMaker, on EKS under another name, in two environments."""
    service = tmp_path / "model_artifacts" / "triage"
    for model in ("model", "model-2"):
        (service / model).mkdir(parents=True)
        (service / model / "model.onnx").write_bytes(b"onnx")
    (service / "service.yaml").write_text(
        "# yaml-language-server: $schema=../../docs/schema/service.schema.json\n"
        "name: triage\n"
        "backend: sagemaker\n"
        "model: {path: model/}     # trained in March\n"
        "image: {build: serving}\n"
        "objectives: {latency_p99_ms: 100}\n"
        "sagemaker: {instance_type: ml.c7i.large}\n"
        'eks: {cpu: "1", memory: 1Gi}\n'
    )
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving" / "Dockerfile").touch()
    (tmp_path / "environments").mkdir()
    _environment(tmp_path, "dev", "us-east-1", "  triage:\n")
    _environment(tmp_path, "prod", "us-east-1", "  triage:\n    scaling: {min: 2, max: 2}   # many\n\n# the end\n")
    return tmp_path


def _environment(project: Path, name: str, region: str, services: str, *, eks: bool = False) -> None:
    text = (
        f'name: {name}\naccount: "111122223333"\nregion: {region}\n'
        f"network: {{availability_zones: [{region}a, {region}b, {region}c], nat_gateways: 1}}\n"
    )
    if eks:
        text += (
            "eks:\n  load_balancer:\n    domain_name: models.example.com\n    hosted_zone_id: Z0123456789ABC\n"
            f'  loader_image: {{uri: "111122223333.dkr.ecr.{region}.amazonaws.com/serving:1.4.0"}}\n'
        )
    (project / "environments" / f"{name}.yaml").write_text(f"{text}services:\n{services}")


def _request(project: Path, **asked: Any) -> PromotionRequest:
    return PromotionRequest(project=project, **({"service": "triage"} | asked))


def _apply(found: EditedFile) -> EditedFile:
    found.write()
    return found


def test_a_folder_without_a_call_to_aws(project: Path) -> None:
    file = project / "model_artifacts" / "triage" / "service.yaml"
    before = file.read_text()
    found = _apply(promote(_request(project, model_path="model-2/"), _no_aws))
    assert file.read_text() == before.replace("path: model/", "path: model-2/")
    assert found.notes == ("Served by the next deployment of dev, prod.",)
    assert "+model: {path: model-2/}     # trained in March" in found.diff.splitlines()


def _no_aws(region: str) -> ModelStores:
    pytest.fail(f"asked for clients of {region}")


@pytest.mark.parametrize("environment", [None, "dev", "prod"])
def test_the_command_that_is_printed_takes_it_back_to_the_byte(
    project: Path, stores: Stores, environment: str | None
) -> None:
    found = promote(_request(project, environment=environment, s3_uri=URI, sha256=True), _with_object(stores))
    before = found.file.read_bytes()
    found.write()
    assert found.file.read_bytes() != before
    arguments = shlex.split(found.undo)[1:]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert found.file.read_bytes() == before


def _with_object(stores: Stores) -> Any:
    stores.object(ChecksumSHA256=base64.b64encode(bytes(32)).decode(), ChecksumType="FULL_OBJECT")
    return stores.of_region


def test_a_checksum_that_s3_has_is_not_computed_again(project: Path, stores: Stores) -> None:
    found = promote(_request(project, s3_uri=URI, sha256=True), _with_object(stores))
    assert f"sha256: {'0' * 64}" not in found.after  # YAML would read plain zeros as a number
    assert f'sha256: "{"0" * 64}"' in found.after


#: What S3 keeps of an upload in parts: a checksum of checksums.
_OF_PARTS = "qUiQTy8PR5uPgZdpSzAYSw==-3"


@pytest.mark.parametrize(
    "checksum", [{}, {"ChecksumSHA256": _OF_PARTS, "ChecksumType": "COMPOSITE"}, {"ChecksumSHA256": _OF_PARTS}]
)
def test_a_checksum_that_s3_has_not_is_computed_of_every_byte(
    project: Path, stores: Stores, checksum: dict[str, str]
) -> None:
    content = b"model" * 500_000
    stores.object(**checksum)
    stores.body(content)
    found = promote(_request(project, s3_uri=URI, sha256=True), stores.of_region)
    assert hashlib.sha256(content).hexdigest() in found.after


def test_on_sagemaker_no_checksum_is_written_unasked(project: Path, stores: Stores) -> None:
    stores.object()
    assert "sha256" not in promote(_request(project, s3_uri=URI), stores.of_region).after


def test_on_eks_the_checksum_is_always_written(project: Path, stores: Stores) -> None:
    _environment(project, "prod", "us-east-1", "  triage: {backend: eks}\n", eks=True)
    found = promote(_request(project, s3_uri=URI, environment="prod"), _with_object(stores))
    assert f'triage: {{backend: eks, model: {{s3_uri: {URI}, sha256: "{"0" * 64}"}}}}' in found.after


def test_the_latest_approved_package_brings_its_prefix_and_its_image(project: Path, stores: Stores) -> None:
    stores.listed(ARN)
    stores.package()
    stores.object(DATA)
    found = _apply(promote(_request(project, environment="prod", latest_approved="churn"), stores.of_region))
    assert stores.regions == ["us-east-1"]
    (service,) = load_environment(found.file, root=project).services
    assert service.model is not None
    assert service.model.model_package_arn == ARN
    assert service.model.package_artifacts == "s3://pipelines-111122223333/churn/run-8/"
    assert service.image is not None
    assert service.image.uri == IMAGE


def test_a_package_keeps_the_wider_prefix_and_the_key_that_are_pinned_already(tmp_path: Path, stores: Stores) -> None:
    """In the showcase the package stands with its prefix, its key and its image: only the version moves."""
    project = _showcase(tmp_path)
    stores.package()
    stores.object(DATA, SSEKMSKeyId=KEY)
    found = promote(_request(project, service="churn", model_package=ARN), stores.of_region)
    assert found.after == found.before.replace("model-package/churn/7", "model-package/churn/8")


def _showcase(tmp_path: Path) -> Path:
    for part in ("environments", "model_artifacts"):
        (tmp_path / part).mkdir()
    for folder in (SHOWCASE / "model_artifacts").iterdir():
        (tmp_path / "model_artifacts" / folder.name).symlink_to(folder)
    _environment(tmp_path, "showcase", "us-east-1", "  churn:\n")
    return tmp_path


def test_on_eks_a_package_is_pinned_by_its_archive(project: Path, stores: Stores) -> None:
    _environment(project, "prod", "us-east-1", "  triage: {backend: eks}\n", eks=True)
    stores.package()
    stores.object(DATA, ChecksumSHA256=base64.b64encode(bytes(range(32))).decode())
    found = promote(_request(project, environment="prod", model_package=ARN), stores.of_region)
    assert f"model: {{s3_uri: {DATA}, sha256: {bytes(range(32)).hex()}}}" in found.after
    assert "image" not in found.after.rpartition("services:")[2]


def test_a_package_that_is_not_approved(project: Path, stores: Stores) -> None:
    stores.package(approval="PendingManualApproval")
    with pytest.raises(OperationError, match=r"is PendingManualApproval and Completed; it has to be Approved"):
        promote(_request(project, model_package=ARN), stores.of_region)


def test_a_group_without_an_approved_version(project: Path, stores: Stores) -> None:
    stores.listed()
    with pytest.raises(OperationError, match="The model package group churn has no approved version"):
        promote(_request(project, latest_approved="churn"), stores.of_region)


def test_a_package_of_several_containers(project: Path, stores: Stores) -> None:
    stores.package(containers=2)
    with pytest.raises(OperationError, match="has 2 containers; a service's model has one"):
        promote(_request(project, model_package=ARN), stores.of_region)


def test_an_object_that_is_not_there(project: Path, stores: Stores) -> None:
    stores.s3.add_response("head_bucket", {"BucketRegion": "us-east-1"})
    stores.s3.add_client_error("head_object", "404", "Not Found", 404)
    with pytest.raises(OperationError, match=f"There is no {URI}; nothing was changed"):
        promote(_request(project, s3_uri=URI), stores.of_region)


def test_an_object_in_another_region(project: Path, stores: Stores) -> None:
    stores.object(region="eu-west-1")
    with pytest.raises(
        OperationError, match="is in eu-west-1, and would be loaded by dev in us-east-1, prod in us-east-1"
    ):
        promote(_request(project, s3_uri=URI), stores.of_region)


def test_a_model_for_two_regions_is_refused(project: Path, stores: Stores) -> None:
    _environment(project, "tokyo", "ap-northeast-1", "  triage:\n")
    stores.object()
    with pytest.raises(OperationError, match="a bucket in ap-northeast-1: dev names this one in us-east-1"):
        promote(_request(project, s3_uri=URI), stores.of_region)


_OTHER = """\
regions:
  eu-west-1:   # for callers in Europe
    network: {availability_zones: [eu-west-1a, eu-west-1b, eu-west-1c], nat_gateways: 1}
"""


def test_each_region_of_an_environment_gets_its_own_pin(project: Path, stores: Stores) -> None:
    """The second region first: until it has a pin of its own, it would load the first one's."""
    _environment(project, "prod", "us-east-1", f"  triage:\n{_OTHER}")
    here = _request(project, environment="prod", region="us-east-1", s3_uri=URI)
    there = _request(project, environment="prod", region="eu-west-1", s3_uri=IN_EUROPE)
    stores.object()
    with pytest.raises(OperationError, match="a bucket in eu-west-1: prod names this one in us-east-1"):
        promote(here, stores.of_region)
    stores.object(IN_EUROPE, region="eu-west-1")
    second = promote(there, stores.of_region)
    before = second.file.read_bytes()
    _apply(second)
    assert second.after.endswith(f"{_OTHER}    services: {{triage: {{model: {{s3_uri: {IN_EUROPE}}}}}}}\n")
    assert second.notes == ("Served by the next deployment of prod-eu-west-1.",)
    stores.object()
    first = _apply(promote(here, stores.of_region))
    assert first.notes == ("Served by the next deployment of prod.",)
    for found in (first, second):
        assert CliRunner().invoke(app, shlex.split(found.undo)[1:]).exit_code == 0
    assert load_environment(second.file, root=project).services[0].model == _model("model/")
    assert before.decode().removesuffix("\n") in second.file.read_text()


def _model(path: str) -> ModelSource:
    return ModelSource(path=path)


def test_a_group_of_one_region_for_a_service_in_two(project: Path) -> None:
    _environment(project, "prod", "us-east-1", f"  triage:\n{_OTHER}")
    with pytest.raises(WrongUsageError, match=r"runs in eu-west-1, us-east-1 \(prod, prod-eu-west-1\)"):
        promote(_request(project, environment="prod", latest_approved="churn"), _no_aws)


def test_an_environment_with_a_pin_of_its_own_is_told_apart(project: Path) -> None:
    _apply(promote(_request(project, environment="prod", model_path="model/"), _no_aws))
    found = promote(_request(project, model_path="model-2/"), _no_aws)
    assert found.notes == (
        "Served by the next deployment of dev.",
        "Not by prod: it has a pin of its own.",
    )


# --- candidates -------------------------------------------------------------------------------------------------------


def test_the_life_of_a_candidate(project: Path) -> None:
    """Added without traffic, moved, made the service's model, removed; each step as the rollout on EKS wants it."""
    _environment(project, "prod", "us-east-1", "  triage:\n    backend: eks\n", eks=True)

    def step(**asked: Any) -> str:
        found = _apply(promote(_request(project, environment="prod", **asked), _no_aws))
        return found.after.rpartition("services:\n")[2]

    assert step(version="candidate", model_path="model-2/") == (
        "  triage:\n    backend: eks\n    candidate: {model: {path: model-2/}, step: 0}\n"
    )
    with pytest.raises(WrongUsageError, match=r"is at step 0; accepted: after step 2, when it has all"):
        step(finish=True)
    assert "step: 2}" in step(step=2)
    with pytest.raises(WrongUsageError, match=r"has traffic at step 2; accepted: at step 0, or once --finish"):
        step(drop_candidate=True)
    assert step(finish=True) == (
        "  triage:\n    backend: eks\n    candidate: {model: {path: model-2/}, step: 2}\n    model: {path: model-2/}\n"
    )
    assert step(drop_candidate=True) == "  triage:\n    backend: eks\n    model: {path: model-2/}\n"


def test_a_step_beyond_the_last_is_refused_before_it_is_written(project: Path) -> None:
    _environment(
        project,
        "prod",
        "us-east-1",
        "  triage: {backend: eks, candidate: {model: {path: model-2/}, step: 0}}\n",
        eks=True,
    )
    before = (project / "environments" / "prod.yaml").read_bytes()
    result = _run(project, "triage", "--environment", "prod", "--step", "7")
    assert result.exit_code == 2
    assert "environments/prod.yaml:11: services.triage.candidate.step: `7`; accepted: 0 to 2" in result.stderr
    assert (project / "environments" / "prod.yaml").read_bytes() == before


def test_a_candidate_on_sagemaker_is_refused(project: Path) -> None:
    with pytest.raises(WrongUsageError, match="no candidate with the backend sagemaker"):
        promote(_request(project, environment="prod", version="candidate", model_path="model-2/"), _no_aws)


# --- the command ------------------------------------------------------------------------------------------------------


def _run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["promote", *arguments, "--project", str(project)])


def test_a_dry_run_writes_nothing(project: Path) -> None:
    file = project / "model_artifacts" / "triage" / "service.yaml"
    before, modified = file.read_bytes(), file.stat().st_mtime_ns
    result = _run(project, "triage", "--model-path", "model-2/", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "--- a/model_artifacts/triage/service.yaml\n+++ b/model_artifacts/triage/service.yaml\n"
    )
    assert "This would be written to model_artifacts/triage/service.yaml." in result.stderr
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, modified)


def test_the_same_pin_again_changes_nothing(project: Path) -> None:
    result = _run(project, "triage", "--model-path", "model/")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "is up to date" in result.stderr


WRONG = {
    "nothing": ((), "There is nothing to promote; accepted: one of --model-path, --s3-uri"),
    "two sources": (("--model-path", "model/", "--s3-uri", URI), "--model-path, --s3-uri: exclude each other"),
    "a version": (("--s3-uri", URI, "--s3-version", "3"), "a key of its own for every model"),
    "a folder that is not there": (("--model-path", "modle/"), "--model-path: `modle/` is no folder"),
    "an unknown variant": (("--as", "b", "--model-path", "model/"), "--as: `b` is no version of triage"),
    "an unknown environment": (("--environment", "pord", "--model-path", "model/"), "There is no environment `pord`"),
    "no candidate": (("--step", "1"), "--step: triage has no candidate"),
    "an image that is none": (("--image", "serving"), "--image: `serving`; accepted: build:FOLDER"),
    "a step without a candidate": (("--step", "1", "--model-path", "model/"), "only together with --as candidate"),
    "a package without version": (("--model-package", "churn"), "accepted: arn:aws:sagemaker:REGION:ACCOUNT"),
    "an unknown region": (
        ("--environment", "dev", "--region", "eu-west-1", "--model-path", "model/"),
        "--region: `eu-west-1` is none of dev's; accepted: us-east-1",
    ),
    "a region of nothing": (("--region", "us-east-1", "--model-path", "model/"), "accepted with --environment only"),
    "a key for a folder": (("--model-path", "model/", "--kms-key-arn", KEY), "a model in S3 only"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_usage_is_a_sentence(project: Path, case: str) -> None:
    arguments, told = WRONG[case]
    result = _run(project, "triage", *arguments)
    assert result.exit_code == 2, result.output
    assert told in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_an_unknown_service(project: Path) -> None:
    result = _run(project, "traige", "--model-path", "model/")
    assert result.exit_code == 2
    assert "There is no service `traige` in model_artifacts/; there is triage." in result.stderr


def test_a_file_that_changed_meanwhile_is_left_alone(project: Path) -> None:
    found = promote(_request(project, model_path="model-2/"), _no_aws)
    found.file.write_text(found.before + "# mine\n")
    with pytest.raises(OperationError, match="changed by somebody else meanwhile"):
        found.write()
    assert found.file.read_text() == found.before + "# mine\n"
    assert sorted(path.name for path in found.file.parent.iterdir()) == ["model", "model-2", "service.yaml"]
