"""What a container loads from S3, and who may read it."""

import functools
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from aws_cdk import Stack, aws_iam, aws_kms
from aws_cdk.aws_s3_assets import Asset
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge_grant, wildcard_finding
from inference_constructs.common.artifact import pack_model

_S3_URI = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)")


class ModelData(Construct):
    """A `model.tar.gz`, or the files of a model below a prefix.

    A changed model has a changed S3 key: what SageMaker does with a key whose object was replaced is not defined
    (SageMaker Developer Guide, "deployment-best-practices").

    Attributes:
        s3_uri: Where it is, as `s3://bucket/key`; a prefix ends with a slash.
        compressed: Whether it is an archive.
        version: What changes whenever the model does, known at synth.
        sha256: Hexadecimal digest of the archive's bytes, None where it is not known.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: str,
        key: str,
        version: str,
        sha256: str | None = None,
        encryption_key: aws_kms.IKey | None = None,
    ) -> None:
        """Refer to what is in S3.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            bucket: The bucket's name.
            key: The archive's key, or a prefix that ends with a slash.
            version: What changes whenever the model does, known at synth.
            sha256: Hexadecimal digest of the archive's bytes. Default: it is not known.
            encryption_key: The key that it is encrypted with, where a reader needs to be allowed to use it. Default:
                none.
        """
        super().__init__(scope, construct_id)
        self._encryption_key = encryption_key
        self.s3_uri = f"s3://{bucket}/{key}"
        self.compressed = not key.endswith("/")
        self.version = version
        self.sha256 = sha256
        self._bucket = bucket
        self._key = key

    @classmethod
    def from_folder(cls, scope: Construct, construct_id: str, *, folder: Path) -> Self:
        """Pack a folder, and have the CDK upload the archive under a key that derives from its bytes.

        Raises:
            ArtifactError: The folder cannot be served.
        """
        with tempfile.TemporaryDirectory() as scratch:
            archive = pack_model(folder, Path(scratch) / "model.tar.gz")
            asset = Asset(scope, f"{construct_id}Asset", path=str(archive.path))  # copies the file at once
        bucket, key = asset.s3_bucket_name, asset.s3_object_key
        return cls(scope, construct_id, bucket=bucket, key=key, version=asset.asset_hash, sha256=archive.sha256)

    @classmethod
    def from_s3_uri(
        cls,
        scope: Construct,
        construct_id: str,
        *,
        s3_uri: str,
        sha256: str | None = None,
        encryption_key: aws_kms.IKey | None = None,
    ) -> Self:
        """Refer to an archive by `s3://bucket/key`, or to files by `s3://bucket/prefix/`.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            s3_uri: Where it is.
            sha256: Hexadecimal digest of the archive's bytes, which pods on EKS check. Default: it is not known.
            encryption_key: The customer's key that it is encrypted with. Default: none.

        Raises:
            ValueError: It is no such URI.
        """
        match = _S3_URI.fullmatch(s3_uri)
        if match is None:
            message = f"{s3_uri!r} is not an S3 URI; accepted: s3://BUCKET/KEY, or s3://BUCKET/PREFIX/"
            raise ValueError(message)
        bucket, key = match["bucket"], match["key"]
        return cls(
            scope,
            construct_id,
            bucket=bucket,
            key=key,
            version=s3_uri,
            sha256=sha256,
            encryption_key=encryption_key,
        )

    def grant_read(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal load this model, and nothing else of its bucket.

        Args:
            grantee: Who, or a managed policy.
        """
        grants = []
        if self._encryption_key is not None:
            through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{Stack.of(self).region}.amazonaws.com"}}
            grants.append(_grant(grantee, "kms:Decrypt", self._encryption_key.key_arn, through_s3))
        if self.compressed:
            grants.append(_grant(grantee, "s3:GetObject", self._arn(self._key)))
        else:
            objects = f"{self._key}*"
            grants.append(_grant(grantee, "s3:GetObject", self._arn(objects)))
            grants.append(_grant(grantee, "s3:ListBucket", self._arn(), {"StringLike": {"s3:prefix": [objects]}}))
            finding = wildcard_finding(self, "s3", f"{self._bucket}/{objects}")
            acknowledge_grant(grantee, {finding: "the model is every file below this prefix"})
        return functools.reduce(aws_iam.Grant.combine, grants)

    def _arn(self, key: str | None = None) -> str:
        return Stack.of(self).format_arn(service="s3", region="", account="", resource=self._bucket, resource_name=key)


def _grant(
    grantee: aws_iam.IGrantable, action: str, arn: str, conditions: Mapping[str, Mapping[str, object]] | None = None
) -> aws_iam.Grant:
    return aws_iam.Grant.add_to_principal(grantee=grantee, actions=[action], resource_arns=[arn], conditions=conditions)
