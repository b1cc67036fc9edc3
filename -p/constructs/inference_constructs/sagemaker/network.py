"""Where the containers of an endpoint are in a network."""

from aws_cdk import aws_ec2
from constructs import Construct


class EndpointNetwork(Construct):
    """Subnets and a security group for the containers' network interfaces.

    Attributes:
        subnet_ids: The VPC's isolated subnets, or its private ones if it has no isolated ones.
        security_group: Nothing comes in: SageMaker talks to the containers by itself. HTTPS goes out.
    """

    def __init__(self, scope: Construct, construct_id: str, *, endpoint_name: str, vpc: aws_ec2.IVpc) -> None:
        """Create the security group.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: The endpoint, for the group's description.
            vpc: The network.

        Raises:
            ValueError: The subnets are in fewer than two zones; SageMaker wants two.
        """
        super().__init__(scope, construct_id)
        subnets = vpc.isolated_subnets or vpc.private_subnets
        zones = {subnet.availability_zone for subnet in subnets}
        if len(zones) < 2:  # noqa: PLR2004 - SageMaker Developer Guide, "host-vpc"
            message = (
                f"{endpoint_name}: the VPC has isolated or private subnets in {len(zones)} zones; accepted: 2 or more"
            )
            raise ValueError(message)
        self.subnet_ids = [subnet.subnet_id for subnet in subnets]
        self.security_group = aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=f"Network interfaces of {endpoint_name}: HTTPS out, nothing in",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            aws_ec2.Peer.any_ipv4(), aws_ec2.Port.tcp(443), "HTTPS to S3, for the model"
        )
