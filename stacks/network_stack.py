"""The network of an environment."""

from aws_cdk import Annotations, Stack, aws_ec2, aws_kms
from constructs import Construct

from inference_constructs.common.network import ServiceNetwork
from inference_constructs.config import Environment, ExistingVpc, Network
from stacks.settings import retention_of, target_of


class NetworkStack(Stack):
    """The VPC that every service of the environment runs in.

    Attributes:
        vpc: The VPC.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        encryption_key: aws_kms.IKey,
        stack_name: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            env=target_of(environment),
            description=f"Slipway {environment.name}: VPC, endpoints of AWS services, flow logs",
            termination_protection=environment.termination_protection,
        )
        self._zones = list(environment.network.availability_zones)
        self.vpc = ServiceNetwork(
            self,
            "Network",
            network=environment.network,
            retention=retention_of(environment, encryption_key),
        ).vpc

    @property
    def availability_zones(self) -> list[str]:
        """The zones that the environment names. The CDK would ask the account for them, at synth."""
        return self._zones


def existing_vpc(scope: Construct, network: Network, existing: ExistingVpc) -> aws_ec2.IVpc:
    """The existing VPC that the environment describes: nothing is looked up."""
    vpc = aws_ec2.Vpc.from_vpc_attributes(
        scope,
        "ExistingVpc",
        vpc_id=existing.vpc_id,
        vpc_cidr_block=network.cidr,
        availability_zones=list(network.availability_zones),
        isolated_subnet_ids=list(existing.isolated_subnets),
        private_subnet_ids=list(existing.private_subnets) or None,
        public_subnet_ids=list(existing.public_subnets) or None,
    )
    for subnet in (*vpc.isolated_subnets, *vpc.private_subnets, *vpc.public_subnets):
        Annotations.of(subnet).acknowledge_warning(
            "@aws-cdk/aws-ec2:noSubnetRouteTableId",
            "routes and gateway endpoints of this VPC are its owner's: nothing here reads a route table",
        )
    return vpc
