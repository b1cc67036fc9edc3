"""Where a load balancer is in a network: its subnets, who reaches it, and what it reaches."""

from collections.abc import Sequence

from aws_cdk import aws_ec2
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.eks.ingress.target_group import PORT

_HTTPS = 443
_FEWEST_ZONES = 2
_EVERYBODY = "0.0.0.0/0"


#: By what is open to OIDC's: a load balancer talks to identity providers from its own addresses ("Authenticate users
#: using an Application Load Balancer").
_KEYS = aws_ec2.CfnSecurityGroup.EgressProperty(
    ip_protocol="tcp", from_port=443, to_port=443, cidr_ip="0.0.0.0/0", description="Keys of who issues tokens"
)


class LoadBalancerNetwork(Construct):
    """One subnet in each zone, and a security group: HTTPS in, the cluster's pods out.

    Attributes:
        subnet_ids: The subnets, by zone.
        security_group_id: The load balancer's security group.
        security_group: The same, to open it for others.
        to_pods: The rule that lets the load balancer into the cluster.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        vpc: aws_ec2.IVpc,
        public: bool,
        fetches_keys: bool = False,
        allowed_cidrs: Sequence[str],
        cluster_security_group: aws_ec2.ISecurityGroup,
    ) -> None:
        """Choose the subnets and create the rules.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            name: The load balancer, for the rules' descriptions.
            vpc: The network.
            public: Whether the internet may reach the load balancer: it is in public subnets then.
            fetches_keys: Whether the load balancer asks an issuer of tokens for its keys. Default: it does not.
            allowed_cidrs: Who may call, as IPv4 blocks.
            cluster_security_group: What the cluster's nodes and pods are in.

        Raises:
            ValueError: There are subnets of the wanted kind in fewer than two zones.
        """
        super().__init__(scope, construct_id)
        self.subnet_ids = _one_in_each_zone(vpc, public=public)
        self._fetches_keys = fetches_keys
        group = self._create_security_group(name, vpc, allowed_cidrs, cluster_security_group)
        self.security_group_id = group.attr_group_id
        self.security_group = aws_ec2.SecurityGroup.from_security_group_id(self, "Callers", group.attr_group_id)
        self.to_pods = self._open_the_cluster(name, cluster_security_group)
        if _EVERYBODY in allowed_cidrs:
            acknowledge(
                group, {"AwsSolutions::AwsSolutions-EC23": "the environment says that all may call (HTTPS only)"}
            )

    def _create_security_group(
        self,
        name: str,
        vpc: aws_ec2.IVpc,
        allowed_cidrs: Sequence[str],
        cluster_security_group: aws_ec2.ISecurityGroup,
    ) -> aws_ec2.CfnSecurityGroup:
        """A group with its rules in it, so that it is never there without them."""
        return aws_ec2.CfnSecurityGroup(
            self,
            "SecurityGroup",
            vpc_id=vpc.vpc_id,
            group_description=f"Load balancer of {name}: HTTPS in, pods out",
            security_group_ingress=[
                aws_ec2.CfnSecurityGroup.IngressProperty(
                    ip_protocol="tcp", from_port=_HTTPS, to_port=_HTTPS, cidr_ip=block, description="HTTPS from callers"
                )
                for block in allowed_cidrs
            ],
            security_group_egress=[
                aws_ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp",
                    from_port=PORT,
                    to_port=PORT,
                    destination_security_group_id=cluster_security_group.security_group_id,
                    description="Requests and health checks to pods",
                ),
                *([_KEYS] if self._fetches_keys else []),
            ],
        )

    def _open_the_cluster(
        self, name: str, cluster_security_group: aws_ec2.ISecurityGroup
    ) -> aws_ec2.CfnSecurityGroupIngress:
        """CloudFormation owns this rule as well: one that a controller added would be left to it to remove."""
        return aws_ec2.CfnSecurityGroupIngress(
            self,
            "ToPods",
            group_id=cluster_security_group.security_group_id,
            source_security_group_id=self.security_group_id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            description=f"Requests and health checks from the load balancer of {name}",
        )


def _one_in_each_zone(vpc: aws_ec2.IVpc, *, public: bool) -> list[str]:
    kind = "public" if public else "private or isolated"
    found = vpc.public_subnets if public else vpc.private_subnets or vpc.isolated_subnets
    by_zone = {subnet.availability_zone: subnet.subnet_id for subnet in reversed(found)}
    if len(by_zone) < _FEWEST_ZONES:
        message = f"the VPC has {kind} subnets in {len(by_zone)} zones; accepted: 2 or more for a load balancer"
        raise ValueError(message)
    return [by_zone[zone] for zone in sorted(by_zone)]
