"""How callers reach the services of a cluster: one application load balancer per service."""

import re
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DomainName = Annotated[str, StringConstraints(pattern=rf"^({_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z]$")]
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}")
#: JwtValidationActionConfig in the Elastic Load Balancing API reference has the bounds.
HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[\w.-]+(:\d+)?(/\S*)?$", max_length=256)]
_ALWAYS_VERIFIED = frozenset({"exp", "iss", "nbf", "iat"})
_MOST_CLAIMS = 10
_TRUST_STORE = re.compile(r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:truststore/[\w.-]+/[0-9a-f]+")
_ZONE = re.compile(r"Z[A-Z0-9]{5,31}")


class Claim(ConfigModel):
    """What a claim of a token has to be."""

    format: Literal["single-string", "string-array", "space-separated-values"] = Field(
        default="single-string", description="how the token holds it: single-string, string-array, …"
    )
    values: Items[Annotated[str, StringConstraints(min_length=1, max_length=256)]] = Field(
        description="1 to 10 values, one of which the token has to have"
    )

    @model_validator(mode="after")
    def _validate_values(self) -> Self:
        if not 1 <= len(self.values) <= _MOST_CLAIMS:
            raise RuleError("values", list(self.values), accepted=f"1 to {_MOST_CLAIMS} values")
        return self


class JsonWebTokens(ConfigModel):
    """Tokens (JWT) that callers send as `Authorization: Bearer …`; the load balancer verifies them."""

    issuer: HttpsUrl = Field(description="who issues them, their claim `iss`: https://idp.example.com/")
    jwks_endpoint: HttpsUrl = Field(
        description="where the issuer's keys are, reachable from the internet: https://idp.example.com/jwks.json"
    )
    claims: dict[str, Claim] = Field(
        default={}, description="further claims that a token has to have, up to 10: {aud: {values: [models]}}"
    )

    @model_validator(mode="after")
    def _validate_claims(self) -> Self:
        wrong = sorted(_ALWAYS_VERIFIED & self.claims.keys())
        if wrong or len(self.claims) > _MOST_CLAIMS:
            accepted = f"up to {_MOST_CLAIMS} claims besides {', '.join(sorted(_ALWAYS_VERIFIED))}, which are verified"
            raise RuleError("claims", sorted(self.claims), accepted=accepted)
        return self


class Authentication(ConfigModel):
    """How a load balancer knows who calls: one of these keys."""

    trust_store_arn: str | None = Field(
        default=None, description="callers have a certificate that this trust store trusts (mutual TLS)"
    )
    jwt: JsonWebTokens | None = Field(
        default=None, description="callers have a token: {issuer: https://…, jwks_endpoint: https://…}"
    )
    anonymous: bool = Field(default=False, description="true: whoever reaches the load balancer may call")

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        given = [self.trust_store_arn is not None, self.jwt is not None, self.anonymous]
        if sum(given) != 1:
            accepted = "one of trust_store_arn, jwt, and anonymous: true"
            raise RuleError("trust_store_arn", self.trust_store_arn, accepted=accepted)
        if self.trust_store_arn is not None and not _TRUST_STORE.fullmatch(self.trust_store_arn):
            accepted = "arn:aws:elasticloadbalancing:REGION:ACCOUNT:truststore/NAME/ID"
            raise RuleError("trust_store_arn", self.trust_store_arn, accepted=accepted)
        return self


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
    authentication: Authentication | None = Field(
        default=None,
        description="how callers prove who they are: {trust_store_arn: …}, {jwt: {…}} or {anonymous: true}; needed with"
        " internet_facing",
    )
    access_logs: bool = Field(
        default=True, description="whether load balancers log each request to S3: at high rates a cost of its own"
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
        if self.scheme == "internet_facing" and self.authentication is None:
            accepted = (
                "{trust_store_arn: …} or {jwt: {issuer: …, jwks_endpoint: …}} with internet_facing, or"
                " {anonymous: true} to let everybody in allowed_cidrs call"
            )
            raise RuleError("authentication", None, accepted=accepted)
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
