from typing import Any

import pytest
from aws_cdk.cx_api import CloudAssembly
from botocore.exceptions import ClientError

from slipway.emulator.cloudformation.registry import catalogue, deployable
from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.instance import Running
from tests.emulator.cloudformation.stacks import Stack, get, ref, resource
from tests.emulator.sagemaker.hosting import Hosting
from tests.emulator.support import eventually


@pytest.fixture
def stack(workspace: Workspace) -> Stack:
    return Stack(workspace)


def _serving(endpoint: str, key: str = "good.tar.gz", *, instance_type: str = "ml.c7i.large") -> dict[str, Any]:
    """A service as Slipway's templates have it: model, configuration, endpoint, scaling."""
    container = {
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway/serving:local",
        "ModelDataUrl": f"s3://models/{key}",
    }
    variant = {
        "VariantName": "main",
        "ModelName": get("Model", "ModelName"),
        "InitialInstanceCount": "2",  # templates may write numbers as text
        "InitialVariantWeight": 1,
        "InstanceType": instance_type,
    }
    target = {"Fn::Join": ["", ["endpoint/", get("Endpoint", "EndpointName"), "/variant/main"]]}
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    return {
        "Model": resource(
            "AWS::SageMaker::Model",
            ExecutionRoleArn="arn:aws:iam::123456789012:role/any",
            PrimaryContainer=container,
            EnableNetworkIsolation="true",
        ),
        "Config": resource("AWS::SageMaker::EndpointConfig", ProductionVariants=[variant]),
        "Endpoint": resource(
            "AWS::SageMaker::Endpoint",
            EndpointName=endpoint,
            EndpointConfigName=get("Config", "EndpointConfigName"),
            RetainAllVariantProperties=True,
        ),
        "Target": resource(
            "AWS::ApplicationAutoScaling::ScalableTarget",
            ServiceNamespace="sagemaker",
            ResourceId=target,
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            MinCapacity=2,
            MaxCapacity=4,
        ),
        "Policy": resource(
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            PolicyName="invocations",
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=ref("Target"),
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 100, "PredefinedMetricSpecification": metric},
        ),
    }


def _deployed(stack: Stack) -> tuple[str, str]:
    """The names of a stack's model and configuration."""
    return stack.physical_id("Model").rpartition("/")[2], stack.physical_id("Config").rpartition("/")[2]


def test_a_service_is_created_updated_and_deleted(stack: Stack, hosting: Hosting, running: Running) -> None:
    s3 = client("s3", running.workspace)
    s3.copy_object(Bucket="models", Key="second.tar.gz", CopySource="models/good.tar.gz")
    outputs = {"Arn": ref("Endpoint"), "Target": get("Target", "Id"), "Policy": get("Policy", "Arn")}
    assert stack.create(**_serving("served"), Outputs=outputs) == "CREATE_COMPLETE", stack.reasons()
    assert stack.outputs()["Arn"].endswith(":endpoint/served")
    assert stack.outputs()["Target"] == (
        "endpoint/served/variant/main|sagemaker:variant:DesiredInstanceCount|sagemaker"
    )
    model, config = _deployed(stack)
    assert hosting.sagemaker.describe_model(ModelName=model)["EnableNetworkIsolation"] is True
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="served", DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredInstanceCount": 4}]
    )
    hosting.settled("served")

    assert stack.update(**_serving("served", "second.tar.gz")) == "UPDATE_COMPLETE", stack.reasons()
    described = hosting.describe("served")
    assert described["EndpointConfigName"] == _deployed(stack)[1] != config
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 4
    with pytest.raises(ClientError, match="Could not find model"):
        hosting.sagemaker.describe_model(ModelName=model)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        hosting.sagemaker.describe_endpoint_config(EndpointConfigName=config)

    stack.delete()
    assert "served" not in running.servers()
    assert not [found for found in hosting.sagemaker.list_models()["Models"] if found["ModelName"] == model]
    targets = hosting.scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert not [target for target in targets if "/served/" in target["ResourceId"]]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"key": "broken.tar.gz"}, "Failed to extract model data archive"),
        ({"key": "gone.tar.gz"}, "Could not find model data at s3://models/gone.tar.gz"),
        ({"instance_type": "ml.c7i.xlarge"}, "must be deregistered as scalable targets"),
    ],
    ids=["broken-model", "missing-model", "instance-type-under-a-target"],
)
def test_an_update_that_sagemaker_refuses_is_rolled_back_with_its_sentence(
    stack: Stack, hosting: Hosting, changed: dict[str, Any], sentence: str
) -> None:
    endpoint = f"kept-{stack.name}"
    assert stack.create(**_serving(endpoint)) == "CREATE_COMPLETE", stack.reasons()
    model, config = _deployed(stack)
    assert stack.update(**_serving(endpoint, **changed)) == "UPDATE_ROLLBACK_COMPLETE"
    assert sentence in stack.reasons()
    assert hosting.describe(endpoint)["EndpointConfigName"] == config
    assert hosting.describe(endpoint)["EndpointStatus"] == "InService"
    models = {found["ModelName"] for found in hosting.sagemaker.list_models()["Models"]}
    assert model in models
    assert _deployed(stack) == (model, config)


def test_an_update_of_the_endpoint_alone_fails_and_its_tags_change(stack: Stack, hosting: Hosting) -> None:
    """What SageMaker reads with an update only changes together with the configuration."""
    assert stack.create(**_serving("alone")) == "CREATE_COMPLETE", stack.reasons()
    config = hosting.describe("alone")["EndpointConfigName"]
    resources = _serving("alone")
    resources["Endpoint"]["Properties"]["Tags"] = [{"Key": "team", "Value": "triage"}]
    assert stack.update(**resources) == "UPDATE_COMPLETE", stack.reasons()
    excluded = [{"VariantPropertyType": "DesiredWeight"}]
    resources["Endpoint"]["Properties"]["ExcludeRetainedVariantProperties"] = excluded
    assert stack.update(**resources).startswith("UPDATE_ROLLBACK_")
    assert f'currently in use endpoint configuration "{config}"' in stack.reasons()
    assert hosting.describe("alone")["EndpointStatus"] == "InService"


def test_an_update_that_fails_after_the_endpoint_moved_moves_it_back(stack: Stack, hosting: Hosting) -> None:
    assert stack.create(**_serving("moved-back")) == "CREATE_COMPLETE", stack.reasons()
    config = hosting.describe("moved-back")["EndpointConfigName"]
    client("s3", hosting.workspace).copy_object(Bucket="models", Key="third.tar.gz", CopySource="models/good.tar.gz")
    container = {
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway/serving:local",
        "ModelDataUrl": "s3://models/gone.tar.gz",
    }
    last = resource(
        "AWS::SageMaker::Model", ExecutionRoleArn="arn:aws:iam::123456789012:role/any", PrimaryContainer=container
    )
    resources = _serving("moved-back", "third.tar.gz") | {"Last": last | {"DependsOn": "Policy"}}
    assert stack.update(**resources) == "UPDATE_ROLLBACK_COMPLETE", stack.reasons()
    assert "Could not find model data" in stack.reasons()
    after = hosting.describe("moved-back")
    assert (after["EndpointConfigName"], after["EndpointStatus"]) == (config, "InService")
    configs = hosting.sagemaker.list_endpoint_configs(NameContains="Config-")["EndpointConfigs"]
    assert config in {found["EndpointConfigName"] for found in configs}


def test_a_stack_whose_endpoint_never_comes_up_leaves_nothing(stack: Stack, hosting: Hosting) -> None:
    models = hosting.sagemaker.list_models()["Models"]
    assert stack.create(**_serving("never", "broken.tar.gz")) == "ROLLBACK_COMPLETE"
    assert "Failed to extract model data archive" in stack.reasons()
    eventually(lambda: "never" not in {e["EndpointName"] for e in hosting.sagemaker.list_endpoints()["Endpoints"]})
    assert hosting.sagemaker.list_models()["Models"] == models


def test_the_network_types_are_there_in_the_api_and_gone_after_the_stack(stack: Stack, workspace: Workspace) -> None:
    ec2 = client("ec2", workspace)
    outputs = {"Cidr": get("Vpc", "CidrBlock"), "Allocation": get("Address", "AllocationId"), "Ip": ref("Address")}
    status = stack.create(
        Vpc=resource("AWS::EC2::VPC", CidrBlock="10.7.0.0/16"),
        Subnet=resource("AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.7.1.0/24"),
        Address=resource("AWS::EC2::EIP", Domain="vpc"),
        Nat=resource("AWS::EC2::NatGateway", SubnetId=ref("Subnet"), AllocationId=get("Address", "AllocationId")),
        Group=resource("AWS::EC2::SecurityGroup", GroupDescription="any", VpcId=ref("Vpc")),
        In=resource(
            "AWS::EC2::SecurityGroupIngress",
            GroupId=get("Group", "GroupId"),
            IpProtocol="tcp",
            FromPort="443",
            ToPort=443,
            SourceSecurityGroupId=get("Group", "GroupId"),
        ),
        Out=resource(
            "AWS::EC2::SecurityGroupEgress",
            GroupId=get("Group", "GroupId"),
            IpProtocol="tcp",
            FromPort=80,
            ToPort=80,
            CidrIp="10.0.0.0/8",
        ),
        Log=resource(
            "AWS::EC2::FlowLog",
            ResourceId=ref("Vpc"),
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName="flows",
            DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/any",
        ),
        Outputs=outputs,
    )
    assert status == "CREATE_COMPLETE", stack.reasons()
    assert stack.outputs()["Cidr"] == "10.7.0.0/16"
    nat, group, log = (stack.physical_id(name) for name in ("Nat", "Group", "Log"))
    address = stack.outputs()["Ip"]
    (gateway,) = ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"]
    assert gateway["State"] == "available"
    (described_address,) = ec2.describe_addresses(AllocationIds=[stack.outputs()["Allocation"]])["Addresses"]
    assert described_address["PublicIp"] == address
    (described,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [rule["FromPort"] for rule in described["IpPermissions"]] == [443]
    assert 80 in [rule.get("FromPort") for rule in described["IpPermissionsEgress"]]
    assert log in {found["FlowLogId"] for found in ec2.describe_flow_logs()["FlowLogs"]}

    stack.delete()
    assert address not in {found["PublicIp"] for found in ec2.describe_addresses()["Addresses"]}
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert nat not in {found["NatGatewayId"] for found in gateways if found["State"] == "available"}
    assert log not in {found["FlowLogId"] for found in ec2.describe_flow_logs()["FlowLogs"]}


def test_a_stack_is_refused_what_the_api_refuses(stack: Stack) -> None:
    """Types whose handlers call no API are checked by the API's own rules."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + "b" * 6144}
    policy = resource("AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": [statement]})
    assert stack.create(Policy=policy) == "ROLLBACK_COMPLETE"
    assert "Cannot exceed quota for PolicySize: 6144" in stack.reasons()


def test_a_composite_alarm_follows_its_alarms(stack: Stack, workspace: Workspace) -> None:
    cloudwatch = client("cloudwatch", workspace)
    alarm = resource(
        "AWS::CloudWatch::Alarm",
        AlarmName="child",
        Namespace="AWS/SageMaker",
        MetricName="ModelLatency",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )
    both = resource("AWS::CloudWatch::CompositeAlarm", AlarmName="both", AlarmRule='ALARM("child")')
    assert stack.create(Child=alarm, Both=both | {"DependsOn": "Child"}) == "CREATE_COMPLETE", stack.reasons()
    cloudwatch.set_alarm_state(AlarmName="child", StateValue="ALARM", StateReason="a test")

    def state() -> str:
        described = cloudwatch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])
        return str(described["CompositeAlarms"][0]["StateValue"])

    eventually(lambda: state() == "ALARM")
    stack.delete()
    assert cloudwatch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []


def test_a_type_that_nobody_knows_is_refused_as_cloudformation_does(stack: Stack) -> None:
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::SageMaker::Endpiont\]"):
        stack.create(Endpoint=resource("AWS::SageMaker::Endpiont"))


def test_a_property_that_nobody_knows_fails_the_resource(stack: Stack) -> None:
    resources = _serving("unknown-property")
    resources["Endpoint"]["Properties"]["EndpointNmae"] = "typo"
    assert stack.create(**resources) == "ROLLBACK_COMPLETE"
    assert "EndpointNmae" in stack.reasons()


def test_every_type_of_the_local_environment_is_in_the_catalogue(assembly: CloudAssembly) -> None:
    local = assembly.get_nested_assembly("assembly-local")
    used = {found["Type"] for stack in local.stacks for found in stack.template["Resources"].values()}
    assert used <= {entry.name for entry in catalogue()}


def test_every_type_in_the_catalogue_can_be_deployed_and_is_named_once() -> None:
    names = [entry.name for entry in catalogue()]
    assert len(set(names)) == len(names)
    assert set(names) <= deployable()
