"""The pipeline, in the tools account."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import (
    CfnOutput,
    Duration,
    PermissionsBoundary,
    RemovalPolicy,
    Stack,
    aws_codebuild,
    aws_codepipeline,
    aws_iam,
    aws_logs,
)
from aws_cdk import Environment as CdkEnvironment
from aws_cdk.pipelines import CodeBuildOptions, CodeBuildStep, CodePipeline, IFileSetProducer, Step
from constructs import Construct

from inference_constructs.common.encryption_key import EncryptionKey
from inference_constructs.config import ConfigError, Pipeline, Problem, Project, Wave
from inference_constructs.config.errors import shown
from inference_constructs.pipeline import ArtifactStore, OperationsSteps, PipelineSource, PipelineTopic, Promotions
from inference_constructs.pipeline.acknowledgements import explain_findings
from stacks.environment_stage import EnvironmentStage

#: The newest `cdk-assets` there is reads manifests up to schema 54, and the CDK writes 55. What both say of files and
#: images is the same (a test compares), so the number alone is changed, for this tool. The CDK's command line reads 55.
_CDK_ASSETS = "4.7.3"
_LOWER_SCHEMA = r"""find . -name '*.assets.json' -exec sed -i 's/"version": "55\.[0-9.]*"/"version": "54.0.0"/' {} +"""
#: Far more than the whole test suite takes.
_SYNTH_TIMEOUT = Duration.hours(2)
#: 8 vCPUs and 16 GiB: 7 workers. 3 were measured at 6.4 GiB, which is too near the 8 GiB of the next smaller size.
_SYNTH_SIZE = aws_codebuild.ComputeType.LARGE
#: CodePipeline takes 1,000 characters as the value of an action's setting, and all outputs are in one.
_MOST_OUTPUTS = 3


class PipelineStack(Stack):
    """Builds, tests and synthesises a commit, updates itself, and deploys every wave of environments in order.

    The stages are the app's own, so that what somebody deploys with the CDK's command line, what is reviewed as a
    snapshot and what the pipeline deploys are the same templates.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: Project,
        pipeline: Pipeline,
        stages: Sequence[EnvironmentStage],
    ) -> None:
        boundary = pipeline.permissions_boundary
        super().__init__(
            scope,
            construct_id,
            stack_name="slipway-pipeline",
            env=CdkEnvironment(account=pipeline.account, region=pipeline.region),
            description="Slipway: the pipeline that deploys every environment",
            termination_protection=True,
            permissions_boundary=PermissionsBoundary.from_name(boundary) if boundary is not None else None,
        )
        self._key = EncryptionKey(
            self, "EncryptionKey", alias="slipway/pipeline", removal_policy=RemovalPolicy.RETAIN
        ).key
        source = PipelineSource(self, "Source", source=pipeline.source)
        topic = PipelineTopic(self, "Topic", notifications=pipeline.notifications, encryption_key=self._key)
        synth = self._create_synth(source.files)
        self._steps = OperationsSteps(self, "Steps", source=source.files, vpc=pipeline.vpc, approvers=topic.topic)
        self.pipeline = self._create_pipeline(project, synth)
        for wave in pipeline.waves:
            self._add_wave(wave, stages, synth)
        self.pipeline.build_pipeline()
        source.let_in(self.pipeline)
        source.start_on_change(self.pipeline.pipeline)
        topic.tell_failures(self.pipeline.pipeline)
        explain_findings(self.pipeline)
        if pipeline.promotions and pipeline.source.connection is not None:
            Promotions(
                self,
                "Promotions",
                promotions=pipeline.promotions,
                connection=pipeline.source.connection,
                encryption_key=self._key,
            )

    def _create_synth(self, source: IFileSetProducer) -> CodeBuildStep:
        """The README's command for every test, and then the synthesis, by the command line that package.json names."""
        return CodeBuildStep(
            "Synth",
            input=source,
            commands=[
                "make test-all",
                'PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH" cdk synth --quiet',
            ],
            primary_output_directory="cdk.out",
            build_environment=aws_codebuild.BuildEnvironment(compute_type=_SYNTH_SIZE),
            timeout=_SYNTH_TIMEOUT,
            cache=aws_codebuild.Cache.none(),
        )

    def _create_pipeline(self, project: Project, synth: CodeBuildStep) -> CodePipeline:
        return CodePipeline(
            self,
            "Pipeline",
            pipeline_name="slipway",
            pipeline_type=aws_codepipeline.PipelineType.V2,
            # A commit waits before a busy stage, and gives way there to a newer one.
            execution_mode=aws_codepipeline.ExecutionMode.SUPERSEDED,
            synth=synth,
            self_mutation=True,
            cli_version=_cli_version(project),
            cdk_assets_cli_version=_CDK_ASSETS,
            cross_account_keys=True,
            enable_key_rotation=True,
            artifact_bucket=ArtifactStore(self, "Artifacts", encryption_key=self._key).bucket,
            # One project per kind of asset: with one per asset, the pipeline would grow with every model.
            publish_assets_in_parallel=False,
            # A second action per stack adds nothing here: the approval shows what changes.
            use_change_sets=False,
            code_build_defaults=self._create_defaults(),
            asset_publishing_code_build_defaults=CodeBuildOptions(
                partial_build_spec=aws_codebuild.BuildSpec.from_object(
                    {"phases": {"pre_build": {"commands": [_LOWER_SCHEMA]}}}
                ),
                # CDK Pipelines allows them to start any build, with other commands if they like: the update's too.
                role_policy=[
                    aws_iam.PolicyStatement(
                        effect=aws_iam.Effect.DENY,
                        actions=[
                            "codebuild:RetryBuild",
                            "codebuild:StartBuild",
                            "codebuild:StartBuildBatch",
                            "codebuild:StopBuild",
                        ],
                        resources=["*"],
                    )
                ],
            ),
        )

    def _create_defaults(self) -> CodeBuildOptions:
        log = aws_logs.LogGroup(
            self,
            "Log",
            encryption_key=self._key,
            retention=aws_logs.RetentionDays.ONE_YEAR,
            removal_policy=RemovalPolicy.RETAIN,
        )
        return CodeBuildOptions(
            build_environment=aws_codebuild.BuildEnvironment(
                build_image=aws_codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5, privileged=False
            ),
            partial_build_spec=aws_codebuild.BuildSpec.from_object(
                {"phases": {"install": {"runtime-versions": {"python": "3.11", "nodejs": "22"}}}}
            ),
            logging=aws_codebuild.LoggingOptions(
                cloud_watch=aws_codebuild.CloudWatchLoggingOptions(log_group=log, enabled=True)
            ),
            cache=aws_codebuild.Cache.none(),
            timeout=Duration.hours(1),
        )

    def _add_wave(self, wave: Wave, stages: Sequence[EnvironmentStage], synth: IFileSetProducer) -> None:
        deployed = self.pipeline.add_wave(wave.name)
        for name in wave.environments:
            regions = [stage for stage in stages if stage.environment.name == name]
            if wave.approval:
                comparison = self._steps.compare([stage.environment for stage in regions], synth)
                deployed.add_pre(comparison, self._steps.approve(regions[0].environment, comparison))
            for stage in regions:
                deployed.add_stage(stage, post=self._after(stage, wave.bake_minutes, synth))

    def _after(self, stage: EnvironmentStage, bake_minutes: int, synth: IFileSetProducer) -> list[Step]:
        steps: list[Step] = []
        if stage.environment.termination_protection:
            steps.append(self._steps.protect(stage.environment, synth))
        if stage.environment.services:  # without any there is nothing to check, and no alarm
            steps.append(self._steps.check(stage.environment, _live(stage)))
            if bake_minutes:
                steps.append(self._steps.bake(stage.environment, bake_minutes))
        return list(Step.sequence(steps))


def _live(stage: EnvironmentStage) -> Mapping[str, CfnOutput]:
    """Outputs of some of an environment's stacks, as shell variables."""
    found = {}
    for stack in stage.node.children:
        for name in ("EndpointConfigName", "TargetGroups"):
            output = stack.node.try_find_child(name)
            if isinstance(output, CfnOutput):
                found[f"{stack.node.id}_{name}".replace("-", "_").upper()] = output
    return dict(list(found.items())[:_MOST_OUTPUTS])


def _cli_version(project: Project) -> str:
    """The CDK command line that everybody here runs.

    Raises:
        ConfigError: `package.json` does not pin it.
    """
    file = project.root / "package.json"
    package = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    version = package.get("dependencies", {}).get("aws-cdk")
    if not isinstance(version, str) or not version[:1].isdigit():
        accepted = "one version of the CDK's command line, such as 2.1148.1: the pipeline runs the same"
        found = shown(version) if file.is_file() else "no such file"
        raise ConfigError(
            [Problem(file=Path(file.name), line=None, key="dependencies.aws-cdk", found=found, accepted=accepted)]
        )
    return version
