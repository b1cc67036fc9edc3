import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.cx_api import CloudAssembly

from slipway.operations.eks.plans import plan_of as eks_plan_of
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.errors import WrongUsageError
from slipway.operations.sagemaker.plans import plan_of
from slipway.operations.sagemaker.service import DeployedSageMakerService
from slipway.operations.selection import select
from slipway.operations.services import Selection
from slipway.operations.templates.assembly import read_template
from slipway.operations.templates.template_values import Resolver, Unknown, resource_named_by
from tests.operations.conftest import ROOT
from tests.operations.stubbed import ACCOUNT, ENDPOINT, REGION, STACK
from tests.operations.synthetic_templates import RESOLVER, plan, template, variant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ml.c7i.large", "ml.c7i.large"),
        (2, "2"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        (
            {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/a:1"},
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1",
        ),
        ({"Fn::Join": ["", ["s3://", {"Ref": "AWS::AccountId"}, "/a"]]}, "s3://123456789012/a"),
    ],
)
def test_what_can_be_known(value: Any, text: str) -> None:
    assert RESOLVER.text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Parameter"},
        {"Fn::GetAtt": ["Model", "ModelName"]},
        {"Fn::Sub": "${AWS::Region}-${Parameter}"},
        {"Fn::Join": ["", ["a", {"Ref": "Parameter"}]]},
        {"Fn::ImportValue": "a"},
        None,
        [],
    ],
)
def test_what_only_cloudformation_knows(value: Any) -> None:
    unknown = RESOLVER.text(value)
    assert isinstance(unknown, Unknown)
    assert json.loads(unknown.expression) == value
    assert str(unknown).startswith("what CloudFormation makes of ")
    assert isinstance(RESOLVER.number(value), Unknown)


def test_numbers_may_be_written_as_text() -> None:
    assert RESOLVER.number("2") == RESOLVER.number(2) == 2
    assert isinstance(RESOLVER.number("two"), Unknown)


def test_partitions_differ() -> None:
    china = Resolver.of(ACCOUNT, "cn-north-1")
    assert china.text({"Fn::Sub": "${AWS::Partition} ${AWS::URLSuffix}"}) == "aws-cn amazonaws.com.cn"
    assert Resolver.of(ACCOUNT, "us-gov-west-1").text({"Ref": "AWS::Partition"}) == "aws-us-gov"


def test_references_to_resources() -> None:
    assert resource_named_by({"Ref": "Model"}) == "Model"
    assert resource_named_by({"Fn::GetAtt": ["Model", "ModelName"]}) == "Model"
    assert resource_named_by({"Fn::GetAtt": "Model.ModelName"}) == "Model"
    assert resource_named_by("a-name") is None


def test_a_plan() -> None:
    planned = plan(variant(), variant("challenger", InitialVariantWeight=0), scaled=("challenger",))
    assert [one.name for one in planned.variants] == ["main", "challenger"]
    assert planned.variants[1].weight == 0
    assert planned.scaled == {"challenger"}
    assert planned.keeps_instances
    assert not planned.keeps_weights


def test_shadow_variants_belong_to_the_plan() -> None:
    body = template()
    body["Resources"]["Config"]["Properties"]["ShadowProductionVariants"] = [variant("shadow")]
    assert [one.name for one in plan_of(body, ENDPOINT, RESOLVER).variants] == ["main", "shadow"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"EndpointName": "another"}, f"The template has no endpoint {ENDPOINT}"),
        ({"EndpointConfigName": "named"}, "names no endpoint configuration of the template"),
        ({"EndpointConfigName": {"Ref": "Model-main"}}, "names no endpoint configuration of the template"),
    ],
)
def test_a_template_that_cannot_be_followed(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WrongUsageError, match=sentence):
        plan(**changes)


def test_a_target_of_an_unknown_variant() -> None:
    body = template()
    body["Resources"]["Scaling-main"]["Properties"]["ResourceId"] = {"Ref": "Target"}
    with pytest.raises(WrongUsageError, match="which variant of dev-tumor-triage that is cannot be known"):
        plan_of(body, ENDPOINT, RESOLVER)


def assembled(folder: Path, *, place: str = f"aws://{ACCOUNT}/{REGION}", **stacks: dict[str, Any]) -> Path:
    """A cloud assembly with these templates, by logical name."""
    nested = folder / "assembly-dev"
    nested.mkdir(parents=True)
    artifacts: dict[str, Any] = {"dev.assets": {"type": "cdk:asset-manifest", "properties": {"file": "a"}}}
    for name, body in stacks.items():
        file = f"{name}.template.json"
        (nested / file).write_text(json.dumps(body))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": place,
            "properties": {"templateFile": file, "stackName": STACK if name == "service" else name},
        }
    (nested / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


@pytest.fixture
def selection(service: DeployedSageMakerService) -> Selection:
    return Selection(environment="dev", account=ACCOUNT, region=REGION, services=(service,))


def test_a_template_is_found_by_its_stack(
    tmp_path: Path, selection: Selection, service: DeployedSageMakerService
) -> None:
    folder = assembled(tmp_path / "cdk.out", other={}, service={"Resources": {}})
    assert read_template(folder, selection, service.stack_name) == {"Resources": {}}


def test_templates_that_are_not_there(tmp_path: Path, selection: Selection, service: DeployedSageMakerService) -> None:
    with pytest.raises(WrongUsageError, match="has no templates of the environment dev; write them with `make synth`"):
        read_template(tmp_path, selection, service.stack_name)
    with pytest.raises(WrongUsageError, match=f"has no stack {STACK}; write the templates anew with `make synth`"):
        read_template(assembled(tmp_path / "cdk.out", other={}), selection, service.stack_name)


def test_templates_of_another_account(tmp_path: Path, selection: Selection, service: DeployedSageMakerService) -> None:
    folder = assembled(tmp_path / "cdk.out", place="aws://999999999999/us-east-1", service={})
    with pytest.raises(
        WrongUsageError, match="are for aws://999999999999/us-east-1, and the environment dev is aws://1"
    ):
        read_template(folder, selection, service.stack_name)


@pytest.mark.parametrize("content", ["{", "[]"])
def test_templates_that_cannot_be_read(
    tmp_path: Path, selection: Selection, service: DeployedSageMakerService, content: str
) -> None:
    folder = assembled(tmp_path / "cdk.out", service={})
    (folder / "assembly-dev" / "service.template.json").write_text(content)
    with pytest.raises(WrongUsageError, match=r"service\.template\.json (cannot be read|holds no JSON object)"):
        read_template(folder, selection, service.stack_name)


@pytest.mark.parametrize(("templates", "folder"), [("assembly", ROOT), ("showcase", ROOT / "tests" / "showcase")])
def test_what_the_constructs_make_can_be_followed(request: pytest.FixtureRequest, templates: str, folder: Path) -> None:
    """For every service of every environment, whatever it uses of the SageMaker backend."""
    assembly: CloudAssembly = request.getfixturevalue(templates)
    for environment in sorted(path.stem for path in (folder / "environments").glob("*.yaml")):
        selection = select(folder, environment)
        resolver = Resolver.of(selection.account, selection.region)
        for service in (known for known in selection.services if isinstance(known, DeployedSageMakerService)):
            body = read_template(Path(assembly.directory), selection, service.stack_name)
            planned = plan_of(body, service.endpoint_name, resolver)
            assert planned.variants
            for one in planned.variants:
                assert isinstance(one.name, str)
                assert isinstance(one.instance_type, str)
                assert one.containers
                assert not any(isinstance(part, Unknown) for part in one.containers), one.containers
            assert planned.scaled <= {str(one.name) for one in planned.variants}
            assert "EndpointConfigName" in body["Outputs"]


@pytest.mark.parametrize(("templates", "folder"), [("assembly", ROOT), ("showcase", ROOT / "tests" / "showcase")])
def test_what_the_constructs_make_for_eks_can_be_followed(
    request: pytest.FixtureRequest, templates: str, folder: Path
) -> None:
    """For every cell of every service on EKS: its variants, their weights, and outputs that the commands can read."""
    assembly: CloudAssembly = request.getfixturevalue(templates)
    followed = 0
    for environment in sorted(path.stem for path in (folder / "environments").glob("*.yaml")):
        selection = select(folder, environment)
        resolver = Resolver.of(selection.account, selection.region)
        for service, number in _cells(selection):
            body = read_template(Path(assembly.directory), selection, service.cell_stack_name(number))
            planned = eks_plan_of(body, resolver)
            assert planned.variants
            assert {"ServiceUrl", "LoadBalancerDnsName", "ClusterName", "Namespace", "TargetGroups"} <= body[
                "Outputs"
            ].keys()
            assert sum(one.weight for one in planned.variants.values()) > 0
            for one in planned.variants.values():
                assert planned.fixed[one.target_group][0] == "AWS::ElasticLoadBalancingV2::TargetGroup"
                assert len(one.runs) in (1, 3)  # image, and what is loaded with its SHA-256
                assert one.name + "=" in json.dumps(body["Outputs"]["TargetGroups"])
            cluster = read_template(Path(assembly.directory), selection, service.cluster_stack_name(number))
            assert "AWS::EKS::Cluster" in {kind for kind, _ in eks_plan_of(cluster, resolver).fixed.values()}
            followed += 1
    assert followed


def _cells(selection: Selection) -> Iterator[tuple[DeployedEksService, int]]:
    for service in selection.services:
        if isinstance(service, DeployedEksService):
            for number in service.cell_numbers:
                yield service, number
