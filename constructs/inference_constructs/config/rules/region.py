"""What an environment says that has to be in its region, and would be told by AWS in the middle of a deployment."""

from collections.abc import Iterator

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.rules.references import stated_images, stated_models


def check_region(environment: Environment) -> Iterator[Finding]:
    """Find what SageMaker would have to load from another region.

    "The model artifacts in an Amazon S3 bucket and the Docker image for inference container in Amazon EC2 Container
    Registry must be in the same region as the model or endpoint you are creating" (SageMaker API reference,
    "ContainerDefinition"). A bucket's name does not tell its region; that of the key that encrypts it does, since S3
    takes keys of the bucket's own region only (S3 User Guide, "Using server-side encryption with AWS KMS keys").
    Pods load across regions, only slower, so nothing is said of services on EKS.

    Args:
        environment: The environment as it is in one of its regions.
    """
    for service in environment.services:
        if service.backend != "sagemaker":
            continue
        there: list[tuple[KeyPath, str, str]] = []
        for path, image in stated_images(service):
            if image.uri is not None:
                there.append(((*path, "uri"), image.uri, image.uri.split(".")[3]))
        for path, model in stated_models(service):
            for key in ("model_package_arn", "kms_key_arn"):
                arn = getattr(model, key)
                if arn is not None:
                    there.append(((*path, key), arn, arn.split(":")[3]))
        for path, value, region in there:
            if region != environment.region:
                accepted = (
                    f"one of {environment.region}, where {service.name} runs: SageMaker loads nothing from another"
                    " region; under `regions:` each region says its own"
                )
                yield Finding(path=("services", service.name, *path), found=shown(value), accepted=accepted)


def check_existing_networks(first: Environment, there: Environment) -> Iterator[Finding]:
    """Find whether one region of an environment has its VPC, or subnets, from another; the first such key.

    Args:
        first: The environment in one of its regions.
        there: The environment in another one.
    """
    known, named = first.network.existing, there.network.existing
    if known is None or named is None:
        return
    ids = {known.vpc_id, *known.isolated_subnets, *known.private_subnets, *known.public_subnets}
    accepted = f"ids of {there.region}, or `existing: null` for a VPC of its own: these are {first.region}'s"
    for key in ("vpc_id", "isolated_subnets", "private_subnets", "public_subnets"):
        value = getattr(named, key)
        same = [each for each in ([value] if isinstance(value, str) else value) if each in ids]
        if same:
            path = ("regions", there.region, "network", "existing", key)
            yield Finding(path=path, found=shown(", ".join(same)), accepted=accepted)
            return
