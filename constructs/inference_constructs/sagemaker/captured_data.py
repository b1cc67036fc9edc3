"""Where a share of an endpoint's requests and answers is kept."""

from aws_cdk import Duration, Stack, aws_iam, aws_s3, aws_sagemaker
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, acknowledge_grant, wildcard_in_bucket
from inference_constructs.common.private_bucket import create_private_bucket
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
        self.bucket: aws_s3.IBucket = create_private_bucket(
            self,
            "Resource",
            encryption_key=retention.encryption_key,
            expiration=Duration.days(capture.retention_days),
            removal_policy=retention.removal_policy,
        )
        self._acknowledge_what_a_short_lived_sample_does_without()

    def grant_write(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal add captured data, and read none of it.

        Args:
            grantee: Who, or a managed policy.
        """
        objects = aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=["s3:PutObject"], resource_arns=[self.bucket.arn_for_objects("*")]
        )
        key = aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],  # S3 asks for all, in multipart uploads
            resource_arns=[self._key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{Stack.of(self).region}.amazonaws.com"}},
        )
        acknowledge_grant(grantee, {wildcard_in_bucket(self.bucket): "SageMaker names the captured objects by time"})
        return objects.combine(key)

    def grant_read(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal read what was captured, as data scientists and model monitors do.

        Args:
            grantee: Who.
        """
        return self.bucket.grant_read(grantee)

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
