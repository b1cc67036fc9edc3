"""Whether AWS's own images run on what a variant runs on: it takes half an hour to fail in AWS."""

from collections.abc import Iterator

from inference_constructs.config.models.aws.deep_learning_containers import DeepLearningContainer, mismatches
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.compute import CUDA_OF_AMIS, Compute
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.variant import ResolvedVariant
from inference_constructs.config.sagemaker.service import ServiceOnSageMaker


def check_images(service: ServiceOnSageMaker, variant: ResolvedVariant) -> None:
    """Refuse images that cannot run on the variant's instances.

    Args:
        service: The service.
        variant: One of its versions.

    Raises:
        RuleError: The first image and reason.
    """
    for container in variant.containers:
        image = container.image
        published = image.published if image is not None else None
        for accepted in _reasons(published, variant.compute) if published is not None else ():
            raise RuleError(_place(service, variant, image), published.tag if published else None, accepted=accepted)


def _reasons(image: DeepLearningContainer, compute: Compute) -> Iterator[str]:
    if image.without_a_sagemaker_server:
        yield "a tag that ends with -sagemaker, or is not for EC2: SageMaker asks /ping on port 8080"
    if compute.serverless is not None:
        yield from mismatches(image, architecture="x86_64", accelerator=None)
    for instance in compute.instances:
        on = f" ({instance.name})"
        family = instance.family
        found = mismatches(image, architecture=family.architecture, accelerator=family.accelerator)
        yield from (f"{accepted}{on}" for accepted in found)
        inf1 = instance.name.startswith("ml.inf1.")
        if image.accelerator == "neuron" and image.first_generation_neuron != inf1:
            yield f"an image with {'neuron' if inf1 else 'neuronx'} in its name or tag{on}"
    ami = compute.inference_ami_version
    driver = CUDA_OF_AMIS.get(ami) if ami is not None else None
    if driver is not None and image.cuda is not None and image.cuda > driver:
        yield f"an image with CUDA up to {driver}, or another inference_ami_version than {ami}"


def _place(service: ServiceOnSageMaker, variant: ResolvedVariant, image: Image | None) -> str:
    own = service.variants.get(variant.name)
    if own is not None and own.image is image:
        return f"variants.{variant.name}.image.version"
    if service.shadow is not None and service.shadow.image is image:
        return "shadow.image.version"
    return "containers.image.version" if service.containers else "image.version"
