"""What a service on SageMaker names that has to be in its own region."""

from collections.abc import Iterator

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.rules.references import iter_images, iter_models
from inference_constructs.config.sagemaker.service import ServiceOnSageMaker


def check_region(environment: Environment) -> Iterator[Finding]:
    """Find what SageMaker would have to load from another region.

    "The model artifacts in an Amazon S3 bucket and the Docker image for inference container in Amazon EC2 Container
    Registry must be in the same region as the model or endpoint you are creating" (SageMaker API reference,
    "ContainerDefinition"). A bucket's name does not show its region; the ARN of the key that encrypts it does, since S3
    takes keys of the bucket's own region only (S3 User Guide, "Using server-side encryption with AWS KMS keys").

    Args:
        environment: The environment as it is in one of its regions.
    """
    for service in environment.services_of(ServiceOnSageMaker):
        there: list[tuple[KeyPath, str, str]] = []
        for path, image in iter_images(service):
            if image.uri is not None:
                there.append(((*path, "uri"), image.uri, image.uri.split(".")[3]))
        for path, model in iter_models(service):
            for key in ("model_package_arn", "kms_key_arn"):
                arn = getattr(model, key)
                if arn is not None:
                    there.append(((*path, key), arn, arn.split(":")[3]))
        for path, value, region in there:
            if region != environment.region:
                accepted = (
                    f"one of {environment.region}, where {service.name} runs: SageMaker loads nothing from another"
                    " region; under `regions:` each region sets its own"
                )
                yield Finding(path=("services", service.name, *path), found=shown(value), accepted=accepted)
