"""Which subnets of a VPC a cluster and its nodes use."""

from collections.abc import Sequence

from aws_cdk import aws_ec2

_ZONES_OF_A_CLUSTER = 2


def node_subnets(vpc: aws_ec2.IVpc) -> Sequence[aws_ec2.ISubnet]:
    """The VPC's private subnets, or its isolated ones where nothing has a way to the internet.

    Raises:
        ValueError: They are in fewer than two zones; EKS wants two.
    """
    subnets = vpc.private_subnets or vpc.isolated_subnets
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < _ZONES_OF_A_CLUSTER:
        message = (
            f"the VPC has private or isolated subnets in {len(zones)} zones; accepted: {_ZONES_OF_A_CLUSTER} or more"
        )
        raise ValueError(message)
    return subnets
