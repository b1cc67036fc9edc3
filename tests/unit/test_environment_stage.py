"""An environment that lives with what an account brings: a VPC, a key, a permissions boundary, ways to be told."""

from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk.cx_api import CloudAssembly

from inference_constructs.config import load_project
from stacks.application import create_app
from stacks.security_rules import unexplained_findings
from tests.templates import stacks_of
from tests.unit.config.projects import SERVICE, write_project
from tests.validation.templates.kubernetes_schemas import objects_in

VPC = "vpc-0123456789abcdef0"
ISOLATED = [f"subnet-0123456789abcde1{zone}" for zone in "abc"]
PRIVATE = [f"subnet-0123456789abcde2{zone}" for zone in "abc"]
PUBLIC = [f"subnet-0123456789abcde3{zone}" for zone in "abc"]
KEY = "arn:aws:kms:us-east-1:111122223333:key/8f3c2a1e-0000-4000-8000-000000000000"
URL = "https://events.example.com/integration/cloudwatch"
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1.4.0"

JOINED = f"""\
    name: dev
    account: "111122223333"
    region: us-east-1
    purpose: development
    network:
      cidr: 10.8.0.0/16
      availability_zones: [us-east-1a, us-east-1b, us-east-1c]
      existing:
        vpc_id: {VPC}
        isolated_subnets: [{", ".join(ISOLATED)}]
        private_subnets: [{", ".join(PRIVATE)}]
        public_subnets: [{", ".join(PUBLIC)}]
    encryption_key_arn: {KEY}
    permissions_boundary: team-boundary
    alarm_urls: ["{URL}"]
    alarm_chat: {{slack_workspace_id: T0123ABCD, slack_channel_id: C0123ABCD}}
    eks:
      loader_image: {{uri: "{IMAGE}"}}
      load_balancer:
        domain_name: models.example.com
        hosted_zone_id: Z0123456789ABC
        scheme: internet_facing
        authentication: {{anonymous: true}}
        allowed_cidrs: [0.0.0.0/0]
    services:
      triage: {{}}
      triage-eks: {{folder: triage, backend: eks, eks: {{cpu: "2", memory: 4Gi}}}}
    """


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory, feature_flags: dict[str, Any]) -> CloudAssembly:
    service = SERVICE.replace("{build: serving}", f'{{uri: "{IMAGE}"}}')
    root = write_project(tmp_path_factory.mktemp("project"), service=service, environment=JOINED)
    (root / "model_artifacts" / "triage" / "model" / "weights.bin").write_bytes(b"weights")
    outdir = tmp_path_factory.mktemp("cdk.out")
    return create_app(load_project(root), context=feature_flags, outdir=outdir).synth()


def of_type(assembly: CloudAssembly, kind: str) -> Iterator[dict[str, Any]]:
    """The properties of every resource of a type, over all stacks."""
    for stack in stacks_of(assembly):
        for resource in stack.template["Resources"].values():
            if resource["Type"] == kind:
                yield resource["Properties"]


def test_it_has_no_finding_that_nobody_explains(joined: CloudAssembly) -> None:
    assert unexplained_findings(joined) == []


def test_everything_is_in_the_existing_vpc_and_nothing_is_added_to_it(joined: CloudAssembly) -> None:
    assert [stack.stack_name for stack in stacks_of(joined)] == [
        "slipway-dev-cluster",
        "slipway-dev-foundation",
        "slipway-dev-service-triage",
        "slipway-dev-service-triage-eks",
    ]
    for kind in ("VPC", "Subnet", "Route", "NatGateway", "InternetGateway", "VPCEndpoint"):
        assert list(of_type(joined, f"AWS::EC2::{kind}")) == []
    assert {group["VpcId"] for group in of_type(joined, "AWS::EC2::SecurityGroup")} == {VPC}


def test_each_part_is_in_the_subnets_that_are_for_it(joined: CloudAssembly) -> None:
    (cluster,) = of_type(joined, "AWS::EKS::Cluster")
    assert cluster["ResourcesVpcConfig"]["SubnetIds"] == PRIVATE
    (load_balancer,) = of_type(joined, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert load_balancer["Subnets"] == PUBLIC
    (model,) = of_type(joined, "AWS::SageMaker::Model")
    assert model["VpcConfig"]["Subnets"] == ISOLATED


def test_the_key_is_the_one_that_is_named(joined: CloudAssembly) -> None:
    assert list(of_type(joined, "AWS::KMS::Key")) == []
    (topic,) = of_type(joined, "AWS::SNS::Topic")
    assert topic["KmsMasterKeyId"] == KEY
    assert {group["KmsKeyId"] for group in of_type(joined, "AWS::Logs::LogGroup")} == {KEY}
    (cluster,) = of_type(joined, "AWS::EKS::Cluster")
    assert cluster["EncryptionConfig"][0]["Provider"] == {"KeyArn": KEY}


def test_the_boundary_is_on_every_role_that_the_cdk_makes_too(joined: CloudAssembly) -> None:
    roles = list(of_type(joined, "AWS::IAM::Role"))
    assert any("lambda.amazonaws.com" in str(role["AssumeRolePolicyDocument"]) for role in roles)
    assert all(str(role["PermissionsBoundary"]).endswith("policy/team-boundary") for role in roles)


def test_the_tags_of_an_environment_are_those_of_its_nodes(showcase: CloudAssembly) -> None:
    """`tags` are for every resource, and nodes and their disks are what costs most."""
    stacks = {stack.stack_name: stack.template for stack in stacks_of(showcase)}
    resources = stacks["slipway-cells-cluster"]["Resources"].values()
    (cluster,) = (each["Properties"] for each in resources if each["Type"] == "AWS::EKS::Cluster")
    of_everything = {tag["Key"]: tag["Value"] for tag in cluster["Tags"]}
    assert of_everything == {"slipway:environment": "cells", "project": "slipway-showcase"}
    node_classes = [each for each in objects_in(stacks["slipway-cells-cluster"]) if each["kind"] == "NodeClass"]
    assert {each["metadata"]["name"] for each in node_classes} == {"slipway", "slipway-llm"}
    assert all(each["spec"]["tags"] == of_everything for each in node_classes)
    groups = stacks["slipway-groups-cluster"]["Resources"].values()
    (template,) = (each["Properties"] for each in groups if each["Type"] == "AWS::EC2::LaunchTemplate")
    for each in template["LaunchTemplateData"]["TagSpecifications"]:
        tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        assert tags.items() >= (of_everything | {"slipway:environment": "groups"}).items()


def test_alarms_reach_the_address_and_the_channel(joined: CloudAssembly) -> None:
    (subscription,) = of_type(joined, "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("https", URL)
    (channel,) = of_type(joined, "AWS::Chatbot::SlackChannelConfiguration")
    assert (channel["SlackWorkspaceId"], channel["SlackChannelId"]) == ("T0123ABCD", "C0123ABCD")
    assert channel["SnsTopicArns"] == [subscription["TopicArn"]]


def test_cells_are_deployed_one_after_the_other(showcase: CloudAssembly) -> None:
    """By a pipeline and by `cdk deploy`: a version that fails in the first cell does not reach the second."""
    found = [stack for stack in stacks_of(showcase) if stack.stack_name.startswith("slipway-cells-")]
    here = [stack for stack in found if stack.environment.region == "eu-west-1"]
    names = {stack.id: stack.stack_name for stack in here}
    (second,) = (stack for stack in here if stack.stack_name == "slipway-cells-cluster-2")
    assert {names.get(each.id) for each in second.dependencies} >= {
        "slipway-cells-cluster",
        "slipway-cells-service-ranking",
        "slipway-cells-service-translation",
    }
