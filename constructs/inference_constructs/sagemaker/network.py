"""Where the containers of an endpoint are in a network."""

from typing import Literal

from aws_cdk import aws_ec2
from constructs import Construct

Egress = Literal["none", "vpc", "internet"]


class EndpointNetwork(Construct):
    """Subnets and a security group for the containers' network interfaces.

    Attributes:
        subnet_ids: The VPC's isolated subnets, or its private ones if it has no isolated ones or containers are to
            reach the internet.
        security_group: Nothing comes in: SageMaker talks to the containers by itself. HTTPS goes out.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, vpc: aws_ec2.IVpc, internet: bool = False
    ) -> None:
        """Create the security group.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: The endpoint, for the group's description.
            vpc: The network.
            internet: Whether containers reach the internet, by the NAT gateways of private subnets. Default: no.

        Raises:
            ValueError: The subnets are in fewer than two zones; SageMaker wants two.
        """
        super().__init__(scope, construct_id)
        subnets = vpc.private_subnets if internet else vpc.isolated_subnets or vpc.private_subnets
        kind = "private subnets, which have a way to the internet," if internet else "isolated or private subnets"
        zones = {subnet.availability_zone for subnet in subnets}
        if len(zones) < 2:  # noqa: PLR2004 - SageMaker Developer Guide, "host-vpc"
            message = f"{endpoint_name}: the VPC has {kind} in {len(zones)} zones; accepted: 2 or more"
            raise ValueError(message)
        self.subnet_ids = [subnet.subnet_id for subnet in subnets]
        self.security_group = aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=f"Network interfaces of {endpoint_name}: HTTPS out, nothing in",
            allow_all_outbound=False,
        )
        to_what = "HTTPS to the internet" if internet else "HTTPS to S3, for the model"
        self.security_group.add_egress_rule(aws_ec2.Peer.any_ipv4(), aws_ec2.Port.tcp(443), to_what)
