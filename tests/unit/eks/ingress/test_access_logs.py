"""Access logs are private, short-lived, and written by this account's load balancers only."""

from typing import Any

import pytest
from aws_cdk import RemovalPolicy
from aws_cdk.assertions import Template

from inference_constructs.eks.ingress.access_logs import AccessLogBucket
from tests.templates import only, resources
from tests.unit.eks.services import empty_stack


def logged(removal_policy: RemovalPolicy) -> Template:
    stack = empty_stack()
    AccessLogBucket(stack, "Logs", retention_days=30, removal_policy=removal_policy)
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def template() -> Template:
    return logged(RemovalPolicy.RETAIN)


def allowed(template: Template) -> list[dict[str, Any]]:
    statements = only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    return [statement for statement in statements if statement["Effect"] == "Allow"]


def test_s3_encrypts_it_with_its_own_keys_since_load_balancers_write_to_no_other(template: Template) -> None:
    bucket = only(template, "AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_load_balancers_may_add_logs_of_this_account_and_nothing_else_is_allowed(template: Template) -> None:
    (statement,) = allowed(template)
    assert statement["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert statement["Action"] == "s3:PutObject"
    assert statement["Resource"]["Fn::Join"][1][-1] == "/*/AWSLogs/111122223333/*"


def test_logs_go_after_their_time(template: Template) -> None:
    (rule,) = only(template, "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 30
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


@pytest.mark.parametrize(("policy", "emptied"), [(RemovalPolicy.RETAIN, False), (RemovalPolicy.DESTROY, True)])
def test_a_disposable_one_is_emptied_since_it_never_is_empty(policy: RemovalPolicy, *, emptied: bool) -> None:
    """EKS fact 12: nothing in a disposable environment may keep its stack from being deleted."""
    assert bool(resources(logged(policy), "Custom::S3AutoDeleteObjects")) is emptied
