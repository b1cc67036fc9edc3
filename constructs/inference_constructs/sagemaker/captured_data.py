"""Where a share of an endpoint's requests and answers is kept."""

from aws_cdk import Duration, Stack, aws_iam, aws_s3, aws_sagemaker
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, wildcard_in_bucket
from inference_constructs.common.retention import Retention
from inference_constructs.config import DataCapture

_Config = aws_sagemaker.CfnEndpointConfig


class CapturedData(Construct):
    """An encrypted, private bucket from which everything goes after a stated time.

    Attributes:
        bucket: The bucket.
    """

    def __init__(self, scope: Construct, construct_id: str, *, capture: DataCapture, retention: Retention) -> None:
        """Create the bucket.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            capture: What to keep, and for how long.
            retention: The key that encrypts it, and its removal policy; `DESTROY` empties it first.
        """
        super().__init__(scope, construct_id)
        self._capture = capture
        self._key = retention.encryption_key
        self.bucket = aws_s3.Bucket(
            self,
            "Resource",
            encryption=aws_s3.BucketEncryption.KMS,
            encryption_key=retention.encryption_key,
            bucket_key_enabled=True,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                aws_s3.LifecycleRule(
                    expiration=Duration.days(capture.retention_days),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=retention.removal_policy,
            auto_delete_objects=retention.is_destroyed,
        )
        self._acknowledge_what_a_short_lived_sample_does_without()

    def grant_write(self, policy: aws_iam.ManagedPolicy) -> None:
        """Let whoever has a policy add captured data, and read none of it."""
        policy.add_statements(
            aws_iam.PolicyStatement(actions=["s3:PutObject"], resources=[self.bucket.arn_for_objects("*")]),
            aws_iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],  # S3 asks for all, in multipart uploads
                resources=[self._key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"s3.{Stack.of(self).region}.amazonaws.com"}},
            ),
        )
        acknowledge(policy, {wildcard_in_bucket(self.bucket): "SageMaker names the captured objects by time"})

    def config(self) -> _Config.DataCaptureConfigProperty:
        """The endpoint configuration's part of it. JSON and CSV are kept as text, everything else in base64."""
        modes = [mode for mode, kept in (("Input", self._capture.requests), ("Output", self._capture.answers)) if kept]
        return _Config.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=self._capture.sampling_percent,
            destination_s3_uri=self.bucket.s3_url_for_object(),
            kms_key_id=self._key.key_arn,
            capture_options=[_Config.CaptureOptionProperty(capture_mode=mode) for mode in modes],
            capture_content_type_header=_Config.CaptureContentTypeHeaderProperty(
                json_content_types=["application/json"], csv_content_types=["text/csv"]
            ),
        )

    def _acknowledge_what_a_short_lived_sample_does_without(self) -> None:
        log = "CloudTrail data events log who read it, where an account wants that; access logs would outlive the data"
        copies = "a sample that is kept for a limited time; a copy elsewhere would have to be limited too"
        acknowledge(
            self.bucket,
            {
                "AwsSolutions::AwsSolutions-S1": log,
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketLoggingEnabled": log,
                "NIST.800.53.R5::NIST.800.53.R5-S3BucketReplicationEnabled": copies,
            },
        )
