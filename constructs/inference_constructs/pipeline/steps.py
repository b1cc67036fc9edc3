"""The steps between deployments: compare, approve, protect, check, watch."""

from collections.abc import Mapping, Sequence

from aws_cdk import Annotations, CfnOutput, Duration, Stack, aws_codebuild, aws_ec2, aws_iam, aws_sns
from aws_cdk.pipelines import CodeBuildStep, IFileSetProducer, ManualApprovalStep
from constructs import Construct

from inference_constructs.config import Environment, StepVpc
from inference_constructs.pipeline.names import (
    StepKind,
    operations_role_name,
    protection_role_name,
    step_role_name,
)

_SETUP = "make .venv/.run"
#: Which changes replace a resource is read in cfn-lint's schemas, a tool of the tests.
_SETUP_TO_COMPARE = "make .venv/.dev"
_DEPLOYED, _PROPOSED, _CHANGES = "review/deployed", "review/proposed", "review/changes.md"
#: Set in the shell and not for the build as a whole, whose own credentials CodeBuild's agent needs for itself.
_CONFIG = 'AWS_CONFIG_FILE="$PWD/.aws-config"'
#: For the tools of a step to be installed, beside what the step itself takes.
_SETUP_MINUTES = 15
#: What the deploy check waits for at most, its own default, and a margin for the questions it then asks.
_CHECK_MINUTES = 60 + 30


class OperationsSteps(Construct):
    """Steps that run `slipway` as a role that may do nothing but become an environment's own.

    The credentials come from the AWS SDK: a profile per environment assumes that environment's role and renews itself,
    so that a step may take longer than the hour for which AWS lets one role be another.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source: IFileSetProducer,
        vpc: StepVpc | None,
        approvers: aws_sns.ITopic,
    ) -> None:
        """Prepare what the steps have in common.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            source: The commit, whose operations are run.
            vpc: Where to run them, on CodeBuild's own network if it is None.
            approvers: Who is notified of pending approvals.
        """
        super().__init__(scope, construct_id)
        self._source = source
        self._approvers = approvers
        self._vpc: aws_ec2.IVpc | None = None
        self._security_groups: list[aws_ec2.ISecurityGroup] | None = None
        if vpc is not None:
            self._vpc = aws_ec2.Vpc.from_vpc_attributes(
                self,
                "Vpc",
                vpc_id=vpc.vpc_id,
                availability_zones=list(vpc.availability_zones),
                private_subnet_ids=list(vpc.subnets),
            )
            for subnet in self._vpc.private_subnets:
                Annotations.of(subnet).acknowledge_warning(
                    "@aws-cdk/aws-ec2:noSubnetRouteTableId", "nothing here adds a route to a subnet of others"
                )
            self._security_groups = [
                aws_ec2.SecurityGroup.from_security_group_id(self, f"Group{number}", group, mutable=False)
                for number, group in enumerate(vpc.security_groups)
            ]

    def protect(self, environment: Environment, synth: IFileSetProducer) -> CodeBuildStep:
        """Protects an environment's stacks against deletion, after their deployment: CodePipeline cannot do it.

        Args:
            environment: The environment, in one region.
            synth: The synthesised templates, which list what to protect.
        """
        command = f"{_operations('protect')} {environment.stage_name} --templates cdk.out"
        return self._step("protect", [environment], [command], minutes=_SETUP_MINUTES, templates=synth)

    def check(self, environment: Environment, outputs: Mapping[str, CfnOutput]) -> CodeBuildStep:
        """The deploy check of an environment, after its stacks.

        Args:
            environment: The environment, in one region.
            outputs: Its stacks' outputs by name; the log shows them beside what the check finds.
        """
        return self._step(
            "check",
            [environment],
            [*(f'echo "{name}: ${name}"' for name in outputs), f"{_operations('check')} {environment.stage_name}"],
            minutes=_CHECK_MINUTES,
            outputs=outputs,
        )

    def bake(self, environment: Environment, minutes: int) -> CodeBuildStep:
        """Watches an environment's alarms for some minutes, and fails if one goes off."""
        command = f"{_operations('watch')} {environment.stage_name} --minutes {minutes}"
        return self._step("bake", [environment], [command], minutes=minutes)

    def compare(self, regions: Sequence[Environment], synth: IFileSetProducer) -> CodeBuildStep:
        """Tells what the commit would change in an environment, in all of its regions, and what of it is a risk.

        Args:
            regions: The environment in each of its regions.
            synth: The synthesised templates.
        """
        fetch = [
            f"AWS_PROFILE={each.stage_name} {_operations('deployed-templates')} {each.stage_name}"
            f" --templates cdk.out --deployed {_DEPLOYED} --proposed {_PROPOSED}"
            for each in regions
        ]
        return self._step(
            "compare",
            regions,
            [
                *fetch,
                f"{_operations('diff-templates')} {_DEPLOYED} {_PROPOSED} --output {_CHANGES}",
                f"cat {_CHANGES}",
                # The approval shows the line after the heading, which counts, cut to what a comment has room for.
                f"export CHANGES=\"$(sed -n 3p {_CHANGES} | tr -d '*' | cut -c -300)\"",
                f'export REVIEW_URL="{self._url_of_build()}"',
            ],
            minutes=_SETUP_MINUTES,
            templates=synth,
        )

    def approve(self, environment: Environment, comparison: CodeBuildStep) -> ManualApprovalStep:
        """A person approves what a comparison showed."""
        url = comparison.exported_variable("REVIEW_URL")
        return ManualApprovalStep(  # after the comparison, whose variables it names
            f"Approve-{environment.name}",
            comment=f"Deploy to {environment.name}? {comparison.exported_variable('CHANGES')} All of it: {url}",
            review_url=url,
            notification_topic=self._approvers,
        )

    def _step(
        self,
        kind: StepKind,
        regions: Sequence[Environment],
        commands: Sequence[str],
        *,
        minutes: int,
        outputs: Mapping[str, CfnOutput] | None = None,
        templates: IFileSetProducer | None = None,
    ) -> CodeBuildStep:
        environment = regions[0]
        roles = {each.stage_name: _role_arn(kind, each) for each in regions}
        return CodeBuildStep(
            f"{kind.capitalize()}-{environment.name if kind == 'compare' else environment.stage_name}",
            input=self._source,
            additional_inputs={"cdk.out": templates} if templates is not None else None,
            env_from_cfn_outputs=dict(outputs or {}),
            install_commands=[
                _SETUP_TO_COMPARE if kind == "compare" else _SETUP,
                *(_profile(name, arn) for name, arn in roles.items()),
            ],
            commands=[f"export {_CONFIG} AWS_PROFILE={environment.stage_name}", *commands],
            role=self._create_role(kind, environment, list(roles.values())),
            timeout=Duration.minutes(minutes + _SETUP_MINUTES),
            cache=aws_codebuild.Cache.none(),
            vpc=self._vpc,
            security_groups=self._security_groups,
        )

    def _create_role(self, kind: StepKind, environment: Environment, becomes: list[str]) -> aws_iam.Role:
        name = step_role_name(kind, environment)
        role = aws_iam.Role(
            self,
            name,
            role_name=name,
            description=f"Runs the step {kind} of the pipeline for {environment.stage_name}",
            assumed_by=aws_iam.ServicePrincipal(
                "codebuild.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
        role.add_to_policy(aws_iam.PolicyStatement(actions=["sts:AssumeRole"], resources=becomes))
        return role

    def _url_of_build(self) -> str:
        """CodeBuild has no variable for it; a build's id is its project and a number of its own."""
        place = "https://$AWS_REGION.console.aws.amazon.com"
        account = Stack.of(self).account
        return (
            f"{place}/codesuite/codebuild/{account}/projects/${{CODEBUILD_BUILD_ID%%:*}}"
            "/build/$CODEBUILD_BUILD_ID/?region=$AWS_REGION"
        )


def _operations(command: str) -> str:
    return f".venv/bin/slipway {command}"


def _role_arn(kind: StepKind, environment: Environment) -> str:
    """The environment's own role that a step becomes."""
    name = protection_role_name(environment) if kind == "protect" else operations_role_name(environment)
    return f"arn:aws:iam::{environment.account}:role/{name}"


def _profile(name: str, role_arn: str) -> str:
    lines = [
        f"[profile {name}]",
        f"role_arn = {role_arn}",
        "credential_source = EcsContainer",
        "role_session_name = slipway-pipeline",
    ]
    return f"printf '%s\\n' {' '.join(repr(line) for line in lines)} >> .aws-config"
