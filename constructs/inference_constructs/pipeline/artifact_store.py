"""Where a pipeline keeps what its actions hand to each other."""

from typing import TypedDict

from aws_cdk import Duration, RemovalPolicy, aws_kms, aws_s3
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge

#: A rerun of an execution needs its artifacts; CodePipeline keeps an execution's history for 12 months.
_RETENTION = Duration.days(90)


class ArtifactStore(Construct):
    """An encrypted, private bucket that forgets after 90 days, and an access log of what was fetched from it.

    Attributes:
        bucket: The bucket.
    """

    def __init__(self, scope: Construct, construct_id: str, *, encryption_key: aws_kms.IKey) -> None:
        """Create the bucket and its log.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            encryption_key: Encrypts the artifacts; other accounts that deploy them are allowed to use it.
        """
        super().__init__(scope, construct_id)
        self.bucket = aws_s3.Bucket(
            self,
            "Resource",
            encryption=aws_s3.BucketEncryption.KMS,
            encryption_key=encryption_key,
            bucket_key_enabled=True,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[aws_s3.LifecycleRule(**forget())],
            server_access_logs_bucket=self._create_log(),
            server_access_logs_prefix="artifacts/",
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            self.bucket,
            {
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled": "every artifact can be made again from the"
                " commit; a second copy would only have to be protected too",
            },
        )

    def _create_log(self) -> aws_s3.Bucket:
        bucket = aws_s3.Bucket(
            self,
            "AccessLog",
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[aws_s3.LifecycleRule(**forget())],
            removal_policy=RemovalPolicy.RETAIN,
        )
        own = "a log of the log would never end"
        acknowledge(
            bucket,
            {
                "AwsSolutions::AwsSolutions-S1": own,
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketLoggingEnabled": own,
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled": "a log that is kept for 90 days only",
                "NIST.800.53.R5::NIST.800.53.R5-S3DefaultEncryptionKMS": "S3's log delivery writes with SSE-S3 without"
                " a key of its own to manage; object names are all that it holds",
            },
        )
        return bucket


class Forgetting(TypedDict):
    """How a bucket forgets, in the words of the CDK's lifecycle rules."""

    expiration: Duration
    noncurrent_version_expiration: Duration
    abort_incomplete_multipart_upload_after: Duration


def forget() -> Forgetting:
    """What artifacts and the log of them are kept for, and no longer."""
    return Forgetting(
        expiration=_RETENTION,
        noncurrent_version_expiration=Duration.days(1),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )
