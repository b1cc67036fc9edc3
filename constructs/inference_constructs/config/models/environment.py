"""An account and a region with their settings: `environments/<name>.yaml`."""

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, SerializeAsAny, StringConstraints, model_validator

from inference_constructs.config.models.aws.regions import check_region_name, is_zone_of
from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once
from inference_constructs.config.models.instance_types import find_instance_type, instance_type_names
from inference_constructs.config.models.network import Network
from inference_constructs.config.models.regions import check_differences
from inference_constructs.config.models.rollout import Rollout
from inference_constructs.config.models.service import Service
from inference_constructs.config.models.tags import ENVIRONMENT_TAG, check_tags

SettingsT = TypeVar("SettingsT", bound=ConfigModel)
ServiceT = TypeVar("ServiceT", bound=Service)

#: With a region behind it, the longest name of a role (`slipway-pipeline-protect-…`) has 60 characters; IAM takes 64.
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=20)]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
#: What CloudWatch Logs accepts as retention, in days (PutRetentionPolicy).
_YEARS_IN_DAYS = (365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, *_YEARS_IN_DAYS)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEBHOOK = re.compile(r"https://[\w.-]+(:\d+)?([/?]\S*)?")
_PAGES = re.compile(r"https://[\w.-]+(:\d+)?(/[^\s?#]*)?")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-z0-9-]+")
_PIPELINE = "pipeline"
#: The name of a managed policy (IAM API reference, "CreatePolicy").
POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}")

#: Defaults by purpose; a key of the environment's own takes precedence.
_BY_PURPOSE: Mapping[str, Mapping[str, Any]] = {
    "production": {
        "log_retention_days": 365,
        "removal": "retain",
        "rollout": {"strategy": "canary", "canary_percent": 10, "bake_minutes": 10},
        "termination_protection": True,
    },
    "development": {
        "log_retention_days": 14,
        "removal": "destroy",
        "rollout": {"strategy": "all_at_once"},
        "termination_protection": False,
    },
}


class Chat(ConfigModel):
    """A Slack channel that alarms are posted to, by Amazon Q Developer (formerly AWS Chatbot)."""

    slack_workspace_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,255}$")] = Field(
        description="the workspace's id, once it was authorised in the console, such as T0123ABCD"
    )
    slack_channel_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,256}$")] = Field(
        description="the channel's id, such as C0123ABCD"
    )


class Limits(ConfigModel):
    """What the account's quotas allow: asked for too much, a synthesis fails instead of a deployment."""

    instances: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="most SageMaker instances of a type for endpoints: {ml.g5.xlarge: 4}"
    )
    gpus: Annotated[int, Field(ge=0)] | None = Field(default=None, description="most GPUs of all services together")
    security_group_rules: Annotated[int, Field(ge=10, le=1000)] = Field(
        default=60, description="rules in one direction of a security group, 10 to 1000: AWS's quota, 60 unless raised"
    )

    @model_validator(mode="after")
    def _known_types(self) -> Self:
        """A misspelt type would be a quota that nothing counts against."""
        for name in self.instances:
            if find_instance_type(name) is None:
                close = difflib.get_close_matches(name, instance_type_names(), n=1)
                hint = f" (did you mean `{close[0]}`?)" if close else ""
                accepted = f"instance types that SageMaker hosts models on, such as ml.c7i.large{hint}"
                raise RuleError(f"instances.{name}", self.instances[name], accepted=accepted)
        return self


class EnvironmentSettings(ConfigModel):
    """All settings of an environment but the services it runs."""

    name: EnvironmentName = Field(
        description="1 to 20 lower-case letters, digits and single hyphens, starting with a letter; the file's name"
    )
    purpose: Literal["production", "development"] = Field(
        default="production",
        description="production: retained, protected, canary, logs for a year; development: cheap and disposable",
    )
    account: AccountId = Field(description="the AWS account, 12 digits in quotes")
    region: Region = Field(description="the AWS region, such as us-east-1")
    network: Network = Field(description="the VPC: {cidr: …, availability_zones: […], interface_endpoints: […]}")
    alarm_emails: Items[str] = Field(
        default=(), description="who gets a mail when an alarm goes off and when it returns to OK"
    )
    alarm_urls: Items[str] = Field(
        default=(),
        description="https addresses that alarms are posted to, such as PagerDuty's for CloudWatch",
    )
    alarm_chat: Chat | None = Field(
        default=None,
        description="a Slack channel that alarms are posted to, which no other region or environment names",
    )
    runbook_base_url: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        default=None,
        description="where docs/runbooks is published, such as https://wiki.example.com/runbooks: alarms link to it",
    )
    log_retention_days: int = Field(
        default=365, description=f"days to keep logs: {', '.join(map(str, LOG_RETENTION_DAYS))}"
    )
    removal: Literal["retain", "destroy"] = Field(
        default="retain", description="whether keys and logs are kept when their stack is deleted: retain or destroy"
    )
    termination_protection: bool = Field(
        default=True, description="whether stacks that hold data or a cluster are protected against deletion"
    )
    encryption_key_arn: str | None = Field(
        default=None, description="a KMS key to use instead of a new one; its policy has to allow what ours would"
    )
    permissions_boundary: str | None = Field(
        default=None, description="name of a managed policy in the account that bounds every role"
    )
    limits: Limits = Field(default=Limits(), description="quotas to check against: {instances: {…}, gpus: 4}")
    rollout: Rollout = Field(
        default=Rollout(), description="how new versions take over where a service does not set it: {strategy: canary}"
    )
    tags: dict[str, str] = Field(default={}, description="tags for every resource")

    @property
    def resource_tags(self) -> dict[str, str]:
        """The tags of every resource: the app's own, and those that the environment names."""
        return {ENVIRONMENT_TAG: self.name} | self.tags

    @model_validator(mode="before")
    @classmethod
    def _fill_in_by_purpose(cls, data: Any) -> Any:
        return with_purpose(data) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        check_region_name("region", self.region)
        zones = self.network.availability_zones
        if not all(is_zone_of(self.region, zone) for zone in zones):
            accepted = f"zones of {self.region}, from {self.region}a to at most {self.region}f"
            raise RuleError("network.availability_zones", list(zones), accepted=accepted)
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            accepted = ", ".join(map(str, LOG_RETENTION_DAYS))
            raise RuleError("log_retention_days", self.log_retention_days, accepted=accepted)
        for address in self.alarm_emails:
            if not _EMAIL.fullmatch(address):
                raise RuleError("alarm_emails", address, accepted="e-mail addresses")
        check_each_once("alarm_emails", self.alarm_emails)
        check_each_once("alarm_urls", self.alarm_urls)
        check_tags(self.tags)
        self._check_names()
        return self

    def settings_for(self, kind: type[SettingsT]) -> SettingsT | None:
        """The environment's settings of a backend, None without any.

        Args:
            kind: The class of these settings, such as `Clusters`.
        """
        return next((value for value in self.__dict__.values() if isinstance(value, kind)), None)

    def check_regional(self, key: str, arn: str | None) -> None:
        """Refuse what is used in the environment's region and is in another.

        Raises:
            RuleError: It is.
        """
        if arn is not None and arn.split(":")[3] != self.region:
            accepted = f"one of {self.region}, where it is used; under `regions:` each region sets its own"
            raise RuleError(key, arn, accepted=accepted)

    def _check_names(self) -> None:
        if self.name == _PIPELINE:
            raise RuleError("name", self.name, accepted=f"another name: slipway-{_PIPELINE} is the pipeline's own")
        for url in self.alarm_urls:
            if not _WEBHOOK.fullmatch(url):
                raise RuleError("alarm_urls", url, accepted="addresses such as https://HOST/PATH, with no user in them")
        if self.runbook_base_url is not None and not _PAGES.fullmatch(self.runbook_base_url):
            accepted = "an address such as https://HOST/PATH; /high-latency.md and the like are added to it"
            raise RuleError("runbook_base_url", self.runbook_base_url, accepted=accepted)
        if self.encryption_key_arn is not None and not _KEY.fullmatch(self.encryption_key_arn):
            accepted = "arn:aws:kms:REGION:ACCOUNT:key/ID"
            raise RuleError("encryption_key_arn", self.encryption_key_arn, accepted=accepted)
        self.check_regional("encryption_key_arn", self.encryption_key_arn)
        if self.permissions_boundary is not None and not POLICY_NAME.fullmatch(self.permissions_boundary):
            raise RuleError("permissions_boundary", self.permissions_boundary, accepted="the policy's name, no ARN")


def with_purpose(data: Mapping[str, Any]) -> dict[str, Any]:
    """An environment's keys, with the defaults of its purpose."""
    purpose = data.get("purpose", "production")
    return {**_BY_PURPOSE.get(purpose if isinstance(purpose, str) else "", {}), **data}


class EnvironmentFile(EnvironmentSettings):
    """An environment as it is written: services by name, each with what it overrides of its `service.yaml`."""

    services: dict[str, dict[str, Any] | None] = Field(
        description="the services to run by name, each with the keys of its service.yaml to override"
    )
    regions: dict[Region, dict[str, Any]] = Field(
        default={}, description="more regions to run in, each with what differs there: {eu-west-1: {network: {…}}}"
    )

    @model_validator(mode="after")
    def _one_environment(self) -> Self:
        check_differences(self.regions)
        return self


class Environment(EnvironmentSettings):
    """An environment as it is deployed: every service with its overrides applied."""

    services: Items[SerializeAsAny[Service]] = Field(description="the services that run here")
    first_region: Region | None = Field(
        default=None, description="the environment's first region, where this is another one of it"
    )

    @property
    def stage_name(self) -> str:
        """Identifies its stacks among those of other environments and of its other regions."""
        return self.name if self.first_region is None else f"{self.name}-{self.region}"

    def services_of(self, kind: type[ServiceT]) -> tuple[ServiceT, ...]:
        """Those of its services that a backend serves.

        Args:
            kind: The class of these services, such as `ServiceOnEks`.
        """
        return tuple(service for service in self.services if isinstance(service, kind))


def covers(one: Environment, other: Environment) -> bool:
    """Whether what is allowed for the stacks of one environment would be for those of another.

    Roles of an environment may use what is named `slipway-NAME-*` in its account and region. Those of `prod` could
    change `prod-eu`, were that in the same; and with a region its stage could have another's name, wherever that is.
    """
    same_place = (one.account, one.region) == (other.account, other.region) or one.stage_name == other.stage_name
    return one.name != other.name and other.name.startswith(f"{one.name}-") and same_place
