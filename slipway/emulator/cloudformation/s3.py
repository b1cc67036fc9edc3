"""`AWS::S3::Bucket`: ministack's, with the tags of the template.

The CDK's function that empties a bucket before its deletion does so only if the bucket's tags allow it.
"""

from typing import Any

from slipway.emulator import vendor
from slipway.emulator.cloudformation.resource_type import ApiClient

_TYPE = "AWS::S3::Bucket"


def keep_tags(services: ApiClient) -> None:
    """Have every bucket that is deployed from now on know its tags."""

    def put(bucket: str, properties: dict[str, Any]) -> dict[str, Any]:
        if properties.get("Tags"):
            services.call("s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": properties["Tags"]})
        return {}

    vendor.follow(_TYPE, put, lambda _: None)
