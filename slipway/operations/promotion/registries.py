"""Where models are kept, S3 and the model registry: whether one is there, approved, and what its checksum is."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from slipway.operations.aws.clients import error_code
from slipway.operations.errors import OperationError, WrongUsageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import DescribeModelPackageOutputTypeDef

_PATIENT: Final = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=5, read_timeout=60)
_CHUNK_BYTES: Final = 1 << 20
_URI: Final = re.compile(r"s3://([^/]+)/(.+)")
_MISSING: Final = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound"})


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object in S3.

    Attributes:
        uri: Where it is.
        region: The region of its bucket.
        kms_key_arn: The key that it is encrypted with, None for S3's own.
        sha256: Its SHA-256 in hexadecimal digits, if S3 has one of the whole object.
    """

    uri: str
    region: str
    kms_key_arn: str | None
    sha256: str | None


@dataclass(frozen=True, kw_only=True)
class RegisteredPackage:
    """An approved version of a model package.

    Attributes:
        arn: Its ARN, with the version.
        image: The image it runs.
        data: What it loads, in S3.
    """

    arn: str
    image: str
    data: str

    @property
    def region(self) -> str:
        """The region it is registered in."""
        return self.arn.split(":")[3]


@dataclass(frozen=True, kw_only=True)
class ModelStores:
    """The clients that answer for models."""

    s3: S3Client
    sagemaker: SageMakerClient

    @classmethod
    def of_region(cls, region: str) -> Self:
        """Clients with the credentials that boto3 finds.

        Raises:
            WrongUsageError: `AWS_ENDPOINT_URL` is no URL.
        """
        session = boto3.Session(region_name=region)
        try:
            return cls(s3=session.client("s3", config=_PATIENT), sagemaker=session.client("sagemaker", config=_PATIENT))
        except ValueError as error:
            raise WrongUsageError(f"AWS clients cannot be made of the settings: {error}.") from error

    def find_object(self, uri: str) -> StoredObject:
        """Look an object up, or under a prefix the first one.

        Raises:
            OperationError: There is none.
        """
        bucket, key = split(uri)
        try:
            region = self.s3.head_bucket(Bucket=bucket).get("BucketRegion", "us-east-1")
            if key.endswith("/"):
                key = self._first_key(bucket, key)
            head = self.s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error_code(error) not in _MISSING:
                raise
            raise OperationError(f"There is no {uri}; nothing was changed.") from error
        whole = head.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
        checksum = head.get("ChecksumSHA256") if whole else None
        # The checksum of an upload in parts is one of checksums, which its end shows.
        digest = base64.b64decode(checksum).hex() if checksum and "-" not in checksum else None
        return StoredObject(uri=uri, region=region, kms_key_arn=head.get("SSEKMSKeyId"), sha256=digest)

    def _first_key(self, bucket: str, prefix: str) -> str:
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents", [])
        if not found:
            raise OperationError(f"There is nothing under s3://{bucket}/{prefix}; nothing was changed.")
        return found[0]["Key"]

    def sha256(self, found: StoredObject) -> str:
        """The SHA-256 of an object: S3's own if it has one, otherwise of every byte, read once."""
        if found.sha256 is not None:
            return found.sha256
        bucket, key = split(found.uri)
        digest = hashlib.sha256()
        with closing(self.s3.get_object(Bucket=bucket, Key=key)["Body"]) as body:
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def latest_approved(self, group: str) -> RegisteredPackage:
        """The newest approved version of a model package group.

        Raises:
            OperationError: There is no group of that name, or no approved version that is complete.
        """
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group,
            ModelApprovalStatus="Approved",
            SortBy="CreationTime",
            SortOrder="Descending",
        )
        try:
            for page in pages:
                for summary in page["ModelPackageSummaryList"]:
                    if summary["ModelPackageStatus"] == "Completed":
                        return self.package(summary["ModelPackageArn"])
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise OperationError(f"There is no model package group {group}; nothing was changed.") from error
        raise OperationError(f"The model package group {group} has no approved version; nothing was changed.")

    def package(self, arn: str) -> RegisteredPackage:
        """A version of a model package, if it is approved.

        Raises:
            OperationError: It is not there, not approved, not complete, or has more than one container.
        """
        try:
            found = self.sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise OperationError(f"There is no model package {arn}; nothing was changed.") from error
        status, approval = found["ModelPackageStatus"], found.get("ModelApprovalStatus", "without a status")
        if approval != "Approved" or status != "Completed":
            raise OperationError(
                f"The model package {arn} is {approval} and {status}; it has to be Approved and Completed. Nothing was"
                " changed."
            )
        return _package(found, arn)


def _package(found: DescribeModelPackageOutputTypeDef, arn: str) -> RegisteredPackage:
    containers = found.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1:
        raise OperationError(
            f"The model package {arn} has {len(containers)} containers; a service's model has one. Nothing was changed."
        )
    (container,) = containers
    data = container.get("ModelDataUrl") or container.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")
    image = container.get("Image")
    if not data or not image:
        raise OperationError(f"The model package {arn} names no model data or no image; nothing was changed.")
    return RegisteredPackage(arn=arn, image=image, data=data)


def split(uri: str) -> tuple[str, str]:
    """The bucket and the key of an S3 URI.

    Raises:
        WrongUsageError: It is none.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise WrongUsageError(f"`{uri}`; accepted: s3://BUCKET/KEY.tar.gz, or s3://BUCKET/PREFIX/ ending with a slash.")
    return found[1], found[2]


def folder_of(uri: str) -> str:
    """The prefix that an object is right under."""
    return uri if uri.endswith("/") else uri.rpartition("/")[0] + "/"
