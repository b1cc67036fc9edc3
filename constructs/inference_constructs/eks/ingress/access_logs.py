"""Where load balancers write who asked what and how it was answered."""

from aws_cdk import Duration, RemovalPolicy, Stack, aws_iam, aws_s3
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.common.private_bucket import create_private_bucket


class AccessLogBucket(Construct):
    """A private bucket that this account's load balancers may write to, and nobody else.

    It is encrypted by S3's own keys: Elastic Load Balancing supports no others ("Enable access logs for your
    Application Load Balancer").

    Attributes:
        bucket: The bucket.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retention_days: int,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        """Create the bucket.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            retention_days: How long logs are kept.
            removal_policy: What happens to the bucket when its stack is deleted. `DESTROY` empties it first: a load
                balancer writes a test file at once, so that it is never empty. Default: `RETAIN`.
        """
        super().__init__(scope, construct_id)
        self.bucket: aws_s3.IBucket = create_private_bucket(
            self,
            "Resource",
            encryption_key=None,
            expiration=Duration.days(retention_days),
            removal_policy=removal_policy,
        )
        self._allow_load_balancers_to_write()
        self._acknowledge_what_a_log_does_without()

    def _allow_load_balancers_to_write(self) -> None:
        """The service's principal, for every region; accounts per region are the older form.

        A load balancer writes below its own account's number, so that nobody else's reaches this place.
        """
        self.bucket.add_to_resource_policy(
            aws_iam.PolicyStatement(
                sid="LoadBalancers",
                principals=[aws_iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"*/AWSLogs/{Stack.of(self).account}/*")],
            )
        )

    def _acknowledge_what_a_log_does_without(self) -> None:
        log = "it is a log; a log of who reads it would be another bucket that nobody logs"
        copies = "logs are kept for a limited time; a copy elsewhere would have to be limited too"
        key = "Elastic Load Balancing writes to buckets with S3's own keys only"
        acknowledge(
            self.bucket,
            {
                "AwsSolutions::AwsSolutions-S1": log,
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketLoggingEnabled": log,
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled": copies,
                "NIST.800.53.R5::NIST.800.53.R5-S3DefaultEncryptionKMS": key,
            },
        )
