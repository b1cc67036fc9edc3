"""What a platform engineer writes about an account and a region: `environments/<name>.yaml`."""

import re
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.spec.base import Items, RuleError, SpecModel
from inference_constructs.spec.cluster import Clusters
from inference_constructs.spec.rollout import Rollout
from inference_constructs.spec.service import Service

EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z0-9]){0,19}$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
InterfaceEndpoint = Literal[
    "sagemaker.runtime",
    "logs",
    "ecr.api",
    "ecr.dkr",
    "ec2",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "monitoring",
    "sts",
]
#: What nodes and their add-ons call (EKS User Guide, "Deploy private clusters with limited internet access").
_OF_A_CLUSTER = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "logs", "monitoring", "sts")

#: What CloudWatch Logs accepts as retention up to two years, in days (PutRetentionPolicy).
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FEWEST_ZONES = 2
_ZONES_OF_A_CLUSTER = 3


class Network(SpecModel):
    """The VPC that the models run in: subnets in several availability zones, and endpoints of AWS services."""

    cidr: str = Field(default="10.0.0.0/16", description="IPv4 block of the VPC, from /16 to /22")
    availability_zones: Items[str] = Field(
        description="two to six zones of the region, such as [us-east-1a, us-east-1b]"
    )
    interface_endpoints: Items[InterfaceEndpoint] = Field(
        default=("sagemaker.runtime",),
        description="AWS services that callers, tools and nodes in the VPC reach privately, each billed per hour and "
        "zone: sagemaker.runtime, logs, ecr.api, ecr.dkr, ec2, eks, …; S3 always is, at no cost",
    )
    nat_gateways: Annotated[int, Field(ge=0, le=5)] = Field(
        default=0,
        description="ways out to the internet for clusters' nodes, each billed: with one per zone, a zone may fail",
    )
    public_subnets: bool = Field(
        default=False, description="true makes public subnets for internet-facing load balancers; nat_gateways do too"
    )

    @property
    def subnet_mask(self) -> int:
        """Prefix length that cuts the block into 16: three subnets in each of five zones, or one in each of six."""
        return IPv4Network(self.cidr).prefixlen + 4

    @property
    def has_public_subnets(self) -> bool:
        """Whether anything in the VPC has a way to the internet."""
        return self.public_subnets or self.nat_gateways > 0

    @model_validator(mode="after")
    def _block_and_zones(self) -> Self:
        try:
            block = IPv4Network(self.cidr)
        except ValueError:
            raise RuleError("cidr", self.cidr, accepted="an IPv4 block such as 10.0.0.0/16") from None
        if not 16 <= block.prefixlen <= 22:  # noqa: PLR2004 - /16 is AWS's largest, below /22 six subnets get too small
            raise RuleError("cidr", self.cidr, accepted="a block from /16 to /22")
        zones = self.availability_zones
        if not _FEWEST_ZONES <= len(zones) <= 6 or len(set(zones)) != len(zones):  # noqa: PLR2004 - no region has more
            accepted = "two to six different zones: SageMaker spreads a model's instances over them"
            raise RuleError("availability_zones", list(zones), accepted=accepted)
        if self.nat_gateways > len(zones):
            accepted = f"at most one per zone, which are {len(zones)}"
            raise RuleError("nat_gateways", self.nat_gateways, accepted=accepted)
        if self.has_public_subnets and len(zones) > 5:  # noqa: PLR2004 - see subnet_mask
            raise RuleError("availability_zones", list(zones), accepted="up to five zones with public subnets")
        if len(set(self.interface_endpoints)) != len(self.interface_endpoints):
            raise RuleError("interface_endpoints", list(self.interface_endpoints), accepted="each service once")
        return self


class EnvironmentSettings(SpecModel):
    """Everything an environment says but the services it runs."""

    name: EnvironmentName = Field(
        description="1 to 20 lower-case letters, digits and single hyphens, starting with a letter; the file's name"
    )
    account: AccountId = Field(description="the AWS account, 12 digits in quotes")
    region: Region = Field(description="the AWS region, such as us-east-1")
    network: Network = Field(description="the VPC: {cidr: …, availability_zones: […], interface_endpoints: […]}")
    alarm_emails: Items[str] = Field(default=(), description="who gets a mail when an alarm rings and when it is over")
    log_retention_days: int = Field(
        default=90, description=f"days to keep logs: {', '.join(map(str, LOG_RETENTION_DAYS))}"
    )
    removal: Literal["retain", "destroy"] = Field(
        default="retain", description="what becomes of keys and logs when their stack is deleted: retain or destroy"
    )
    rollout: Rollout = Field(
        default=Rollout(), description="how new versions take over where a service says nothing: {strategy: canary}"
    )
    tags: dict[str, str] = Field(default={}, description="tags for every resource")
    eks: Clusters | None = Field(
        default=None, description="the clusters that services with the backend eks run on: {load_balancer: {…}}"
    )

    @model_validator(mode="after")
    def _values_fit_together(self) -> Self:
        zones = self.network.availability_zones
        if not all(re.fullmatch(rf"{self.region}(-[a-z]+-\d)?[a-z]", zone) for zone in zones):
            accepted = f"zones of {self.region}, such as {self.region}a"
            raise RuleError("network.availability_zones", list(zones), accepted=accepted)
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            accepted = ", ".join(map(str, LOG_RETENTION_DAYS))
            raise RuleError("log_retention_days", self.log_retention_days, accepted=accepted)
        for address in self.alarm_emails:
            if not _EMAIL.fullmatch(address):
                raise RuleError("alarm_emails", address, accepted="e-mail addresses")
        for key, value in self.tags.items():
            if not 0 < len(key) <= 128 or key.lower().startswith("aws:") or len(value) > 256:  # noqa: PLR2004 - AWS's limits
                accepted = "keys of 1 to 128 characters that do not start with aws:, values of up to 256"
                raise RuleError(f"tags.{key}", value, accepted=accepted)
        if self.eks is not None:
            _check_network_of_clusters(self.network, self.eks)
        return self


def _check_network_of_clusters(network: Network, eks: Clusters) -> None:
    if len(network.availability_zones) < _ZONES_OF_A_CLUSTER:
        accepted = "three or more zones with eks: one may fail without taking half of the pods with it"
        raise RuleError("network.availability_zones", list(network.availability_zones), accepted=accepted)
    missing = [service for service in _OF_A_CLUSTER if service not in network.interface_endpoints]
    if not network.nat_gateways and missing:
        accepted = f"1 or more with eks, or interface_endpoints with {', '.join(missing)} as well"
        raise RuleError("network.nat_gateways", network.nat_gateways, accepted=accepted)
    if eks.load_balancer.scheme == "internet_facing" and not network.has_public_subnets:
        accepted = "true with an internet-facing load balancer"
        raise RuleError("network.public_subnets", network.public_subnets, accepted=accepted)


class EnvironmentFile(EnvironmentSettings):
    """An environment as it is written: services by name, each with what it overrides of its `service.yaml`."""

    services: dict[str, dict[str, Any] | None] = Field(
        description="the services to run by name, each with the keys of its service.yaml to override"
    )


class Environment(EnvironmentSettings):
    """An environment as it is deployed: every service with its overrides applied."""

    services: Items[Service] = Field(description="the services that run here")
