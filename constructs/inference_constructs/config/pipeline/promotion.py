"""`promotions:` of `pipeline.yaml`: models to propose as branches once a registry approves them."""

import re
from typing import Final, Self

from pydantic import Field, model_validator

from inference_constructs.config.models.base import ConfigModel, RuleError
from inference_constructs.config.models.names import BUCKET_NAME, is_in_bucket
from inference_constructs.config.models.regions import is_commercial_region

#: The name as in the SageMaker API reference, "CreateModelPackageGroup".
_GROUP: Final = re.compile(r"arn:aws:sagemaker:[a-z0-9-]+:\d{12}:model-package-group/[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
#: A bucket and a prefix in it: neither the whole bucket nor a pattern.
_PREFIX: Final = re.compile(r"s3://[^/\s]+/[^/*?\s][^*?\s]*/")
_KEY: Final = re.compile(r"arn:aws:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[a-z0-9-]+")


class Promotion(ConfigModel):
    """A service whose newly approved models are proposed as branches, and where they are registered."""

    service: str = Field(description="the service, as `operations promote` takes it, such as churn")
    model_package_group: str = Field(
        description="the group whose approvals count: arn:aws:sagemaker:REGION:ACCOUNT:model-package-group/NAME, with"
        " the capitals that its name has"
    )
    artifacts: str = Field(description="the prefix in S3 under which the group's models are: s3://BUCKET/PREFIX/")
    artifacts_key_arn: str | None = Field(
        default=None, description="the KMS key that the models are encrypted with, if it is a customer's"
    )
    environment: str | None = Field(
        default=None, description="the environment whose own pin is moved, such as staging; else service.yaml's is"
    )
    region: str | None = Field(
        default=None, description="the one of the environment's regions whose pin is moved, where it has several"
    )

    @property
    def name(self) -> str:
        """Identifies it: the service, and the environment and the region if it has them."""
        return "-".join(part for part in (self.service, self.environment, self.region) if part is not None)

    @property
    def group_region(self) -> str:
        """The region that the group is in."""
        return self.model_package_group.split(":")[3]

    @property
    def group_account(self) -> str:
        """The account that has the group, 12 digits."""
        return self.model_package_group.split(":")[4]

    @property
    def group_name(self) -> str:
        """What the group is called in its account."""
        return self.model_package_group.partition("/")[2]

    @property
    def bucket(self) -> str:
        """The bucket that the models are in."""
        return self.artifacts.split("/")[2]

    @property
    def prefix(self) -> str:
        """The prefix in the bucket, which ends with a slash."""
        return self.artifacts.split("/", 3)[3]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not _GROUP.fullmatch(self.model_package_group) or not is_commercial_region(self.group_region):
            accepted = "arn:aws:sagemaker:REGION:ACCOUNT:model-package-group/NAME, in a region such as us-east-1"
            raise RuleError("model_package_group", self.model_package_group, accepted=accepted)
        if not _PREFIX.fullmatch(self.artifacts) or not is_in_bucket(self.artifacts):
            accepted = f"s3://BUCKET/PREFIX/, ending with a slash; BUCKET: {BUCKET_NAME}"
            raise RuleError("artifacts", self.artifacts, accepted=accepted)
        key = _KEY.fullmatch(self.artifacts_key_arn) if self.artifacts_key_arn is not None else None
        if self.artifacts_key_arn is not None and (key is None or not is_commercial_region(key["region"])):
            accepted = "arn:aws:kms:REGION:ACCOUNT:key/ID, in a region such as us-east-1"
            raise RuleError("artifacts_key_arn", self.artifacts_key_arn, accepted=accepted)
        if self.region is not None and self.environment is None:
            raise RuleError("region", self.region, accepted="a region of the environment that `environment` names")
        return self
