"""What another stack, or somebody before, has made is not taken over, changed or removed."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from tests.emulator.cloudformation.stacks import Stack, ref, resource
from tests.emulator.support import eventually

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
}


@pytest.fixture
def stack(workspace: Workspace) -> Stack:
    return Stack(workspace)


def test_a_name_that_is_taken_is_refused(workspace: Workspace) -> None:
    """A log group that a deleted stack has left, say."""
    client("logs", workspace).create_log_group(logGroupName="/left/behind")
    client("iam", workspace).create_role(RoleName="left-behind", AssumeRolePolicyDocument=json.dumps(TRUST))
    group = resource("AWS::Logs::LogGroup", LogGroupName="/left/behind")
    role = resource("AWS::IAM::Role", RoleName="left-behind", AssumeRolePolicyDocument=TRUST)
    for kind, taken in (("Logs::LogGroup", group), ("IAM::Role", role)):
        another = Stack(workspace)
        assert another.create(Taken=taken) == "ROLLBACK_COMPLETE"
        assert f"Resource of type 'AWS::{kind}' with identifier" in another.reasons()
        assert "already exists" in another.reasons()
    groups = client("logs", workspace).describe_log_groups(logGroupNamePrefix="/left/")["logGroups"]
    assert len(groups) == 1, "what was there before stays"


def test_a_bucket_with_objects_is_not_removed(stack: Stack, workspace: Workspace) -> None:
    assert stack.create(Bucket=resource("AWS::S3::Bucket", BucketName="holds-something")) == "CREATE_COMPLETE"
    s3, cloudformation = client("s3", workspace), client("cloudformation", workspace)
    s3.put_object(Bucket="holds-something", Key="k", Body=b"x")
    cloudformation.delete_stack(StackName=stack.name)
    eventually(lambda: _status(cloudformation, stack) == "DELETE_FAILED")
    assert "The bucket you tried to delete is not empty: holds-something" in stack.reasons()
    s3.delete_object(Bucket="holds-something", Key="k")
    stack.delete()


def test_an_export_in_use_stays_as_it_is(workspace: Workspace) -> None:
    exporting, importing, second = Stack(workspace), Stack(workspace), Stack(workspace)
    cloudformation = client("cloudformation", workspace)
    _put(cloudformation.create_stack, exporting, _exporting("one"))
    assert eventually(lambda: _final(cloudformation, exporting)) == "CREATE_COMPLETE"
    value = {"Fn::ImportValue": "the-export"}
    assert importing.create(User=resource("AWS::SSM::Parameter", Type="String", Value=value)) == "CREATE_COMPLETE"
    _put(cloudformation.create_stack, second, _exporting("two"))
    assert eventually(lambda: _final(cloudformation, second)) == "ROLLBACK_COMPLETE"
    assert "Export with name the-export is already exported by stack" in _reasons(cloudformation, second)
    _put(cloudformation.update_stack, exporting, _exporting("changed"))
    assert eventually(lambda: _final(cloudformation, exporting)) == "UPDATE_ROLLBACK_COMPLETE"
    reason = f"Cannot update export the-export as it is in use by {importing.name}."
    assert reason in _reasons(cloudformation, exporting)
    importing.delete()
    _put(cloudformation.update_stack, exporting, _exporting("changed"))
    assert eventually(lambda: _final(cloudformation, exporting)) == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=importing.name)


def _exporting(value: str) -> dict[str, Any]:
    parameter = resource("AWS::SSM::Parameter", Type="String", Value=value)
    output = {"Value": {"Fn::GetAtt": ["P", "Value"]}, "Export": {"Name": "the-export"}}
    return {"Resources": {"P": parameter}, "Outputs": {"O": output, "Name": {"Value": ref("P")}}}


def _put(call: Any, stack: Stack, template: dict[str, Any]) -> None:
    call(StackName=stack.name, TemplateBody=json.dumps(template))


def _status(cloudformation: Any, stack: Stack) -> str:
    return str(cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]["StackStatus"])


def _final(cloudformation: Any, stack: Stack) -> str | None:
    found = _status(cloudformation, stack)
    return None if found.endswith("_IN_PROGRESS") else found


def _reasons(cloudformation: Any, stack: Stack) -> str:
    events = cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)
