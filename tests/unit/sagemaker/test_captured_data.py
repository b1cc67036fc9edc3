"""Captured requests and answers: as many as was asked for, encrypted, for a limited time, and written only."""

from typing import Any

import pytest
from aws_cdk import RemovalPolicy, aws_kms
from aws_cdk.assertions import Template

from inference_constructs.common.retention import Retention
from inference_constructs.config import DataCapture
from inference_constructs.sagemaker.captured_data import CapturedData
from tests.templates import only, statements
from tests.unit.sagemaker.endpoints import empty_stack, endpoint_of, variant

ANSWERS = DataCapture(sampling_percent=25, retention_days=7, requests=False)
KEPT = DataCapture(requests=True, answers=True)


@pytest.fixture(scope="module")
def endpoint() -> Template:
    """An endpoint of a disposable environment that keeps a quarter of its answers for a week."""
    stack = empty_stack()
    return endpoint_of(stack, [variant(stack)], data_capture=ANSWERS, removal_policy=RemovalPolicy.DESTROY).template


def bucket_of(template: Template) -> tuple[str, dict[str, Any]]:
    ((name, bucket),) = template.find_resources("AWS::S3::Bucket").items()
    return name, dict(bucket)


def key_of(template: Template) -> dict[str, Any]:
    (key,) = template.find_resources("AWS::KMS::Key")
    return {"Fn::GetAtt": [key, "Arn"]}


def captured(capture: DataCapture, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN) -> tuple[Any, Template]:
    """What an endpoint configuration would say, and the template with the bucket."""
    stack = empty_stack()
    retention = Retention(encryption_key=aws_kms.Key(stack, "Key"), removal_policy=removal_policy)
    data = CapturedData(stack, "Data", capture=capture, retention=retention)
    return stack.resolve(data.config()), Template.from_stack(stack)


def test_an_endpoint_keeps_the_share_and_the_side_that_was_asked_for(endpoint: Template) -> None:
    """SageMaker fact 14: captured data needs key, share and an end. What callers ask may be nobody's to keep."""
    bucket, _ = bucket_of(endpoint)
    assert only(endpoint, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"] == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 25,
        "DestinationS3Uri": {"Fn::Join": ["", ["s3://", {"Ref": bucket}]]},
        "KmsKeyId": key_of(endpoint),
        "CaptureOptions": [{"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]},
    }


@pytest.mark.parametrize(
    ("requests", "answers", "modes"), [(True, True, ["Input", "Output"]), (True, False, ["Input"])]
)
def test_each_side_is_kept_only_where_it_is_asked_for(requests: bool, answers: bool, modes: list[str]) -> None:  # noqa: FBT001 - a test's parameters
    config, _ = captured(DataCapture(requests=requests, answers=answers))
    assert [option["captureMode"] for option in config["captureOptions"]] == modes


def test_everything_goes_after_the_stated_days(endpoint: Template) -> None:
    """In a bucket with versions what expires stays as an old version until that expires too (S3 User Guide, "Managing
    your storage lifecycle"), here a day later."""
    _, bucket = bucket_of(endpoint)
    (rule,) = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule == {
        "Status": "Enabled",
        "ExpirationInDays": 7,
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }


def test_the_bucket_is_private_and_encrypted_with_the_key(endpoint: Template) -> None:
    _, bucket = bucket_of(endpoint)
    properties = bucket["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_of(endpoint)},
        }
    ]


def test_containers_add_to_it_through_s3_and_read_none_of_it(endpoint: Template) -> None:
    """Of the key they need what an upload in parts takes (S3 User Guide, "Using server-side encryption with AWS KMS
    keys"), which without a condition would decrypt whatever else the key is for."""
    bucket, _ = bucket_of(endpoint)
    of_bucket = [each for each in statements(endpoint) if bucket in str(each["Resource"])]
    assert of_bucket == [
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/*"]]},
        }
    ]
    (of_key,) = [each for each in statements(endpoint) if "kms:Encrypt" in each["Action"]]
    assert of_key == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
        "Resource": key_of(endpoint),
        "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    }


def test_a_disposable_environment_leaves_nothing_and_any_other_keeps_it(endpoint: Template) -> None:
    """CloudFormation deletes no bucket that has something in it (`DELETE_FAILED`), so that it is emptied before."""
    name, bucket = bucket_of(endpoint)
    assert bucket["DeletionPolicy"] == "Delete"
    assert only(endpoint, "Custom::S3AutoDeleteObjects")["BucketName"] == {"Ref": name}
    _, kept = captured(KEPT)
    assert bucket_of(kept)[1]["DeletionPolicy"] == "Retain"
    kept.resource_count_is("Custom::S3AutoDeleteObjects", 0)
