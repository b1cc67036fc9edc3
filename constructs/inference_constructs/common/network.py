"""The network that models run in."""

import re

from aws_cdk import Stack, aws_ec2, aws_iam, aws_logs
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.common.retention import Retention
from inference_constructs.config import Network

_HTTPS = aws_ec2.Port.tcp(443)


class ServiceNetwork(Construct):
    """A VPC for models: one isolated subnet per zone, AWS services through endpoints, flow logs.

    Nothing has a way to the internet unless the environment asks for it. NAT gateways add a private subnet per zone,
    for the nodes of clusters; they or an internet-facing load balancer add a public one. Both come after the isolated
    ones, whose addresses therefore stay as they are.

    Attributes:
        vpc: The VPC.
    """

    def __init__(self, scope: Construct, construct_id: str, *, network: Network, retention: Retention) -> None:
        """Create the VPC.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            network: Address block, zones and the services to reach privately.
            retention: How flow logs are encrypted and kept.
        """
        super().__init__(scope, construct_id)
        self.vpc = self._create_vpc(network)
        self._create_s3_endpoint()
        self._create_interface_endpoints(network)
        if network.flow_logs == "none":
            because = "the environment says that connections are not logged (network.flow_logs: none)"
            acknowledge(self.vpc, {"AwsSolutions::AwsSolutions-VPC7": because})
        else:
            self._create_flow_log(retention, rejected_only=network.flow_logs == "rejected")

    def _create_vpc(self, network: Network) -> aws_ec2.Vpc:
        vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=aws_ec2.IpAddresses.cidr(network.cidr),
            availability_zones=list(network.availability_zones),
            nat_gateways=network.nat_gateways,
            restrict_default_security_group=True,
            subnet_configuration=_subnets(network),
        )
        acknowledge(
            vpc,
            {
                "NIST.800.53.R5::NIST.800.53.R5-VPCDefaultSecurityGroupClosed": "the CDK's custom resource removes the"
                " default group's rules (restrict_default_security_group)",
                "CloudFormation-Validate::W3010": "the zones are named, so that a synthesis asks no account for them",
            },
        )
        for subnet in vpc.public_subnets:
            acknowledge(
                subnet,
                {
                    "NIST.800.53.R5::NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW": "the way out that the environment"
                    " asks for (nat_gateways, public_subnets): NAT gateways and load balancers only, no instance",
                },
            )
        return vpc

    def _create_s3_endpoint(self) -> None:
        """Without it an isolated model cannot load its artifact (SageMaker Developer Guide, "host-vpc")."""
        self.vpc.add_gateway_endpoint("S3", service=aws_ec2.GatewayVpcEndpointAwsService.S3)

    def _create_interface_endpoints(self, network: Network) -> None:
        if not network.interface_endpoints:
            return
        security_group = aws_ec2.SecurityGroup(
            self,
            "EndpointSecurityGroup",
            vpc=self.vpc,
            description="HTTPS from within the VPC to AWS services",
            allow_all_outbound=False,
        )
        security_group.add_ingress_rule(aws_ec2.Peer.ipv4(network.cidr), _HTTPS, "HTTPS from within the VPC")
        for service in network.interface_endpoints:
            aws_ec2.InterfaceVpcEndpoint(
                self,
                "".join(part.capitalize() for part in re.split(r"[.-]", service)),
                vpc=self.vpc,
                subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED),
                service=aws_ec2.InterfaceVpcEndpointAwsService(service),
                security_groups=[security_group],
                open=False,
                private_dns_enabled=True,
            )

    def _create_flow_log(self, retention: Retention, *, rejected_only: bool) -> None:
        log_group = aws_logs.LogGroup(
            self,
            "FlowLogs",
            encryption_key=retention.encryption_key,
            retention=retention.log_retention,
            removal_policy=retention.removal_policy,
        )
        aws_ec2.FlowLog(
            self,
            "FlowLog",
            resource_type=aws_ec2.FlowLogResourceType.from_vpc(self.vpc),
            destination=aws_ec2.FlowLogDestination.to_cloud_watch_logs(
                log_group, self._create_flow_log_role(log_group)
            ),
            traffic_type=aws_ec2.FlowLogTrafficType.REJECT if rejected_only else aws_ec2.FlowLogTrafficType.ALL,
        )

    def _create_flow_log_role(self, log_group: aws_logs.ILogGroup) -> aws_iam.IRole:
        """A role for this log group only (VPC User Guide, "IAM role for publishing flow logs")."""
        role = aws_iam.Role(
            self,
            "FlowLogRole",
            description="Lets VPC Flow Logs write to their log group",
            assumed_by=aws_iam.ServicePrincipal(
                "vpc-flow-logs.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
        policy = aws_iam.ManagedPolicy(
            self, "FlowLogPolicy", description="What VPC Flow Logs needs to write to its log group", roles=[role]
        )
        log_group.grant(policy, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        return role.without_policy_updates()


def _subnets(network: Network) -> list[aws_ec2.SubnetConfiguration]:
    """One of each kind per zone.

    Subnets need no tags for the load balancers: CloudFormation creates those, and gets the subnets by id. `aws_eks_v2`
    adds the tags anyway (`kubernetes.io/role/elb` and `internal-elb`), for an Ingress that someone may create.
    """
    kinds = {"Isolated": aws_ec2.SubnetType.PRIVATE_ISOLATED}
    if network.nat_gateways:
        kinds["Private"] = aws_ec2.SubnetType.PRIVATE_WITH_EGRESS
    if network.has_public_subnets:
        kinds["Public"] = aws_ec2.SubnetType.PUBLIC
    return [
        aws_ec2.SubnetConfiguration(
            name=name,
            subnet_type=kind,
            cidr_mask=network.subnet_mask,
            # Nothing in a public subnet but NAT gateways and load balancers, which bring addresses of their own.
            map_public_ip_on_launch=False if kind == aws_ec2.SubnetType.PUBLIC else None,
        )
        for name, kind in kinds.items()
    ]
