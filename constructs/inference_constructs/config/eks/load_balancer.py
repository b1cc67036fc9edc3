"""How callers reach the services of a cluster: one application load balancer per service."""

import re
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DomainName = Annotated[str, StringConstraints(pattern=rf"^({_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z]$")]
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}")
_ZONE = re.compile(r"Z[A-Z0-9]{5,31}")


class LoadBalancer(ConfigModel):
    """What the load balancers of an environment have in common."""

    domain_name: DomainName = Field(
        description="callers reach a service at https://SERVICE.DOMAIN_NAME, such as models.dev.example.com"
    )
    hosted_zone_id: str | None = Field(
        default=None,
        description="the Route 53 hosted zone of domain_name: gets the services' records and proves their certificates",
    )
    certificate_arn: str | None = Field(
        default=None, description="an ACM certificate for *.DOMAIN_NAME; one is made per service unless given"
    )
    scheme: Literal["internal", "internet_facing"] = Field(
        default="internal", description="internal: reached from the VPC and what is joined to it; or internet_facing"
    )
    allowed_cidrs: Items[str] = Field(
        default=(), description="who may call, as IPv4 blocks; of an internal load balancer the VPC unless given"
    )
    requests_per_ip: Annotated[int, Field(ge=10, le=2_000_000_000)] = Field(
        default=20_000,
        description="internet_facing: requests that one address may send in 5 minutes before the firewall blocks it",
    )
    access_log_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=90, description="days to keep access logs, 1 to 3650"
    )
    deletion_protection: bool | None = Field(
        default=None, description="whether a load balancer can be deleted; not with removal: destroy unless given"
    )

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        if self.certificate_arn is not None and not _CERTIFICATE.fullmatch(self.certificate_arn):
            accepted = "arn:aws:acm:REGION:ACCOUNT:certificate/ID"
            raise RuleError("certificate_arn", self.certificate_arn, accepted=accepted)
        if self.hosted_zone_id is not None and not _ZONE.fullmatch(self.hosted_zone_id):
            raise RuleError(
                "hosted_zone_id", self.hosted_zone_id, accepted="a hosted zone's id, such as Z0123456789ABC"
            )
        if self.hosted_zone_id is None and self.certificate_arn is None:
            accepted = "a certificate for the domain name, or a hosted_zone_id by which one can be made"
            raise RuleError("certificate_arn", None, accepted=accepted)
        for block in self.allowed_cidrs:
            check_block("allowed_cidrs", block)
        check_each_once("allowed_cidrs", self.allowed_cidrs)
        if self.scheme == "internet_facing" and not self.allowed_cidrs:
            accepted = "the blocks that may call, or 0.0.0.0/0 to allow all"
            raise RuleError("allowed_cidrs", [], accepted=accepted)
        return self


def check_block(key: str, block: str) -> None:
    """Refuse what is no IPv4 block.

    Raises:
        RuleError: It is none, or has bits set behind its prefix.
    """
    try:
        IPv4Network(block)
    except ValueError:
        raise RuleError(key, block, accepted="IPv4 blocks such as 203.0.113.0/24") from None
    if "/" not in block:
        raise RuleError(key, block, accepted=f"a block with its prefix length, such as {block}/32")
