"""What waits for rollouts: what it can reach, what it may do, and that nothing waits longer than CloudFormation."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, aws_lambda

from inference_constructs.eks.common import rollout_provider as rollout_watch
from tests.templates import strings_in
from tests.unit.eks.clusters import NAME, Deployed, deployed

FUNCTION, ROLE = "AWS::Lambda::Function", "AWS::IAM::Role"
HANDLER = "rollout_watch.handler.handle"


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed()


@pytest.fixture(scope="module")
def function(usual: Deployed) -> dict[str, Any]:
    (found,) = (each for each in usual.properties(FUNCTION) if each["Handler"] == HANDLER)
    return dict(found)


def named(usual: Deployed, kind: str, part: str = "RolloutWatch") -> dict[str, dict[str, Any]]:
    """The resources of a type whose logical id has something in it, by that id."""
    return {name: each for name, each in usual.resources.items() if each["Type"] == kind and part in name}


def test_its_handler_is_in_its_code(function: dict[str, Any]) -> None:
    module, _, name = HANDLER.rpartition(".")
    code = Path(rollout_watch.__file__).parents[1] / "functions" / f"{module.replace('.', '/')}.py"
    assert f"def {name}(" in code.read_text()
    newest = max(each for each in dir(aws_lambda.Runtime) if each.startswith("PYTHON_3_") and len(each) == 11)
    assert function["Runtime"] == getattr(aws_lambda.Runtime, newest).name
    assert "Layers" not in function


def test_it_has_time_for_four_requests_that_nobody_answers(function: dict[str, Any]) -> None:
    """Each may take 8 s to connect and 8 s until it is given up. Lambda's default of 3 s would end the function before,
    and CloudFormation would be told of a timeout instead of the rollout."""
    assert function["Timeout"] == 70 > 4 * 2 * 8


def test_what_python_leaves_behind_is_no_part_of_it(tmp_path: Path) -> None:
    """The tests import the code, and Python puts its compiled form beside it."""
    code = Path(rollout_watch.__file__).parents[1] / "functions"
    clean, used = tmp_path / "clean", tmp_path / "used"
    shutil.copytree(code, clean, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(clean, used)
    for folder in (used, used / "rollout_watch"):
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "any.cpython-311.pyc").write_bytes(b"compiled")
    first, second = (rollout_watch.code_in(folder).bind(Stack(App(), "Any")).s3_location for folder in (clean, used))
    assert first is not None
    assert second is not None
    assert first.object_key == second.object_key


def test_it_asks_the_cluster_that_it_was_made_with(usual: Deployed, function: dict[str, Any]) -> None:
    (cluster,) = usual.ids("AWS::EKS::Cluster")
    variables = function["Environment"]["Variables"]
    assert variables["CLUSTER_NAME"] == NAME
    assert variables["CLUSTER_ENDPOINT"] == {"Fn::GetAtt": [cluster, "Endpoint"]}
    assert variables["CLUSTER_AUTHORITY"] == {"Fn::GetAtt": [cluster, "CertificateAuthorityData"]}
    assert variables["STS_HOST"] == {"Fn::Join": ["", ["sts.us-east-1.", {"Ref": "AWS::URLSuffix"}]]}


def test_it_reaches_the_cluster_and_nothing_else(usual: Deployed, function: dict[str, Any]) -> None:
    (cluster,) = usual.ids("AWS::EKS::Cluster")
    of_cluster = {"Fn::GetAtt": [cluster, "ClusterSecurityGroupId"]}
    ((group_id, group),) = named(usual, "AWS::EC2::SecurityGroup").items()
    (out,) = group["Properties"]["SecurityGroupEgress"]
    assert (out["DestinationSecurityGroupId"], out["FromPort"], out["ToPort"]) == (of_cluster, 443, 443)
    assert "SecurityGroupIngress" not in group["Properties"]
    (into,) = (each for each in usual.properties("AWS::EC2::SecurityGroupIngress") if each["GroupId"] == of_cluster)
    assert into["SourceSecurityGroupId"] == {"Fn::GetAtt": [group_id, "GroupId"]}
    assert (into["FromPort"], into["ToPort"], into["IpProtocol"]) == (443, 443, "tcp")
    assert function["VpcConfig"]["SecurityGroupIds"] == [{"Fn::GetAtt": [group_id, "GroupId"]}]
    (kubectl,) = (each for each in usual.properties(FUNCTION) if each["Handler"] == "index.handler")
    assert function["VpcConfig"]["SubnetIds"] == kubectl["VpcConfig"]["SubnetIds"]


def test_it_may_look_and_do_nothing(usual: Deployed, function: dict[str, Any]) -> None:
    (role,) = (name for name in named(usual, ROLE) if "Provider" not in name and "Alarms" not in name)
    assert function["Role"] == {"Fn::GetAtt": [role, "Arn"]}
    (managed,) = usual.resources[role]["Properties"]["ManagedPolicyArns"]
    assert ":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole" in strings_in(managed)
    policies = [*usual.properties("AWS::IAM::Policy"), *usual.properties("AWS::IAM::ManagedPolicy")]
    assert {"Ref": role} not in [each for policy in policies for each in policy["Roles"]]
    (entry,) = (
        each["Properties"]
        for each in named(usual, "AWS::EKS::AccessEntry").values()
        if each["Properties"]["PrincipalArn"] == {"Fn::GetAtt": [role, "Arn"]}
    )
    (allowed,) = entry["AccessPolicies"]
    assert allowed["PolicyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    assert (entry["Type"], "KubernetesGroups" in entry) == ("STANDARD", False)


def test_its_logs_are_encrypted_and_kept_as_the_others_are(usual: Deployed) -> None:
    """Those of what calls it too, under the names that the reasons of failures tell."""
    groups, functions = named(usual, "AWS::Logs::LogGroup"), named(usual, FUNCTION)
    (like,) = named(usual, "AWS::Logs::LogGroup", "LogsControlPlane").values()
    assert len(groups) == len(functions) + 1 == 6
    for group in groups.values():
        for part in ("KmsKeyId", "RetentionInDays"):
            assert group["Properties"][part] == like["Properties"][part]
    names = [each["Properties"].get("LogGroupName", {}) for each in groups.values()]
    for function in functions:
        assert {"Fn::Join": ["", ["/aws/lambda/", {"Ref": function}]]} in names
    assert {each["DeletionPolicy"] for each in groups.values()} == {"Delete"}
    kept = named(deployed(retained=True), "AWS::Logs::LogGroup").values()
    # The one with a fixed name must not stay behind after a first deployment that fails.
    assert [each["DeletionPolicy"] for each in kept].count("RetainExceptOnCreate") == 1
    assert {each["DeletionPolicy"] for each in kept} == {"Retain", "RetainExceptOnCreate"}
    assert f"/aws/vendedlogs/states/{NAME}-rollouts" in names, "else each takes a piece of a policy that is soon full"


def test_no_log_has_the_address_by_which_cloudformation_takes_an_answer(usual: Deployed) -> None:
    """It is part of every request, and whoever knows it can call a rollout complete."""
    logging = usual.only("AWS::StepFunctions::StateMachine")["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
    framework = named(usual, FUNCTION, "RolloutWatchProviderframework").values()
    levels = [function["Properties"]["LoggingConfig"]["ApplicationLogLevel"] for function in framework]
    assert levels == ["FATAL"] * 3


def test_it_looks_every_few_seconds_for_as_long_as_cloudformation_waits(usual: Deployed) -> None:
    definition = usual.only("AWS::StepFunctions::StateMachine")["DefinitionString"]
    text = "".join(part if isinstance(part, str) else "arn" for part in definition["Fn::Join"][1])
    (retry,) = json.loads(text)["States"]["framework-isComplete-task"]["Retry"]
    assert 5 <= retry["IntervalSeconds"] <= 10
    assert retry["IntervalSeconds"] * retry["MaxAttempts"] == 3600
    assert retry["BackoffRate"] == 1


def test_alarms_are_read_from_outside_of_the_network_by_a_role_that_may_do_little_else(
    usual: Deployed, function: dict[str, Any]
) -> None:
    """Nodes without a way out of their network have CloudWatch's alarms watched too."""
    (alarms,) = (each for each in usual.properties(FUNCTION) if each["Handler"] == "alarm_watch.handler.handle")
    assert "VpcConfig" not in alarms
    assert alarms["Timeout"] > function["Timeout"]
    (watch,) = (name for name in named(usual, FUNCTION) if usual.resources[name]["Properties"] == function)
    assert alarms["Environment"]["Variables"] == {"PODS_FUNCTION": {"Ref": watch}}
    (policy,) = named(usual, "AWS::IAM::ManagedPolicy", "RolloutWatch").values()
    assert policy["Properties"]["Roles"] == [{"Ref": alarms["Role"]["Fn::GetAtt"][0]}]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert {each["Action"]: each["Resource"] for each in statements} == {
        "cloudwatch:DescribeAlarms": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*",
        "cloudformation:DescribeStacks": "arn:aws:cloudformation:us-east-1:111122223333:stack/*",
        "lambda:InvokeFunction": {"Fn::GetAtt": [watch, "Arn"]},
    }
    framework = named(usual, FUNCTION, "RolloutWatchProviderframework").values()
    (called,) = {
        str(each["Properties"]["Environment"]["Variables"]["USER_IS_COMPLETE_FUNCTION_ARN"]) for each in framework
    }
    assert "Alarms" in called
