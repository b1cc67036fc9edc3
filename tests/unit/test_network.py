"""The network: no way to the internet unless asked for, AWS services through endpoints."""

from typing import Any

import pytest
from aws_cdk import Environment, RemovalPolicy, Stack, aws_kms, aws_logs
from aws_cdk.assertions import Match, Template

from inference_constructs.common.network import ServiceNetwork
from inference_constructs.common.retention import Retention
from inference_constructs.config import Network
from tests.templates import only, resources, unvalidated_app


class InThreeZones(Stack):
    """The CDK makes a NAT gateway only in zones that the stack has."""

    @property
    def availability_zones(self) -> list[str]:
        return ["us-east-1a", "us-east-1b", "us-east-1c"]


def network(**values: object) -> Template:
    stack = InThreeZones(unvalidated_app(), "Network", env=Environment(account="111122223333", region="us-east-1"))
    zones = {"availability_zones": ("us-east-1a", "us-east-1b", "us-east-1c")}
    ServiceNetwork(
        stack,
        "Network",
        network=Network.model_validate(zones | values),
        retention=Retention(
            encryption_key=aws_kms.Key(stack, "Key"),
            log_retention=aws_logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        ),
    )
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def usual() -> Template:
    return network()


def test_there_is_a_subnet_in_every_zone_and_no_way_out(usual: Template) -> None:
    zones = [subnet["AvailabilityZone"] for subnet in resources(usual, "AWS::EC2::Subnet")]
    assert zones == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in resources(usual, "AWS::EC2::Subnet"))
    for kind in ("InternetGateway", "NatGateway", "EIP", "Route", "EgressOnlyInternetGateway"):
        usual.resource_count_is(f"AWS::EC2::{kind}", 0)


@pytest.mark.parametrize(("cidr", "first"), [("10.0.0.0/16", "10.0.0.0/20"), ("172.20.0.0/22", "172.20.0.0/26")])
def test_subnets_leave_room_for_more(cidr: str, first: str) -> None:
    assert resources(network(cidr=cidr), "AWS::EC2::Subnet")[0]["CidrBlock"] == first


def test_s3_is_reached_from_every_subnet_at_no_cost(usual: Template) -> None:
    (gateway,) = [
        endpoint for endpoint in resources(usual, "AWS::EC2::VPCEndpoint") if endpoint["VpcEndpointType"] == "Gateway"
    ]
    assert len(gateway["RouteTableIds"]) == 3


def test_each_service_has_an_endpoint_with_private_names() -> None:
    services = ("sagemaker.runtime", "logs", "ecr.api", "ecr.dkr")
    template = network(interface_endpoints=services)
    endpoints = resources(template, "AWS::EC2::VPCEndpoint")
    interfaces = [endpoint for endpoint in endpoints if endpoint["VpcEndpointType"] == "Interface"]
    assert [each["ServiceName"] for each in interfaces] == [f"com.amazonaws.us-east-1.{name}" for name in services]
    assert all(endpoint["PrivateDnsEnabled"] for endpoint in interfaces)
    assert all(len(endpoint["SubnetIds"]) == 3 for endpoint in interfaces)


def test_the_endpoints_take_https_from_the_vpc_only() -> None:
    group = only(network(cidr="10.9.0.0/16"), "AWS::EC2::SecurityGroup")
    (rule,) = group["SecurityGroupIngress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("10.9.0.0/16", 443, 443)


def test_an_environment_may_do_without_interface_endpoints() -> None:
    template = network(interface_endpoints=())
    template.resource_count_is("AWS::EC2::VPCEndpoint", 1)
    template.resource_count_is("AWS::EC2::SecurityGroup", 0)


def test_all_traffic_is_logged_encrypted_and_for_a_limited_time(usual: Template) -> None:
    assert only(usual, "AWS::EC2::FlowLog")["TrafficType"] == "ALL"
    usual.has_resource_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30, "KmsKeyId": Match.any_value()})


def test_an_environment_chooses_which_connections_are_logged() -> None:
    network(flow_logs="rejected").has_resource_properties("AWS::EC2::FlowLog", {"TrafficType": "REJECT"})
    template = network(flow_logs="none")
    template.resource_count_is("AWS::EC2::FlowLog", 0)
    template.resource_count_is("AWS::Logs::LogGroup", 0)


def test_the_default_security_group_is_closed(usual: Template) -> None:
    usual.resource_count_is("Custom::VpcRestrictDefaultSG", 1)


def subnets_named(template: Template, kind: str) -> list[dict[str, Any]]:
    return [
        subnet
        for subnet in resources(template, "AWS::EC2::Subnet")
        if any(tag == {"Key": "aws-cdk:subnet-name", "Value": kind} for tag in subnet["Tags"])
    ]


def test_nodes_of_clusters_get_subnets_whose_way_out_is_a_nat_gateway() -> None:
    template = network(nat_gateways=2)
    assert len(subnets_named(template, "Private")) == len(subnets_named(template, "Public")) == 3
    template.resource_count_is("AWS::EC2::NatGateway", 2)
    template.resource_count_is("AWS::EC2::InternetGateway", 1)
    routes = resources(template, "AWS::EC2::Route")
    assert len([route for route in routes if "NatGatewayId" in route]) == 3


def test_more_subnets_leave_the_isolated_ones_where_they_are(usual: Template) -> None:
    """Otherwise an environment's first cluster would replace the subnets of its SageMaker endpoints."""
    before = {subnet["AvailabilityZone"]: subnet["CidrBlock"] for subnet in subnets_named(usual, "Isolated")}
    for values in ({"nat_gateways": 1}, {"public_subnets": True}):
        template = network(**values)
        after = {subnet["AvailabilityZone"]: subnet["CidrBlock"] for subnet in subnets_named(template, "Isolated")}
        assert after == before
        blocks = [subnet["CidrBlock"] for subnet in resources(template, "AWS::EC2::Subnet")]
        assert len(blocks) == len(set(blocks))


def test_public_subnets_alone_have_no_nat_gateway() -> None:
    template = network(public_subnets=True)
    assert subnets_named(template, "Private") == []
    assert len(subnets_named(template, "Public")) == 3
    template.resource_count_is("AWS::EC2::NatGateway", 0)


def test_nothing_in_a_public_subnet_gets_a_public_address_by_itself() -> None:
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets_named(network(nat_gateways=1), "Public"))


def test_endpoints_stay_in_the_isolated_subnets() -> None:
    template = network(nat_gateways=1, interface_endpoints=("eks-auth",))
    endpoint = only_endpoint(template)
    assert endpoint["ServiceName"] == "com.amazonaws.us-east-1.eks-auth"
    assert all("IsolatedSubnet" in subnet["Ref"] for subnet in endpoint["SubnetIds"])


def only_endpoint(template: Template) -> dict[str, Any]:
    (found,) = (each for each in resources(template, "AWS::EC2::VPCEndpoint") if each["VpcEndpointType"] == "Interface")
    return dict(found)
