"""The container image that serves a model and who may pull it."""

import re
from pathlib import Path
from typing import Self

from aws_cdk import Stack, Token, aws_ecr, aws_ecr_assets, aws_iam
from constructs import Construct

from inference_constructs.config.models.aws.deep_learning_containers import ACCOUNTS
from inference_constructs.config.models.instance_types import Architecture

_ECR_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)[:@](?P<version>.+)"
)
_PLATFORMS = {"x86_64": aws_ecr_assets.Platform.LINUX_AMD64, "arm64": aws_ecr_assets.Platform.LINUX_ARM64}


class ContainerImage(Construct):
    """An image in Amazon ECR.

    Attributes:
        uri: The image with its tag or digest.
        repository: The repository it is in; `grant_pull(role)` lets a role use it.
        version: What changes whenever the image does, known at synth.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, uri: str, repository: aws_ecr.IRepository, version: str
    ) -> None:
        """Refer to an image.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            uri: The image with its tag or digest.
            repository: The repository it is in.
            version: What changes whenever the image does, known at synth.
        """
        super().__init__(scope, construct_id)
        self.version = version
        self.uri = uri
        self.repository = repository

    def grant_pull(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal pull images of this repository.

        Args:
            grantee: Who, or a managed policy.
        """
        return self.repository.grant_pull(grantee)

    @classmethod
    def from_build(cls, scope: Construct, construct_id: str, *, folder: Path, architecture: Architecture) -> Self:
        """Have the CDK build and push an image when it deploys.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            folder: What holds the Dockerfile and everything it copies.
            architecture: The processor of the instances that will run it.

        Raises:
            ValueError: The folder holds no Dockerfile.
        """
        if not (folder / "Dockerfile").is_file():
            message = f"{folder}: holds no Dockerfile; accepted: a folder to build the image from, such as serving"
            raise ValueError(message)
        asset = aws_ecr_assets.DockerImageAsset(
            scope,
            f"{construct_id}Asset",
            directory=str(folder),
            platform=_PLATFORMS[architecture],
            exclude=["**/__pycache__"],  # what running the server here leaves behind must not change the image
        )
        return cls(scope, construct_id, uri=asset.image_uri, repository=asset.repository, version=asset.asset_hash)

    @classmethod
    def from_uri(cls, scope: Construct, construct_id: str, *, uri: str) -> Self:
        """Refer to an image that is in ECR, in this account or another.

        Raises:
            ValueError: It is no ECR image with a tag or digest; SageMaker hosts no other without a registry adapter.
        """
        match = _ECR_URI.fullmatch(uri)
        if match is None:
            message = f"{uri!r} is not an image in Amazon ECR; accepted: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG"
            raise ValueError(message)
        arn = Stack.of(scope).format_arn(
            service="ecr",
            account=match["account"],
            region=match["region"],
            resource="repository",
            resource_name=match["name"],
        )
        repository = aws_ecr.Repository.from_repository_attributes(
            scope, f"{construct_id}Repository", repository_arn=arn, repository_name=match["name"]
        )
        return cls(scope, construct_id, uri=uri, repository=repository, version=uri)

    @classmethod
    def from_deep_learning_container(cls, scope: Construct, construct_id: str, *, repository: str, tag: str) -> Self:
        """Refer to one of AWS's deep learning containers, which are in an account of AWS's in each region.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            repository: Such as `pytorch-inference`.
            tag: Such as `2.6.0-cpu-py312-ubuntu22.04-sagemaker`.

        Raises:
            ValueError: The stack's region is not known at synth, or has no such containers.
        """
        stack = Stack.of(scope)
        if Token.is_unresolved(stack.region):
            message = f"{repository}: the account of AWS's containers depends on the region, which the stack must name"
            raise ValueError(message)
        account = ACCOUNTS.get(stack.region)
        if account is None:
            message = f"{repository}: AWS has no deep learning containers in {stack.region}"
            raise ValueError(message)
        suffix = "amazonaws.com.cn" if stack.region.startswith("cn-") else "amazonaws.com"
        uri = f"{account}.dkr.ecr.{stack.region}.{suffix}/{repository}:{tag}"
        return cls.from_uri(scope, construct_id, uri=uri)
