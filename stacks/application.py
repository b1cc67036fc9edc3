"""The whole app: a stage for every environment of a project and its pipeline, under rules that all templates pass."""

from pathlib import Path
from typing import Any

from aws_cdk import App

from inference_constructs.config import Project
from stacks.environment_stage import EnvironmentStage
from stacks.pipeline_stack import PipelineStack
from stacks.security_rules import check_security_rules


def create_app(project: Project, *, context: dict[str, Any] | None = None, outdir: Path | None = None) -> App:
    """Compose the app: every environment, or those that the context names (`cdk synth -c environments=dev,local`).

    The pipeline, if the project has one, deploys the very stages that a person does: they are synthesised once. Without
    some of its environments it cannot be made, so it is left out where the context names environments.

    Args:
        project: What to deploy where.
        context: Feature flags, where no command line passes those of cdk.json.
        outdir: Where to write templates and assets, unless the command line sets it.

    Raises:
        ArtifactError: A model cannot be served.
        ConfigError: The context asks for an environment that there is not.
    """
    app = App(
        context=context,
        outdir=str(outdir) if outdir else None,
        # Otherwise a finding would end as a traceback out of the CDK; the composition root reports it as a sentence.
        # So would a template of too many resources, which stacks/limits.py reports.
        post_cli_context={
            "@aws-cdk/core:failSynthOnValidationErrors": False,
            "@aws-cdk/core:stackResourceLimit": 0,
        },
    )
    asked_for = app.node.try_get_context("environments")
    if asked_for is not None:
        project = project.only(str(asked_for).split(","))
    stages = [EnvironmentStage(app, project=project, environment=environment) for environment in project.environments]
    if project.pipeline is not None and asked_for is None:
        PipelineStack(app, "slipway-pipeline", project=project, pipeline=project.pipeline, stages=stages)
    check_security_rules(app)
    return app
