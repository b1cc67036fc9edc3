"""Where a pipeline keeps what its actions hand to each other."""

from aws_cdk import Duration, RemovalPolicy, aws_kms, aws_s3
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.common.private_bucket import Expiry, create_private_bucket, expiry

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
        self.bucket = create_private_bucket(
            self,
            "Resource",
            encryption_key=encryption_key,
            expiration=_RETENTION,
            removal_policy=RemovalPolicy.RETAIN,
            access_log=self._create_log(),
            access_log_prefix="artifacts/",
        )
        acknowledge(
            self.bucket,
            {
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled": "every artifact can be made again from the"
                " commit; a second copy would only have to be protected too",
            },
        )

    def _create_log(self) -> aws_s3.Bucket:
        bucket = create_private_bucket(
            self, "AccessLog", encryption_key=None, expiration=_RETENTION, removal_policy=RemovalPolicy.RETAIN
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


def artifact_expiry() -> Expiry:
    """How long artifacts and the log of them are kept."""
    return expiry(_RETENTION)
