"""Whoever loads a model may read this model, and nothing else of its bucket."""

from typing import Any

import pytest
from aws_cdk import Environment, Stack, aws_iam, aws_kms

from inference_constructs.common.model_data import ModelData
from tests.templates import unvalidated_app

KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-4333-8444-555555555555"
THROUGH_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


def allowed(s3_uri: str, *, key: str | None = None) -> list[tuple[str, str, Any]]:
    """Action, resource and condition of what a reader may do."""
    stack = Stack(unvalidated_app(), "Service", env=Environment(account="111122223333", region="us-east-1"))
    encryption_key = aws_kms.Key.from_key_arn(stack, "Key", key) if key else None
    model = ModelData.from_s3_uri(stack, "Model", s3_uri=s3_uri, encryption_key=encryption_key)
    policy = aws_iam.ManagedPolicy(stack, "Policy")
    model.grant_read(policy)
    document = stack.resolve(policy.document.to_json())
    return [(each["Action"], plain(each["Resource"]), each.get("Condition")) for each in document["Statement"]]


def plain(arn: Any) -> str:
    """An ARN with the partition as `aws`."""
    if isinstance(arn, str):
        return arn
    return "".join(part if isinstance(part, str) else "aws" for part in arn["Fn::Join"][1])


@pytest.mark.parametrize(
    ("s3_uri", "key", "expected"),
    [
        ("s3://models/triage/1.tar.gz", None, [("s3:GetObject", "arn:aws:s3:::models/triage/1.tar.gz", None)]),
        (
            "s3://models/triage/1/",
            None,
            [
                ("s3:GetObject", "arn:aws:s3:::models/triage/1/*", None),
                ("s3:ListBucket", "arn:aws:s3:::models", {"StringLike": {"s3:prefix": ["triage/1/*"]}}),
            ],
        ),
        (
            "s3://models/triage/1.tar.gz",
            KEY,
            [
                ("kms:Decrypt", KEY, THROUGH_S3),
                ("s3:GetObject", "arn:aws:s3:::models/triage/1.tar.gz", None),
            ],
        ),
    ],
    ids=["an archive", "files below a prefix", "an archive encrypted with a key"],
)
def test_a_reader_may_load_this_model_only(s3_uri: str, key: str | None, expected: list[tuple[str, str, Any]]) -> None:
    """A list is of a bucket: without `s3:prefix` it tells every other model's name (Amazon S3 User Guide, "Bucket
    policy examples using condition keys")."""
    assert allowed(s3_uri, key=key) == expected
