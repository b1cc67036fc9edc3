"""A small project with a pipeline through two accounts and three regions, and its template."""

import shutil
from pathlib import Path
from textwrap import dedent
from typing import Any

from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from inference_constructs.config import load_project
from stacks.application import create_app
from tests.conftest import ROOT
from tests.unit.config.projects import ENVIRONMENT, with_line, write_project

CONNECTION = "arn:aws:codeconnections:us-east-1:999988887777:connection/0a"
PIPELINE = f"""\
    account: "999988887777"
    region: us-east-1
    source: {{connection: {{arn: "{CONNECTION}", repository: example/slipway}}}}
    waves:
      - {{environments: [dev], bake_minutes: 0}}
      - {{environments: [prod], approval: true, bake_minutes: 5}}
    notifications: {{emails: [a@example.com]}}
    """


def app_of(
    root: Path,
    context: dict[str, Any],
    *,
    pipeline: str = PIPELINE,
    environment: str = ENVIRONMENT,
    asked_for: str | None = None,
) -> App:
    """The app of a project with a development and a production environment, the latter in two regions."""
    write_project(root, environment=environment)
    (root / "model_artifacts" / "triage" / "model" / "model.onnx").write_bytes(b"model")
    prod = with_line(with_line(ENVIRONMENT, "name: dev", "name: prod"), "111122223333", "333344445555")
    prod = with_line(prod, "purpose: development", "purpose: production")
    regions = "regions: {eu-west-1: {network: {availability_zones: [eu-west-1a, eu-west-1b]}}}\n"
    (root / "environments" / "prod.yaml").write_text(dedent(prod) + regions)
    (root / "pipeline.yaml").write_text(dedent(pipeline))
    shutil.copy(ROOT / "package.json", root)
    if asked_for is not None:
        context = context | {"environments": asked_for}
    return create_app(load_project(root), context=context, outdir=root / "cdk.out")


def template_of(app: App) -> Template:
    """The pipeline's own template."""
    stack = app.node.find_child("slipway-pipeline")
    assert isinstance(stack, Stack)
    return Template.from_stack(stack)
