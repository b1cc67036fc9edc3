"""What a service on SageMaker names that its environment has to have: in its region, or in its network."""

from collections.abc import Iterator

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.compute import Compute
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.rules.references import check_published_images, iter_images, iter_models
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
        yield from check_published_images(service, environment.region)
        for path, value, region in _named(service):
            if region != environment.region:
                accepted = (
                    f"one of {environment.region}, where {service.name} runs: SageMaker loads nothing from another"
                    " region; under `regions:` each region sets its own"
                )
                yield Finding(path=("services", service.name, *path), found=shown(value), accepted=accepted)


def check_egress(environment: Environment) -> Iterator[Finding]:
    """Find services whose containers are to reach the internet from a network that has no way there.

    Args:
        environment: The environment as it is in one of its regions.
    """
    network = environment.network
    way_out = network.existing.private_subnets if network.existing is not None else network.nat_gateways
    for service in environment.services_of(ServiceOnSageMaker):
        if service.sagemaker.egress == "internet" and not way_out:
            where = "network.existing.private_subnets" if network.existing is not None else "network.nat_gateways: 1"
            accepted = f"vpc, or a way to the internet in the environment ({where}, or more)"
            yield Finding(
                path=("services", service.name, "sagemaker", "egress"), found=shown("internet"), accepted=accepted
            )


def _named(service: ServiceOnSageMaker) -> Iterator[tuple[KeyPath, str, str]]:
    """What a service names by its region: where, the value, and the region."""
    for path, image in iter_images(service):
        if image.uri is not None:
            yield (*path, "uri"), image.uri, image.uri.split(".")[3]
    for path, model in iter_models(service):
        for key in ("model_package_arn", "kms_key_arn"):
            arn = getattr(model, key)
            if arn is not None:
                yield (*path, key), arn, arn.split(":")[3]
    for path, compute in _computes(service):
        if compute.capacity_reservation is not None:
            plan = compute.capacity_reservation.ml_reservation_arn
            yield (*path, "capacity_reservation", "ml_reservation_arn"), plan, plan.split(":")[3]


def _computes(service: ServiceOnSageMaker) -> Iterator[tuple[KeyPath, Compute]]:
    yield ("sagemaker",), service.sagemaker
    for name, variant in service.variants.items():
        if variant.sagemaker is not None:
            yield ("variants", name, "sagemaker"), variant.sagemaker
    if service.shadow is not None and service.shadow.sagemaker is not None:
        yield ("shadow", "sagemaker"), service.shadow.sagemaker
