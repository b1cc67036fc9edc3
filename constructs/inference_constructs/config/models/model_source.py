"""Where a trained model comes from."""

import re
from pathlib import PurePosixPath
from typing import Self

from pydantic import Field, model_validator

from inference_constructs.config.models.base import ConfigModel, RuleError
from inference_constructs.config.models.names import BUCKET_NAME, is_in_bucket

_ARCHIVE = re.compile(r"s3://[^/\s]+/\S+\.tar\.gz")
_PREFIX = re.compile(r"s3://[^/\s]+/\S*/")
#: The version is part of the name: "the latest" would change what a template means without changing the template.
_PACKAGE = re.compile(
    r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}/[1-9]\d*"
)
#: Wildcards and variables of IAM policies.
_NOT_IN_A_POLICY = re.compile(r"[*?]|\$\{")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-z0-9-]+")

_SOURCES = ("path", "s3_uri", "s3_prefix", "model_package_arn")


class ModelSource(ConfigModel):
    """Where the trained model is: a folder here, an archive or files in S3, or a model package. One of them."""

    path: str | None = Field(
        default=None, description="folder with the model, relative to service.yaml, such as model/"
    )
    s3_uri: str | None = Field(
        default=None, description="an archive in S3, such as s3://bucket/models/1.2.0/model.tar.gz"
    )
    s3_prefix: str | None = Field(
        default=None, description="files in S3 to load without unpacking, such as s3://bucket/models/1.2.0/"
    )
    model_package_arn: str | None = Field(
        default=None, description="a version of a model package, such as arn:aws:sagemaker:…:model-package/group/3"
    )
    package_artifacts: str | None = Field(
        default=None, description="what the model package loads, such as s3://bucket/pipelines/; only this may be read"
    )

    sha256: str | None = Field(
        default=None, description="SHA-256 of the archive at s3_uri, 64 hexadecimal digits; pods on EKS check it"
    )
    kms_key_arn: str | None = Field(
        default=None, description="the key that what is in S3 is encrypted with, if it is a customer's key"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [key for key in _SOURCES if getattr(self, key) is not None]
        if len(given) != 1:
            value = getattr(self, given[0]) if given else None
            raise RuleError(given[0] if given else "path", value, accepted=f"exactly one of {', '.join(_SOURCES)}")
        if self.path is not None:
            check_relative("path", self.path)
        self._check_s3("s3_uri", _ARCHIVE, "s3://BUCKET/KEY.tar.gz")
        self._check_s3("s3_prefix", _PREFIX, "s3://BUCKET/PREFIX/, ending with a slash")
        self._check_s3("package_artifacts", _PREFIX, "s3://BUCKET/PREFIX/, ending with a slash")
        self._check_package()
        self._check_key()
        self._check_digest()
        return self

    def _check_digest(self) -> None:
        if self.sha256 is not None and (self.s3_uri is None or not _DIGEST.fullmatch(self.sha256)):
            accepted = "64 hexadecimal digits in lower case" if self.s3_uri else "sha256 together with s3_uri only"
            raise RuleError("sha256", self.sha256, accepted=accepted)

    def _check_key(self) -> None:
        key = self.kms_key_arn
        if key is None:
            return
        if self.path is not None:
            accepted = "no key with a folder: the CDK's bucket has its own (cdk bootstrap --bootstrap-customer-key)"
            raise RuleError("kms_key_arn", key, accepted=accepted)
        if not _KEY.fullmatch(key):
            raise RuleError("kms_key_arn", key, accepted="arn:aws:kms:REGION:ACCOUNT:key/ID")

    def _check_s3(self, key: str, pattern: re.Pattern[str], accepted: str) -> None:
        value = getattr(self, key)
        if value is None:
            return
        if not pattern.fullmatch(value):
            raise RuleError(key, value, accepted=accepted)
        if _NOT_IN_A_POLICY.search(value):
            accepted = f"{accepted}, without *, ? and ${{…}}: the role's policy would allow every key that they match"
            raise RuleError(key, value, accepted=accepted)
        if not is_in_bucket(value):
            raise RuleError(key, value, accepted=f"{accepted}; BUCKET: {BUCKET_NAME}")

    def _check_package(self) -> None:
        arn = self.model_package_arn
        if arn is not None and not _PACKAGE.fullmatch(arn):
            accepted = "arn:aws:sagemaker:REGION:ACCOUNT:model-package/GROUP/VERSION, with a version"
            raise RuleError("model_package_arn", arn, accepted=accepted)
        if (arn is None) != (self.package_artifacts is None):
            accepted = "an S3 prefix together with model_package_arn, since the package's model is read from there"
            raise RuleError("package_artifacts", self.package_artifacts, accepted=accepted)


def check_relative(key: str, path: str) -> None:
    """Refuse a path that could leave the folder it is relative to.

    Raises:
        RuleError: It is absolute, leads upwards or has backslashes.
    """
    parsed = PurePosixPath(path)
    if not path or parsed.is_absolute() or ".." in parsed.parts or "\\" in path:
        raise RuleError(key, path, accepted="a relative path with forward slashes and without `..`")
