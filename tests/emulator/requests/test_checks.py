"""What AWS refuses is refused before anything answers: by the services' own models, and by what no model says."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.emulator.common.environment import client, service_model
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.requests.checks import refusal_of
from slipway.emulator.requests.operations import Operation

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway/serving:local"
ROLE = "arn:aws:iam::123456789012:role/r"
MODEL = {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": IMAGE}}
POOL = {"InstanceType": "ml.g5.xlarge", "Priority": 1}
VARIANT = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
CONFIG = {"EndpointConfigName": "c", "ProductionVariants": [VARIANT]}
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
ALARM = {
    "AlarmName": "a",
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/v",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
TRACKING = {
    "TargetValue": 10.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}
POLICY = TARGET | {
    "PolicyName": "p",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": TRACKING,
}
SCHEDULE = TARGET | {"ScheduledActionName": "s", "Schedule": "cron(0 6 ? * MON-FRI *)"}
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
TAG = {"Key": "a", "Value": "b"}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _managed(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"PolicyName": "p", "PolicyDocument": _policy(*statements)}


def _role(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"RoleName": "r", "AssumeRolePolicyDocument": _policy(*statements)}


def _deployment(**deployment: Any) -> dict[str, Any]:
    return {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": deployment}


def _canary(kind: str, size: str, percent: int, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 300, size: {"Type": "CAPACITY_PERCENT", "Value": percent}}
    return _deployment(BlueGreenUpdatePolicy={"TrafficRoutingConfiguration": routing, **more})


def _math(*expressions: str) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    queries: list[dict[str, Any]] = [{"Id": "m", "MetricStat": stat, "ReturnData": False}]
    queries += [{"Id": f"e{number}", "Expression": text} for number, text in enumerate(expressions)]
    plain = {
        name: value for name, value in ALARM.items() if name not in {"Namespace", "MetricName", "Statistic", "Period"}
    }
    return plain | {"Metrics": queries}


ROLLING = {"MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 20}, "WaitIntervalInSeconds": 60}

GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("sagemaker", "CreateModel", MODEL | {"Tags": [TAG]}),
    ("sagemaker", "CreateEndpointConfig", CONFIG),
    ("sagemaker", "CreateEndpoint", _canary("CANARY", "CanarySize", 50)),
    ("sagemaker", "UpdateEndpoint", _deployment(RollingUpdatePolicy=ROLLING)),
    ("cloudwatch", "PutMetricAlarm", ALARM),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"Statistic": None, "ExtendedStatistic": "tm99.5"}),
    ("cloudwatch", "PutMetricAlarm", _math("2 * m")),
    ("application-autoscaling", "PutScalingPolicy", POLICY),
    ("application-autoscaling", "PutScheduledAction", SCHEDULE),
    ("application-autoscaling", "RegisterScalableTarget", TARGET | {"MinCapacity": 1, "MaxCapacity": 2}),
    ("iam", "CreatePolicy", _managed(STATEMENT)),
    ("iam", "CreateRole", _role(TRUST)),
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE, "Code": {}, "Runtime": "python3.12"}),
]

BAD: list[tuple[str, str, dict[str, Any], str]] = [
    # The models.
    ("sagemaker", "CreateModel", MODEL | {"ModelName": "a_b"}, "'modelName' failed to satisfy constraint: Member must"),
    ("sagemaker", "CreateModel", MODEL | {"ModelName": "a" * 64}, "length less than or equal to 63"),
    ("sagemaker", "CreateModel", MODEL | {"ModelName": None}, "Value null at 'modelName'"),
    ("sagemaker", "CreateModel", MODEL | {"ExecutionRoleArn": "r"}, "'executionRoleArn'"),
    ("sagemaker", "CreateModel", MODEL | {"PrimaryContainer": None, "Containers": [{"Image": IMAGE}] * 16}, "to 15"),
    ("sagemaker", "CreateModel", MODEL | {"Tags": [TAG] * 51}, "less than or equal to 50"),
    ("sagemaker", "CreateEndpointConfig", CONFIG | {"ProductionVariants": [VARIANT] * 11}, "less than or equal to 10"),
    ("sagemaker", "CreateEndpointConfig", CONFIG | {"ProductionVariants": []}, "greater than or equal to 1"),
    (
        "sagemaker",
        "CreateEndpointConfig",
        CONFIG | {"ProductionVariants": [VARIANT | {"InitialVariantWeight": -1}]},
        "at 'productionVariants.1.member.initialVariantWeight'",
    ),
    (
        "sagemaker",
        "CreateEndpointConfig",
        CONFIG | {"ProductionVariants": [VARIANT | {"InstanceType": "ml.c99.huge"}]},
        "enum value set",
    ),
    (
        "sagemaker",
        "CreateEndpointConfig",
        CONFIG | {"ProductionVariants": [VARIANT | {"InitialInstanceCount": "x"}]},
        "be a integer",
    ),
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE, "Code": {}, "MemorySize": 64}, "equal to 128"),
    ("elbv2", "CreateTargetGroup", {"Name": "n", "Port": 70000}, "less than or equal to 65535"),
    # Beyond them.
    ("sagemaker", "CreateModel", MODEL | {"Containers": [{"Image": IMAGE}]}, "Both PrimaryContainer and Containers"),
    (
        "sagemaker",
        "CreateModel",
        MODEL | {"PrimaryContainer": {"ModelDataUrl": "s3://b/k"}},
        "must contain either Image",
    ),
    ("sagemaker", "CreateModel", MODEL | {"PrimaryContainer": {"Image": "docker.io/nginx"}}, "Using non-ECR image"),
    (
        "sagemaker",
        "CreateModel",
        MODEL | {"PrimaryContainer": {"Image": IMAGE.replace("us-east", "eu-west")}},
        "eu-west-1",
    ),
    ("sagemaker", "CreateModel", MODEL | {"Tags": [TAG, TAG]}, "Duplicate tag keys"),
    ("sagemaker", "CreateModel", MODEL | {"Tags": [{"Key": "aws:x", "Value": ""}]}, "aws: prefixed tag key names"),
    (
        "sagemaker",
        "CreateEndpointConfig",
        CONFIG | {"ProductionVariants": [VARIANT | {"ServerlessConfig": SERVERLESS}]},
        "can not have both ServerlessConfig",
    ),
    (
        "sagemaker",
        "CreateEndpointConfig",
        CONFIG | {"ProductionVariants": [VARIANT | {"InstanceType": "ml.g5.xlarge", "InstancePools": [POOL]}]},
        "can not have both InstanceType and InstancePools",
    ),
    (
        "sagemaker",
        "CreateEndpointConfig",
        CONFIG | {"ProductionVariants": [VARIANT | {"InstanceType": None, "InstancePools": [POOL, POOL]}]},
        "must have different priorities",
    ),
    (
        "sagemaker",
        "CreateEndpointConfig",
        CONFIG | {"ShadowProductionVariants": [VARIANT, VARIANT]},
        "One shadow variant",
    ),
    ("sagemaker", "CreateEndpoint", _canary("CANARY", "CanarySize", 60), "CanarySize must be between 1% and 50%"),
    ("sagemaker", "CreateEndpoint", _canary("LINEAR", "LinearStepSize", 5), "LinearStepSize must be between 10%"),
    (
        "sagemaker",
        "UpdateEndpoint",
        _canary("CANARY", "CanarySize", 10, TerminationWaitInSeconds=400, MaximumExecutionTimeoutInSeconds=600),
        "must exceed the waits of the deployment (700)",
    ),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"EvaluationPeriods": 1500}, "more than 86400 seconds"),
    (
        "cloudwatch",
        "PutMetricAlarm",
        ALARM | {"EvaluationPeriods": 1, "DatapointsToAlarm": 2},
        "DatapointsToAlarm must",
    ),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"ExtendedStatistic": "p99"}, "Exactly one of Statistic and"),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"Statistic": None}, "Exactly one of Statistic and"),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"Statistic": None, "ExtendedStatistic": "p101"}, "p101"),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"Threshold": None}, "Threshold must be specified"),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"TreatMissingData": "bad"}, "TreatMissingData is invalid"),
    ("cloudwatch", "PutMetricAlarm", ALARM | {"AlarmActions": ["x"]}, "Invalid arn syntax: x"),
    ("cloudwatch", "PutMetricAlarm", _math("m", "m"), "Exactly one element"),
    ("cloudwatch", "PutMetricAlarm", _math("m +"), "Error in expression 'm +'"),
    ("cloudwatch", "PutMetricAlarm", _math("m + gone"), "the id(s) gone are not in the metrics list"),
    ("cloudwatch", "PutMetricAlarm", _math("m") | {"MetricName": "m"}, "must not be specified with MetricName"),
    ("application-autoscaling", "RegisterScalableTarget", TARGET | {"MinCapacity": -1}, "cannot be negative"),
    (
        "application-autoscaling",
        "PutScalingPolicy",
        POLICY | {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1.0}},
        "Exactly one of PredefinedMetricSpecification",
    ),
    (
        "application-autoscaling",
        "PutScalingPolicy",
        POLICY | {"TargetTrackingScalingPolicyConfiguration": TRACKING | {"ScaleInCooldown": -1}},
        "ScaleInCooldown cannot be negative",
    ),
    (
        "application-autoscaling",
        "PutScalingPolicy",
        POLICY
        | {
            "TargetTrackingScalingPolicyConfiguration": TRACKING
            | {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}}
        },
        "is not supported for the service namespace sagemaker",
    ),
    ("application-autoscaling", "PutScheduledAction", SCHEDULE | {"Timezone": "Mars/Base"}, "Timezone Mars/Base"),
    ("application-autoscaling", "PutScheduledAction", SCHEDULE | {"Schedule": "every day"}, "every day is not valid"),
    (
        "application-autoscaling",
        "PutScheduledAction",
        SCHEDULE | {"ScalableTargetAction": {"MinCapacity": 5, "MaxCapacity": 2}},
        "minimum 5, maximum 2",
    ),
    (
        "iam",
        "CreatePolicy",
        _managed(*[STATEMENT | {"Sid": f"s{n}"} for n in range(120)]),
        "quota for PolicySize: 6144",
    ),
    ("iam", "CreatePolicy", _managed(STATEMENT | {"Sid": "a"}, STATEMENT | {"Sid": "a"}), "must be unique"),
    ("iam", "CreatePolicy", _managed(STATEMENT | {"Action": "GetObject"}), "prefaced by a vendor"),
    ("iam", "CreatePolicy", _managed(STATEMENT | {"Resource": "bucket"}), "must be in ARN format"),
    ("iam", "CreatePolicy", _managed(STATEMENT | {"Bogus": "x"}), "Syntax errors in policy"),
    ("iam", "CreatePolicy", {"PolicyName": "p", "PolicyDocument": "no JSON"}, "invalid Json"),
    ("iam", "CreateRole", _role(TRUST | {"Resource": "*"}), "Has prohibited field Resource"),
    ("iam", "CreateRole", _role(TRUST | {"Principal": {"Service": "bogus"}}), "Invalid principal in policy"),
]


def _operation(service: str, name: str, parameters: dict[str, Any]) -> Operation:
    return Operation(service, service_model(service).operation_model(name), parameters)


@pytest.mark.parametrize(("service", "name", "parameters"), GOOD)
def test_what_aws_takes_is_taken(service: str, name: str, parameters: dict[str, Any]) -> None:
    assert refusal_of(_operation(service, name, parameters)) is None


@pytest.mark.parametrize(("service", "name", "parameters", "sentence"), BAD)
def test_what_aws_refuses_is_refused(service: str, name: str, parameters: dict[str, Any], sentence: str) -> None:
    refusal = refusal_of(_operation(service, name, parameters))
    assert refusal is not None
    assert sentence in refusal.message


@pytest.mark.parametrize(
    ("schedule", "wrong"),
    [
        ("0 6 ? * MON-FRI *", None),
        ("0/15 6,18 L * ? 2027-2030", None),
        ("0 6 ? JAN-MAR 2#1 *", None),
        ("99 6 ? * MON *", "minute is 99"),
        ("0 25 ? * MON *", "hour is 25"),
        ("0 6 ? 13 MON *", "month is 13"),
        ("0 6 ? * MON-FRY *", "day of week is MON-FRY"),
        ("0 6 * * * *", "exactly one of day of month and day of week"),
        ("0 6 ? * MON", "it has 5 fields, not 6"),
        ("0/x 6 ? * MON *", "minute is 0/x"),
    ],
)
def test_schedules(schedule: str, wrong: str | None) -> None:
    refusal = refusal_of(
        _operation("application-autoscaling", "PutScheduledAction", SCHEDULE | {"Schedule": f"cron({schedule})"})
    )
    assert (wrong or "") in (refusal.message if refusal else "")
    assert (refusal is None) is (wrong is None)


def test_each_protocol_is_answered_in_its_own_way(workspace: Workspace) -> None:
    """JSON, query, EC2's query and REST."""
    calls: list[tuple[str, str, dict[str, Any], str]] = [
        ("sagemaker", "create_model", MODEL | {"ModelName": "a_b"}, "ValidationException"),
        ("cloudwatch", "put_metric_alarm", ALARM | {"Period": 45}, "ValidationError"),
        ("iam", "create_role", _role(TRUST) | {"RoleName": "a b"}, "ValidationError"),
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "bogus"}, "InvalidParameterValue"),
        ("elbv2", "create_target_group", {"Name": "n", "Port": 70000}, "ValidationError"),
        (
            "eks",
            "create_cluster",
            {"name": "a b", "roleArn": ROLE, "resourcesVpcConfig": {}},
            "InvalidParameterException",
        ),
        (
            "lambda",
            "create_function",
            {"FunctionName": "f", "Role": "x", "Code": {"S3Bucket": "bbb", "S3Key": "k"}},
            "ValidationException",
        ),
    ]
    for service, method, parameters, code in calls:
        with pytest.raises(ClientError) as refused:
            getattr(client(service, workspace), method)(**parameters)
        assert (service, refused.value.response["Error"]["Code"]) == (service, code), refused.value
