"""Proposes a model that was approved in a model registry, as a branch to review."""

from typing import Any, Final

from aws_cdk import (
    CfnOutput,
    Duration,
    aws_codebuild,
    aws_events,
    aws_events_targets,
    aws_iam,
    aws_kms,
    aws_logs,
)
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.config.pipeline.promotion import Promotion
from inference_constructs.config.pipeline.source import Connection

#: The event of a model package's new state (SageMaker Developer Guide, "Events that SageMaker AI sends").
APPROVAL_SOURCE: Final = "aws.sagemaker"
APPROVAL: Final = "SageMaker Model Package State Change"

#: What the job runs. SageMaker may send several events for one approval, and the branch is named after the change, so
#: that the second job finds it there and stops, before its work or, if the first was at it meanwhile, after it.
_COMMANDS: Final = (
    "set -euo pipefail",
    'where=(${ENVIRONMENT:+--environment "$ENVIRONMENT"} ${WITHIN:+--region "$WITHIN"})',
    'slipway promote "$SERVICE" --latest-approved "$GROUP" "${where[@]}"',
    "git diff --quiet -- environments model_artifacts && exit 0",
    'branch="promote/$SERVICE-$(git diff -- environments model_artifacts | git hash-object --stdin | cut -c1-12)"',
    '[ -z "$(git ls-remote --heads origin "$branch")" ] || exit 0',
    "make snapshots",
    "git add environments model_artifacts tests/snapshots",
    'git -c user.name=slipway -c user.email=slipway@localhost commit -m "Promote $SERVICE to the latest of $GROUP"',
    'git push origin "HEAD:refs/heads/$branch" || [ -n "$(git ls-remote --heads origin "$branch")" ]',
)


class ApprovedModelPromotion(Construct):
    """A rule that hears of approvals in one model package group, and a job that pushes the promotion as a branch.

    The job changes nothing that runs: the branch is reviewed, merged and deployed as every other change is. The group's
    events have to arrive at the default event bus of this account and region.

    Attributes:
        project: The CodeBuild project. Starting it by hand proposes the latest approved version, too.
        rule: The EventBridge rule.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        promotion: Promotion,
        connection: Connection,
        encryption_key: aws_kms.IKey,
        log_retention: aws_logs.RetentionDays = aws_logs.RetentionDays.ONE_YEAR,
    ) -> None:
        """Create the rule and the job.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            promotion: What is promoted, and from where.
            connection: The repository, and the connection that may push to it.
            encryption_key: Encrypts the job's log and what it stores.
            log_retention: How long to keep the job's log. Default: a year.
        """
        super().__init__(scope, construct_id)
        self._promotion, self._connection, self._key = promotion, connection, encryption_key
        log = aws_logs.LogGroup(self, "Log", encryption_key=encryption_key, retention=log_retention)
        role, policy = self._create_role(log)
        self.project = self._create_project(role, log)
        # CodeBuild looks, as the role, whether it may use the connection before it makes the project (aws-cdk 38504).
        self.project.node.add_dependency(policy)
        self.rule = self._create_rule()
        CfnOutput(
            self,
            "RoleArn",
            value=role.role_arn,
            description=f"Reads {promotion.group_name} and its models; other accounts let it in by this",
        )

    def _create_role(self, log: aws_logs.ILogGroup) -> tuple[aws_iam.Role, aws_iam.ManagedPolicy]:
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal("codebuild.amazonaws.com"),
            description=f"Proposes approved models of {self._promotion.group_name} as branches",
        )
        statements = [
            self._registry_statement(),
            *self._artifact_statements(),
            self._connection_statement(),
            aws_iam.PolicyStatement(
                sid="Log", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
            ),
        ]
        policy = aws_iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            description=f"Reads {self._promotion.group_name}, and pushes to one repository",
            statements=statements,
        )
        acknowledge(
            policy,
            {
                f"AwsSolutions::AwsSolutions-IAM5[Resource::{self._models}]": "every model of the group, under its"
                " own prefix",
            }
            | {
                f"AwsSolutions::AwsSolutions-IAM5[Resource::{arn}]": "every version of the one group"
                for arn in self._registered
                if arn.endswith("*")
            },
        )
        return role, policy

    @property
    def _registered(self) -> list[str]:
        """The group and its versions; also in small letters, in which SageMaker has written ARNs of versions."""
        group = self._promotion.model_package_group
        versions = f"{group.replace(':model-package-group/', ':model-package/')}/*"
        return sorted({arn for each in (group, versions) for arn in (each, each.lower())})

    @property
    def _models(self) -> str:
        return f"arn:aws:s3:::{self._promotion.bucket}/{self._promotion.prefix}*"

    def _registry_statement(self) -> aws_iam.PolicyStatement:
        return aws_iam.PolicyStatement(
            sid="Registry",
            actions=["sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"],
            resources=self._registered,
        )

    def _artifact_statements(self) -> list[aws_iam.PolicyStatement]:
        """HeadBucket and HeadObject, and what distinguishes a missing object from a forbidden one."""
        bucket = f"arn:aws:s3:::{self._promotion.bucket}"
        statements = [
            aws_iam.PolicyStatement(sid="FindModels", actions=["s3:ListBucket"], resources=[bucket]),
            aws_iam.PolicyStatement(sid="ReadModels", actions=["s3:GetObject"], resources=[self._models]),
        ]
        if self._promotion.artifacts_key_arn is not None:
            key = self._promotion.artifacts_key_arn
            statements.append(aws_iam.PolicyStatement(sid="DecryptModels", actions=["kms:Decrypt"], resources=[key]))
        return statements

    def _connection_statement(self) -> aws_iam.PolicyStatement:
        """By the service's name in the connection's ARN: the present one and the one before are different actions."""
        service = self._connection.arn.split(":")[2]
        actions = ("GetConnection", "GetConnectionToken", "UseConnection")
        return aws_iam.PolicyStatement(
            sid="Repository",
            actions=[f"{service}:{action}" for action in actions],
            resources=[self._connection.arn],
        )

    def _create_project(self, role: aws_iam.Role, log: aws_logs.ILogGroup) -> aws_codebuild.Project:
        values = {
            "SERVICE": self._promotion.service,
            "GROUP": self._promotion.model_package_group,
            "ENVIRONMENT": self._promotion.environment or "",
            "WITHIN": self._promotion.region or "",
        }
        owner, _, repository = self._connection.repository.partition("/")
        project = aws_codebuild.Project(
            self,
            "Project",
            description=f"Proposes for {self._promotion.service} the latest model of {self._promotion.group_name}",
            role=role.without_policy_updates(),
            source=aws_codebuild.Source.git_hub(
                owner=owner,
                repo=repository,
                branch_or_ref=self._connection.branch,
                webhook=False,
                report_build_status=False,
            ),
            environment=aws_codebuild.BuildEnvironment(
                build_image=aws_codebuild.LinuxBuildImage.AMAZON_LINUX_2023_5,
                compute_type=aws_codebuild.ComputeType.MEDIUM,
                privileged=False,
            ),
            environment_variables={
                name: aws_codebuild.BuildEnvironmentVariable(value=value) for name, value in values.items()
            },
            build_spec=aws_codebuild.BuildSpec.from_object(_build_spec()),
            encryption_key=self._key,
            logging=aws_codebuild.LoggingOptions(
                cloud_watch=aws_codebuild.CloudWatchLoggingOptions(log_group=log, enabled=True)
            ),
            # No limit of concurrent builds: CodeBuild does not queue what is past one, and the approval would be lost.
            grant_report_group_permissions=False,
            timeout=Duration.minutes(30),
            queued_timeout=Duration.hours(1),
        )
        resource = project.node.default_child
        if isinstance(resource, aws_codebuild.CfnProject):
            # The L2 knows GitHub with the account's one credential only, and no connection of a project's own.
            host = self._connection.host
            resource.add_property_override("Source.Type", host.type)
            resource.add_property_override("Source.Auth", {"Type": "CODECONNECTIONS", "Resource": self._connection.arn})
            resource.add_property_override("Source.Location", f"{host.url}/{self._connection.repository}.git")
        return project

    def _create_rule(self) -> aws_events.Rule:
        return aws_events.Rule(
            self,
            "Approved",
            description=f"A version of {self._promotion.group_name} was approved",
            event_pattern=aws_events.EventPattern(
                account=[self._promotion.group_account],
                region=[self._promotion.group_region],
                source=[APPROVAL_SOURCE],
                detail_type=[APPROVAL],
                detail={
                    "ModelPackageGroupName": [self._promotion.group_name],
                    "ModelApprovalStatus": ["Approved"],
                },
            ),
            # Tried again for a day, which is the default: an account can be out of builds for a while.
            targets=[aws_events_targets.CodeBuildProject(self.project, event_role=self._create_starter())],
        )

    def _create_starter(self) -> aws_iam.IRole:
        """What EventBridge becomes to start the job, and nothing else."""
        role = aws_iam.Role(self, "StarterRole", assumed_by=aws_iam.ServicePrincipal("events.amazonaws.com"))
        start = aws_iam.PolicyStatement(actions=["codebuild:StartBuild"], resources=[self.project.project_arn])
        aws_iam.ManagedPolicy(self, "StarterPolicy", roles=[role], statements=[start])
        return role.without_policy_updates()


def _build_spec() -> dict[str, Any]:
    return {
        "version": "0.2",
        "env": {"shell": "bash", "git-credential-helper": "yes"},
        "phases": {
            "install": {"runtime-versions": {"python": "3.11", "nodejs": "22"}, "commands": ["make setup"]},
            "build": {"commands": ['export PATH="$PWD/.venv/bin:$PATH"', "\n".join(_COMMANDS)]},
        },
    }
