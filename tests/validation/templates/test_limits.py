"""A template that CloudFormation would refuse for its size fails the synthesis, in a sentence."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnMapping, CfnOutput, CfnParameter, CfnResource, Stack, Stage, aws_s3_assets
from aws_cdk.cx_api import CloudAssembly
from constructs import Construct

import app
from inference_constructs.config import Project
from stacks.application import create_app
from stacks.limits import LIMITS, NEAR, PIPELINE_INPUT, RESOURCES, SIZE, findings


def add_stack(
    scope: Construct, *, resources: int = 1, outputs: int = 0, parameters: int = 0, mappings: int = 0, padding: int = 0
) -> None:
    """A stack of so many things, in a stage as ours are."""
    stack = Stack(Stage(scope, "Stage"), "Stack", stack_name="slipway-huge")
    for number in range(resources):
        CfnResource(stack, f"Topic{number}", type="AWS::SNS::Topic", properties={"DisplayName": "x" * padding})
    for number in range(outputs):
        CfnOutput(stack, f"Output{number}", value="x")
    for number in range(parameters):
        CfnParameter(stack, f"Parameter{number}")
    for number in range(mappings):
        CfnMapping(stack, f"Mapping{number}", mapping={"top": {"second": "x"}})


def synthesised(outdir: Path, **arguments: int) -> CloudAssembly:
    tree = App(outdir=str(outdir), post_cli_context={"@aws-cdk/core:stackResourceLimit": 0})
    add_stack(tree, **arguments)
    return tree.synth()


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        ({"resources": 501}, "slipway-huge: 501 resources, CloudFormation accepts 500: give some of the service's"),
        ({"outputs": 201}, "slipway-huge: 201 outputs, CloudFormation accepts 200: "),
        ({"parameters": 200}, "slipway-huge: 201 parameters, CloudFormation accepts 200: "),  # the CDK's own is one
        ({"mappings": 201}, "slipway-huge: 201 mappings, CloudFormation accepts 200: "),
    ],
)
def test_more_than_cloudformation_accepts(tmp_path: Path, arguments: dict[str, int], start: str) -> None:
    (finding,) = findings(synthesised(tmp_path, **arguments))
    assert finding.is_exceeded
    assert str(finding).startswith(start)


def test_a_template_of_too_many_bytes(tmp_path: Path) -> None:
    (finding,) = findings(synthesised(tmp_path, resources=11, padding=SIZE.most // 11))
    assert finding.is_exceeded
    assert finding.limit == SIZE
    assert f"{finding.count:,} bytes, CloudFormation accepts 1,000,000: " in str(finding)


@pytest.mark.parametrize("kind", ["AWS::CodePipeline::Pipeline", "AWS::SNS::Topic"])
def test_what_a_pipeline_may_not_take_in(tmp_path: Path, kind: str) -> None:
    """Every deployment of a pipeline gets all that was synthesised, models in the checkout included."""
    for name, size in (("model", PIPELINE_INPUT.most), ("left-behind", 2 * PIPELINE_INPUT.most)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    tree = App(outdir=str(tmp_path / "cdk.out"), context={"aws:cdk:disable-asset-staging": True})
    stack = Stack(tree, "slipway-pipeline")
    CfnResource(stack, "Resource", type=kind)
    aws_s3_assets.Asset(stack, "Model", path=str(tmp_path / "model"), asset_hash="0" * 64)
    assembly = tree.synth()
    (tmp_path / "left-behind").rename(tmp_path / "cdk.out" / "asset.of-an-earlier-one")
    found = findings(assembly)
    assert [finding.count > PIPELINE_INPUT.most for finding in found] == ([True] if "Pipeline" in kind else [])
    assert not any(finding.is_exceeded for finding in found), "packed it may fit, and whoever deploys by hand may"
    told = "bytes of templates and assets, packed, CodePipeline accepts 268,435,456: put the largest models into S3"
    assert all(told in str(finding) for finding in found)


def test_near_a_limit_is_a_warning(tmp_path: Path) -> None:
    near = int(RESOURCES.most * NEAR)
    (finding,) = findings(synthesised(tmp_path / "near", resources=near))
    assert not finding.is_exceeded
    assert str(finding).startswith("slipway-huge: 400 resources, near the limit of 500: ")
    assert findings(synthesised(tmp_path / "less", resources=near - 1)) == []
    (full,) = findings(synthesised(tmp_path / "full", resources=RESOURCES.most))
    assert not full.is_exceeded


def test_the_project_is_far_from_every_limit(assembly: CloudAssembly, showcase: CloudAssembly) -> None:
    assert findings(assembly) + findings(showcase) == []
    assert set(LIMITS) == {"Resources", "Outputs", "Parameters", "Mappings"}


@pytest.mark.parametrize(("resources", "status", "said"), [(501, 1, "CloudFormation accepts"), (400, 0, "near the")])
def test_the_app_fails_or_warns(
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    project: Project,
    feature_flags: dict[str, Any],
    resources: int,
    status: int,
    said: str,
) -> None:
    """By a sentence, where the CDK would raise over more than 500 resources, and by the exit status."""

    def create_huge_app(_: Project) -> App:
        huge = create_app(replace(project, environments=(), pipeline=None), context=feature_flags, outdir=tmp_path)
        add_stack(huge, resources=resources)
        return huge

    monkeypatch.setattr(app, "create_app", create_huge_app)
    monkeypatch.setattr(app, "unexplained_findings", lambda _: [])  # of its topics, which are not encrypted
    assert app.main() == status
    assert f"slipway-huge: {resources} resources, {said}" in capsys.readouterr().err
