"""A bucket that nobody outside reaches, and that keeps nothing for longer than stated."""

from typing import TypedDict

from aws_cdk import Duration, RemovalPolicy, aws_kms, aws_s3
from constructs import Construct

_DAY = Duration.days(1)


class Expiry(TypedDict):
    """When the objects of a bucket go, as the CDK's lifecycle rules have it."""

    expiration: Duration
    noncurrent_version_expiration: Duration
    abort_incomplete_multipart_upload_after: Duration


def expiry(expiration: Duration) -> Expiry:
    """The lifecycle rule of a bucket with versions: what expires stays as an old version, here for another day.

    Args:
        expiration: After this long an object expires.
    """
    return Expiry(
        expiration=expiration, noncurrent_version_expiration=_DAY, abort_incomplete_multipart_upload_after=_DAY
    )


def create_private_bucket(
    scope: Construct,
    construct_id: str,
    *,
    encryption_key: aws_kms.IKey | None,
    expiration: Duration,
    removal_policy: RemovalPolicy,
    access_log: aws_s3.IBucket | None = None,
    access_log_prefix: str | None = None,
) -> aws_s3.Bucket:
    """Create an encrypted bucket without public access, reached by TLS 1.2 or later, whose objects expire.

    Args:
        scope: The construct it belongs to.
        construct_id: Its id there.
        encryption_key: Encrypts it. None uses S3's own keys, the only ones that AWS's log deliveries write with.
        expiration: After this long an object expires. Versions that were replaced or deleted go a day later.
        removal_policy: What happens to the bucket when its stack is deleted; `DESTROY` empties it first.
        access_log: Where S3 logs who read what. Default: nowhere.
        access_log_prefix: Under which prefix. Default: none.
    """
    with_key = encryption_key is not None
    return aws_s3.Bucket(
        scope,
        construct_id,
        encryption=aws_s3.BucketEncryption.KMS if with_key else aws_s3.BucketEncryption.S3_MANAGED,
        encryption_key=encryption_key,
        bucket_key_enabled=with_key or None,
        block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        lifecycle_rules=[aws_s3.LifecycleRule(**expiry(expiration))],
        server_access_logs_bucket=access_log,
        server_access_logs_prefix=access_log_prefix,
        removal_policy=removal_policy,
        auto_delete_objects=removal_policy == RemovalPolicy.DESTROY,
    )
