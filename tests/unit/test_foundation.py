"""The key and the topic: alarms must get through, and nobody else."""

from typing import Any

import pytest
from aws_cdk import Environment, RemovalPolicy, Stack
from aws_cdk.assertions import Template

from inference_constructs.common.encryption_key import EncryptionKey
from inference_constructs.observability.alarm_topic import AlarmTopic
from tests.templates import only, resources, unvalidated_app


def foundation(removal_policy: RemovalPolicy = RemovalPolicy.RETAIN) -> Template:
    stack = Stack(unvalidated_app(), "Foundation", env=Environment(account="111122223333", region="us-east-1"))
    key = EncryptionKey(stack, "Key", alias="slipway/dev", removal_policy=removal_policy).key
    AlarmTopic(stack, "Topic", encryption_key=key, emails=["on-call@example.com"])
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def usual() -> Template:
    return foundation()


def statement(policy: dict[str, Any], sid: str) -> dict[str, Any]:
    (found,) = [each for each in policy["Statement"] if each.get("Sid") == sid]
    return dict(found)


def test_the_key_rotates_and_has_a_name(usual: Template) -> None:
    assert only(usual, "AWS::KMS::Key")["EnableKeyRotation"] is True
    assert only(usual, "AWS::KMS::Alias")["AliasName"] == "alias/slipway/dev"


def test_a_key_is_kept_unless_the_environment_is_disposable() -> None:
    (kept,) = foundation().find_resources("AWS::KMS::Key").values()
    assert kept["DeletionPolicy"] == kept["UpdateReplacePolicy"] == "Retain"
    assert "PendingWindowInDays" not in kept["Properties"], "whoever deletes it by hand has KMS's 30 days to notice"
    (disposable,) = foundation(RemovalPolicy.DESTROY).find_resources("AWS::KMS::Key").values()
    assert disposable["DeletionPolicy"] == "Delete"
    assert disposable["Properties"]["PendingWindowInDays"] == 7


def test_logs_of_this_account_and_region_may_be_encrypted(usual: Template) -> None:
    """By the service's name in the region (CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs")."""
    logs = statement(only(usual, "AWS::KMS::Key")["KeyPolicy"], "CloudWatchLogs")
    assert logs["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    (context,) = logs["Condition"]["ArnLike"].values()
    assert "us-east-1:111122223333:log-group:*" in str(context)


def test_alarms_may_use_the_key_and_the_topic(usual: Template) -> None:
    """An encrypted topic with a policy of its own is silent unless both say so: of the key CloudWatch needs a new data
    key and the one in use (SNS Developer Guide, "Enable compatibility between event sources from AWS services and
    encrypted topics")."""
    usual_terms = {
        "Sid": "CloudWatchAlarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    }
    (topic,) = usual.find_resources("AWS::SNS::Topic")
    on_key = statement(only(usual, "AWS::KMS::Key")["KeyPolicy"], "CloudWatchAlarms")
    on_topic = statement(only(usual, "AWS::SNS::TopicPolicy")["PolicyDocument"], "CloudWatchAlarms")
    assert on_key == usual_terms | {"Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}
    assert on_topic == usual_terms | {"Action": "sns:Publish", "Resource": {"Ref": topic}}


def test_the_topic_is_encrypted_and_refuses_plain_http(usual: Template) -> None:
    assert "KmsMasterKeyId" in only(usual, "AWS::SNS::Topic")
    denied = statement(only(usual, "AWS::SNS::TopicPolicy")["PolicyDocument"], "AllowPublishThroughSSLOnly")
    assert denied["Effect"] == "Deny"


def test_each_address_is_subscribed(usual: Template) -> None:
    (subscription,) = resources(usual, "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "on-call@example.com")
