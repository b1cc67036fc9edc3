"""Proposes a model that was approved in the model registry, as a branch to review: an option, nobody has to have it."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from aws_cdk import (
    ArnFormat,
    Duration,
    Stack,
    aws_codebuild,
    aws_events,
    aws_events_targets,
    aws_iam,
    aws_kms,
    aws_logs,
)
from constructs import Construct

from inference_constructs.acknowledge import acknowledge, wildcard_finding
from inference_constructs.spec.pipeline import Connection

_GITHUB: Final = "https://github.com"
#: What CodeBuild calls the hosts that a connection may lead to (API reference, "ProjectSource").
SourceType = Literal["BITBUCKET", "GITHUB", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED"]
#: A bucket and a prefix in it: neither the whole bucket nor a pattern.
_PREFIX: Final = re.compile(r"s3://(?P<bucket>[^/*]+)/(?P<prefix>[^*]+/)")

#: What the job runs. SageMaker may send several events for one approval, and the branch is named after the change, so
#: that the second job finds it there and stops, before its work or, if the first was at it meanwhile, after it.
_COMMANDS: Final = (
    "set -euo pipefail",
    'where=(${ENVIRONMENT:+--environment "$ENVIRONMENT"} ${WITHIN:+--region "$WITHIN"})',
    'python -m operations promote "$SERVICE" --latest-approved "$GROUP" "${where[@]}"',
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

    The job changes nothing that runs: the branch is reviewed, merged and deployed as every other change is. It belongs
    into the account and region of the model package group; events from elsewhere can be forwarded to its event bus.

    Attributes:
        project: The CodeBuild project. Starting it by hand proposes the latest approved version, too.
        rule: The EventBridge rule.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: str,
        model_package_group: str,
        artifacts: str,
        connection: Connection,
        encryption_key: aws_kms.IKey,
        environment: str | None = None,
        region: str | None = None,
        artifacts_key: aws_kms.IKey | None = None,
        log_retention: aws_logs.RetentionDays = aws_logs.RetentionDays.ONE_YEAR,
        source_type: SourceType = "GITHUB",
        source_url: str = _GITHUB,
    ) -> None:
        """Create the rule and the job.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            service: The service to promote, as `operations promote` takes it.
            model_package_group: The group whose approvals count.
            artifacts: The S3 prefix under which the group's models are, such as `s3://bucket/churn/`.
            connection: The repository, and the connection that may push to it.
            encryption_key: Encrypts the job's log and what it stores.
            environment: The environment whose override is moved; the service's own file by default.
            region: The one of the environment's regions that is moved, where it has several.
            artifacts_key: The key that the models are encrypted with, if it is a customer's.
            log_retention: How long to keep the job's log.
            source_type: What kind of host the connection leads to.
            source_url: Where the repository's host is, without a slash at the end, such as `https://gitlab.com`.
        """
        super().__init__(scope, construct_id)
        self._group, self._connection = model_package_group, connection
        self._key, self._artifacts_key = encryption_key, artifacts_key
        log = aws_logs.LogGroup(self, "Log", encryption_key=encryption_key, retention=log_retention)
        role = self._create_role(log, artifacts)
        values = {
            "SERVICE": service,
            "GROUP": model_package_group,
            "ENVIRONMENT": environment or "",
            "WITHIN": region or "",
        }
        self.project = self._create_project(role, log, values, (source_type, source_url))
        self.rule = self._create_rule()

    def _create_role(self, log: aws_logs.ILogGroup, artifacts: str) -> aws_iam.Role:
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal("codebuild.amazonaws.com"),
            description=f"Proposes approved models of {self._group} as branches",
        )
        policy = aws_iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            description=f"Reads {self._group}, and pushes to one repository",
            statements=[
                *self._registry_statements(),
                *self._artifact_statements(artifacts),
                self._connection_statement(),
                aws_iam.PolicyStatement(
                    sid="Log", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
                ),
            ],
        )
        bucket, prefix = _split(artifacts)
        acknowledge(
            policy,
            {
                wildcard_finding(
                    policy, "sagemaker", f"model-package/{self._group}/*"
                ): "every version of the one group",
                wildcard_finding(policy, "s3", f"{bucket}/{prefix}*"): "every model of the group, under its own prefix",
            },
        )
        return role

    def _registry_statements(self) -> list[aws_iam.PolicyStatement]:
        return [
            aws_iam.PolicyStatement(
                sid="Registry",
                actions=["sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"],
                resources=[
                    self._arn("model-package-group", self._group),
                    self._arn("model-package", f"{self._group}/*"),
                ],
            )
        ]

    def _artifact_statements(self, artifacts: str) -> list[aws_iam.PolicyStatement]:
        """HeadBucket and HeadObject, and what tells a missing object from a forbidden one."""
        name, prefix = _split(artifacts)
        bucket = f"arn:{Stack.of(self).partition}:s3:::{name}"
        statements = [
            aws_iam.PolicyStatement(sid="FindModels", actions=["s3:ListBucket"], resources=[bucket]),
            aws_iam.PolicyStatement(sid="ReadModels", actions=["s3:GetObject"], resources=[f"{bucket}/{prefix}*"]),
        ]
        if self._artifacts_key is not None:
            key = self._artifacts_key.key_arn
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

    def _create_project(
        self, role: aws_iam.Role, log: aws_logs.ILogGroup, values: Mapping[str, str], host: tuple[SourceType, str]
    ) -> aws_codebuild.Project:
        owner, _, repository = self._connection.repository.partition("/")
        project = aws_codebuild.Project(
            self,
            "Project",
            description=f"Proposes the latest approved model of {self._group} for {values['SERVICE']}",
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
            source_type, source_url = host
            resource.add_property_override("Source.Type", source_type)
            resource.add_property_override("Source.Auth", {"Type": "CODECONNECTIONS", "Resource": self._connection.arn})
            resource.add_property_override("Source.Location", f"{source_url}/{self._connection.repository}.git")
        return project

    def _create_rule(self) -> aws_events.Rule:
        return aws_events.Rule(
            self,
            "Approved",
            description=f"A version of {self._group} was approved",
            event_pattern=aws_events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={"ModelPackageGroupName": [self._group], "ModelApprovalStatus": ["Approved"]},
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

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="sagemaker", resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )


def _split(artifacts: str) -> tuple[str, str]:
    found = _PREFIX.fullmatch(artifacts)
    if found is None:
        message = f"artifacts: `{artifacts}`; accepted: s3://BUCKET/PREFIX/, ending with a slash"
        raise ValueError(message)
    return found["bucket"], found["prefix"]


def _build_spec() -> dict[str, Any]:
    return {
        "version": "0.2",
        "env": {"shell": "bash", "git-credential-helper": "yes"},
        "phases": {
            "install": {"runtime-versions": {"python": "3.11"}, "commands": ["make setup"]},
            "build": {"commands": ['export PATH="$PWD/.venv/bin:$PATH"', "\n".join(_COMMANDS)]},
        },
    }
