"""What a platform engineer writes about the way from a commit to every account: `pipeline.yaml`."""

import re
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once
from inference_constructs.config.models.environment import POLICY_NAME, AccountId, EnvironmentName, Region
from inference_constructs.config.models.network import SubnetId, VpcId
from inference_constructs.config.models.regions import is_in_partition_aws
from inference_constructs.config.pipeline.promotion import Promotion
from inference_constructs.config.pipeline.source import Source

#: The file, at the project's root.
PIPELINE_FILE = "pipeline.yaml"
#: CodePipeline takes 50 stages in one pipeline; three of them are for the source, the build and the pipeline itself,
#: and one is for assets (CodePipeline User Guide, "Quotas").
_MOST_WAVES = 46
#: CodePipeline takes 100 characters for a stage, and the CDK adds up to three where it has to split a wave.
_LONGEST_WAVE_NAME = 97
#: CodePipeline ends an action that builds after 8 hours (the same place); the watch's set-up has to fit in, too.
_MOST_BAKE_MINUTES = 7 * 60
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):[\w-]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Wave(ConfigModel):
    """Environments that get a commit at the same time, in all of their regions."""

    environments: Items[EnvironmentName] = Field(description="names of files under environments/, such as [dev]")
    approval: bool = Field(
        default=False,
        description="whether somebody has to approve, who is shown what would change; true for production",
    )
    bake_minutes: Annotated[int, Field(ge=0, le=_MOST_BAKE_MINUTES)] = Field(
        default=10, description="minutes to watch the alarms of each environment after its deployment, 0 to 420"
    )

    @property
    def name(self) -> str:
        """What its stage of the pipeline is called."""
        return "-".join(self.environments)

    @model_validator(mode="after")
    def _has_environments(self) -> Self:
        if not self.environments:
            raise RuleError("environments", [], accepted="one or more names of files under environments/")
        if len(self.name) > _LONGEST_WAVE_NAME:
            accepted = (
                f"names of up to {_LONGEST_WAVE_NAME} characters together, hyphens between them included, or two waves:"
                " a stage of the pipeline is called by all of them"
            )
            raise RuleError("environments", list(self.environments), accepted=accepted)
        return self


class Notifications(ConfigModel):
    """Who is notified of pending approvals and of failed executions."""

    emails: Items[str] = Field(default=(), description="who gets a mail; each address confirms its subscription once")
    topic_arn: str | None = Field(
        default=None, description="an SNS topic of the tools account and region instead of a new one"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        for address in self.emails:
            if not _EMAIL.fullmatch(address):
                raise RuleError("emails", address, accepted="e-mail addresses")
        check_each_once("emails", self.emails)
        if self.topic_arn is not None and not _TOPIC.fullmatch(self.topic_arn):
            raise RuleError("topic_arn", self.topic_arn, accepted="arn:aws:sns:REGION:ACCOUNT:NAME")
        if self.topic_arn is not None and self.emails:
            accepted = "either emails or topic_arn: the topic's owner manages its subscriptions"
            raise RuleError("emails", list(self.emails), accepted=accepted)
        return self


class StepVpc(ConfigModel):
    """A VPC of the tools account that the checks run in, to reach internal load balancers; given in full."""

    vpc_id: VpcId = Field(description="such as vpc-0123456789abcdef0")
    subnets: Items[SubnetId] = Field(
        description="private subnets with a way to AWS services, one per zone, such as [subnet-0123456789abcdef]"
    )
    availability_zones: Items[str] = Field(description="the subnets' zones, in their order, such as [us-east-1a]")
    security_groups: Items[Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]] = Field(
        description="what the steps may reach, such as [sg-0123456789abcdef0]"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.subnets or len(set(self.subnets)) != len(self.subnets):
            raise RuleError("subnets", list(self.subnets), accepted="one or more different subnets")
        if len(self.availability_zones) != len(self.subnets):
            accepted = f"one zone per subnet, which are {len(self.subnets)}"
            raise RuleError("availability_zones", list(self.availability_zones), accepted=accepted)
        if not 1 <= len(self.security_groups) <= 5:  # noqa: PLR2004 - CodeBuild's VpcConfig takes five
            raise RuleError("security_groups", list(self.security_groups), accepted="one to five security groups")
        return self


class Pipeline(ConfigModel):
    """The pipeline that carries a commit through every environment."""

    account: AccountId = Field(description="the tools account, 12 digits in quotes")
    region: Region = Field(description="the pipeline's region, such as us-east-1")
    source: Source = Field(description="where commits come from: {connection: {…}}, {s3: {…}} or {codecommit: {…}}")
    waves: Items[Wave] = Field(description="what is deployed, in this order: [{environments: [dev]}, …]")
    notifications: Notifications = Field(
        default=Notifications(), description="who is notified of approvals and failures: {emails: […]}"
    )
    vpc: StepVpc | None = Field(
        default=None,
        description="where checks run that have to reach internal load balancers: {vpc_id: …, subnets: […], …}",
    )
    promotions: Items[Promotion] = Field(
        default=(),
        description="services whose newly approved models are proposed as branches: [{service: …, …}]",
    )
    permissions_boundary: str | None = Field(
        default=None, description="name of a managed policy in the tools account that bounds every role of the pipeline"
    )

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of everything that is deployed, in its order."""
        return tuple(name for wave in self.waves for name in wave.environments)

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        if not 1 <= len(self.waves) <= _MOST_WAVES:
            raise RuleError("waves", f"{len(self.waves)} waves", accepted=f"1 to {_MOST_WAVES} waves")
        for name in self.environments:
            if self.environments.count(name) > 1:
                raise RuleError("waves", name, accepted="each environment once, in one wave")
        check_each_once("waves", [wave.name for wave in self.waves])
        check_each_once("promotions", [promotion.name for promotion in self.promotions])
        if self.promotions and self.source.connection is None:
            accepted = "none without source.connection: what is approved is pushed to a repository by it"
            raise RuleError("promotions", [promotion.name for promotion in self.promotions], accepted=accepted)
        if not is_in_partition_aws(self.region):
            accepted = "a region of AWS's commercial partition, such as us-east-1: elsewhere ARNs begin otherwise"
            raise RuleError("region", self.region, accepted=accepted)
        topic = _TOPIC.fullmatch(self.notifications.topic_arn or "")
        if topic and (topic["region"], topic["account"]) != (self.region, self.account):
            accepted = f"a topic in the pipeline's region, {self.region}, and account, {self.account}"
            raise RuleError("notifications.topic_arn", self.notifications.topic_arn, accepted=accepted)
        if self.permissions_boundary is not None and not POLICY_NAME.fullmatch(self.permissions_boundary):
            raise RuleError("permissions_boundary", self.permissions_boundary, accepted="the policy's name, no ARN")
        for zone in self.vpc.availability_zones if self.vpc else ():
            if not re.fullmatch(rf"{self.region}[a-z]", zone):
                accepted = f"zones of the pipeline's region, such as {self.region}a"
                raise RuleError("vpc.availability_zones", zone, accepted=accepted)
        return self
