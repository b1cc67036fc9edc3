"""A version of a model in SageMaker's model registry, and what running it takes."""

from aws_cdk import aws_iam, aws_kms
from constructs import Construct

from inference_constructs.common.model_data import ModelData


class ModelPackage(Construct):
    """A model package, such as a SageMaker Pipeline registers: it names its image and its artifact itself.

    Attributes:
        arn: The package with its version.
        version: What changes whenever the model does, known at synth.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        arn: str,
        artifacts: str,
        encryption_key: aws_kms.IKey | None = None,
    ) -> None:
        """Refer to a version of a model package.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            arn: The package with its version.
            artifacts: Where in S3 the package's artifact is, as `s3://bucket/prefix/`.
            encryption_key: The customer's key that the artifact is encrypted with. Default: none.
        """
        super().__init__(scope, construct_id)
        self.arn = arn
        self.version = arn
        self._artifacts = ModelData.from_s3_uri(self, "Artifacts", s3_uri=artifacts, encryption_key=encryption_key)

    def grant_read(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal load this package's artifact.

        Args:
            grantee: Who, or a managed policy.
        """
        package = aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=["sagemaker:DescribeModelPackage"], resource_arns=[self.arn]
        )
        return package.combine(self._artifacts.grant_read(grantee))
