"""The network that models run in: a new VPC, or one that is there already."""

from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once

InterfaceEndpoint = Literal[
    "sagemaker.runtime",
    "logs",
    "ecr.api",
    "ecr.dkr",
    "ec2",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "lambda",
    "monitoring",
    "sts",
    "autoscaling",
]

#: Loopback, link-local, multicast and what is reserved: no VPC has such addresses (VPC User Guide, "VPC CIDR blocks").
NEVER_IN_A_VPC = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")
_FEWEST_ZONES = 2
VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]


class ExistingVpc(ConfigModel):
    """An existing VPC, with its ids, since synthesis does not call AWS. CIDR block and zones are keys beside it."""

    vpc_id: VpcId = Field(description="such as vpc-0123456789abcdef0")
    isolated_subnets: Items[SubnetId] = Field(
        description="subnets without a way to the internet, for models: one per zone, such as [subnet-0123456789abcdef]"
    )
    private_subnets: Items[SubnetId] = Field(
        default=(), description="subnets with a way out by NAT for clusters' nodes, one per zone"
    )
    public_subnets: Items[SubnetId] = Field(
        default=(), description="public subnets for internet-facing load balancers, one per zone"
    )


class Network(ConfigModel):
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
    flow_logs: Literal["all", "rejected", "none"] = Field(
        default="all",
        description="which connections of a new VPC are logged to CloudWatch: all, rejected or none; at high rates all"
        " is a cost of its own",
    )
    existing: ExistingVpc | None = Field(
        default=None,
        description="a VPC that is there already instead of a new one: {vpc_id: …, isolated_subnets: […]}",
    )

    @property
    def subnet_mask(self) -> int:
        """Prefix length that cuts the block into 16: three subnets in each of five zones, or one in each of six."""
        return IPv4Network(self.cidr).prefixlen + 4

    @property
    def has_public_subnets(self) -> bool:
        """Whether anything in the VPC has a way to the internet."""
        if self.existing is not None:
            return bool(self.existing.public_subnets)
        return self.public_subnets or self.nat_gateways > 0

    @model_validator(mode="after")
    def _block_and_zones(self) -> Self:
        try:
            block = IPv4Network(self.cidr)
        except ValueError:
            raise RuleError("cidr", self.cidr, accepted="an IPv4 block such as 10.0.0.0/16") from None
        if not 16 <= block.prefixlen <= 22:  # noqa: PLR2004 - /16 is AWS's largest, below /22 six subnets get too small
            raise RuleError("cidr", self.cidr, accepted="a block from /16 to /22")
        if any(block.overlaps(IPv4Network(reserved)) for reserved in NEVER_IN_A_VPC):
            accepted = "addresses that a VPC may have, such as 10.0.0.0/16, 172.31.0.0/16 or 192.168.0.0/16"
            raise RuleError("cidr", self.cidr, accepted=accepted)
        zones = self.availability_zones
        if not _FEWEST_ZONES <= len(zones) <= 6 or len(set(zones)) != len(zones):  # noqa: PLR2004 - no region has more
            accepted = "two to six different zones: SageMaker spreads a model's instances over them"
            raise RuleError("availability_zones", list(zones), accepted=accepted)
        self._check_ways_out(zones)
        if len(set(self.interface_endpoints)) != len(self.interface_endpoints):
            raise RuleError("interface_endpoints", list(self.interface_endpoints), accepted="each service once")
        if self.existing is not None:
            self._check_existing(self.existing)
        return self

    def _check_ways_out(self, zones: tuple[str, ...]) -> None:
        if self.nat_gateways > len(zones):
            accepted = f"at most one per zone, which are {len(zones)}"
            raise RuleError("nat_gateways", self.nat_gateways, accepted=accepted)
        if self.has_public_subnets and len(zones) > 5:  # noqa: PLR2004 - see subnet_mask
            raise RuleError("availability_zones", list(zones), accepted="up to five zones with public subnets")

    def _check_existing(self, existing: ExistingVpc) -> None:
        """Nothing is made in a VPC of others, so nothing of what would be made can be asked for."""
        for key in ("nat_gateways", "public_subnets", "interface_endpoints"):
            if key in self.model_fields_set:
                raise RuleError(key, "given", accepted=f"no {key} with an existing VPC, which has its own")
        for key in ("isolated_subnets", "private_subnets", "public_subnets"):
            subnets = getattr(existing, key)
            if subnets and len(subnets) != len(self.availability_zones):
                accepted = f"one subnet per zone, in their order: {', '.join(self.availability_zones)}"
                raise RuleError(f"existing.{key}", list(subnets), accepted=accepted)
            check_each_once(f"existing.{key}", subnets)
        if "cidr" not in self.model_fields_set:
            raise RuleError("cidr", None, accepted="the existing VPC's IPv4 block: security groups allow traffic by it")
