"""Where the pipeline's commits come from."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.config.models.base import ConfigModel, RuleError
from inference_constructs.config.models.names import BUCKET_NAME, is_bucket_name
from inference_constructs.config.models.regions import is_commercial_region

_CONNECTION = re.compile(
    r"arn:aws:(codeconnections|codestar-connections):(?P<region>[a-z0-9-]+):\d{12}:connection/[0-9a-f-]+"
)
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,254}$")]


class GitHost(ConfigModel):
    """Where the repository of a connection is, as CodeBuild asks for it (API reference, "ProjectSource")."""

    type: Literal["BITBUCKET", "GITHUB", "GITHUB_ENTERPRISE", "GITLAB", "GITLAB_SELF_MANAGED"] = Field(
        default="GITHUB", description="what kind of host it is, such as GITLAB"
    )
    url: Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.:/-]*[a-z0-9]$")] = Field(
        default="https://github.com", description="its address without a slash at the end, such as https://gitlab.com"
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if (self.type == "GITHUB") != (self.url == "https://github.com"):
            accepted = "the address of a host of its `type`; GITHUB is https://github.com, and nothing else is"
            raise RuleError("url", self.url, accepted=accepted)
        return self


class Connection(ConfigModel):
    """A repository at GitHub, GitLab or Bitbucket, through AWS CodeConnections."""

    arn: str = Field(description="the connection's ARN, once it was authorised in the console")
    repository: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$")] = Field(
        description="OWNER/NAME of the repository"
    )
    branch: Branch = Field(default="main", description="the branch whose commits are deployed, such as main")
    host: GitHost = Field(
        default=GitHost(), description="where `promotions` push branches to, if not github.com: {type: …, url: …}"
    )

    @model_validator(mode="after")
    def _is_a_connection(self) -> Self:
        connection = _CONNECTION.fullmatch(self.arn)
        if connection is None or not is_commercial_region(connection["region"]):
            accepted = "arn:aws:codeconnections:REGION:ACCOUNT:connection/ID, in a region such as us-east-1"
            raise RuleError("arn", self.arn, accepted=accepted)
        return self


class SourceBucket(ConfigModel):
    """A zip file of the checkout in a versioned bucket of the tools account, with EventBridge notifications on."""

    bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] = Field(
        description="the bucket's name: versioned, and with EventBridge notifications on"
    )
    key: Annotated[str, StringConstraints(pattern=r"^[^/\s][^\s]*\.zip$")] = Field(
        description="the object's key, which ends with .zip, such as slipway/source.zip"
    )

    @model_validator(mode="after")
    def _is_a_bucket(self) -> Self:
        if not is_bucket_name(self.bucket):
            raise RuleError("bucket", self.bucket, accepted=BUCKET_NAME)
        return self


class CodeCommit(ConfigModel):
    """A CodeCommit repository of the tools account, for accounts that still have the service."""

    repository: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] = Field(description="its name")
    branch: Branch = Field(default="main", description="the branch whose commits are deployed, such as main")


class Source(ConfigModel):
    """Where commits come from. One of them."""

    connection: Connection | None = Field(
        default=None, description="a repository elsewhere: {arn: …, repository: OWNER/NAME, branch: main}"
    )
    s3: SourceBucket | None = Field(default=None, description="a zip file in S3: {bucket: …, key: …}")
    codecommit: CodeCommit | None = Field(default=None, description="CodeCommit: {repository: …, branch: main}")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [key for key in ("connection", "s3", "codecommit") if getattr(self, key) is not None]
        if len(given) != 1:
            value = getattr(self, given[1]) if given else None
            key = given[1] if given else "connection"
            raise RuleError(key, value, accepted="exactly one of connection, s3 and codecommit")
        return self
