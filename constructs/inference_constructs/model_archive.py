"""A model archive in S3 and who may read it."""

import re
import tempfile
from pathlib import Path
from typing import Self

from aws_cdk import Stack, aws_iam
from aws_cdk.aws_s3_assets import Asset
from constructs import Construct

from inference_constructs.artifact import pack_model

_S3_URI = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)")


class ModelArchive(Construct):
    """A `model.tar.gz` that a container can load, wherever it comes from.

    A changed model has a changed S3 key: what SageMaker does with a key whose object was replaced is not defined
    (SageMaker Developer Guide, "deployment-best-practices").

    Attributes:
        s3_uri: Where it is, as `s3://bucket/key`.
        object_arn: The one object that a reader needs.
        version: What changes whenever the archive does, known at synth.
    """

    def __init__(self, scope: Construct, construct_id: str, *, bucket: str, key: str, version: str) -> None:
        """Refer to an archive that is in S3.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            bucket: The bucket's name.
            key: The object's key.
            version: What changes whenever the archive does, known at synth.
        """
        super().__init__(scope, construct_id)
        self.version = version
        self.s3_uri = f"s3://{bucket}/{key}"
        self.object_arn = Stack.of(self).format_arn(
            service="s3", region="", account="", resource=bucket, resource_name=key
        )

    @classmethod
    def from_folder(cls, scope: Construct, construct_id: str, *, folder: Path) -> Self:
        """Pack a folder, and have the CDK upload the archive under a key that derives from its bytes.

        Raises:
            ArtifactError: The folder cannot be served.
        """
        with tempfile.TemporaryDirectory() as scratch:
            archive = pack_model(folder, Path(scratch) / "model.tar.gz")
            asset = Asset(scope, f"{construct_id}Asset", path=str(archive.path))  # copies the file at once
        return cls(scope, construct_id, bucket=asset.s3_bucket_name, key=asset.s3_object_key, version=asset.asset_hash)

    @classmethod
    def from_s3_uri(cls, scope: Construct, construct_id: str, *, s3_uri: str) -> Self:
        """Refer to an archive by `s3://bucket/key`.

        Raises:
            ValueError: It is no such URI.
        """
        match = _S3_URI.fullmatch(s3_uri)
        if match is None:
            message = f"{s3_uri!r} is not an S3 URI; accepted: s3://BUCKET/KEY"
            raise ValueError(message)
        return cls(scope, construct_id, bucket=match["bucket"], key=match["key"], version=s3_uri)

    def grant_read(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a role load this archive, and nothing else of its bucket."""
        return aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=["s3:GetObject"], resource_arns=[self.object_arn]
        )
