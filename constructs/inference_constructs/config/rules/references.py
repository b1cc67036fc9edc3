"""The places where a service names a model and an image."""

from collections.abc import Iterator

from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.aws.deep_learning_containers import ACCOUNTS
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.model_source import ModelSource
from inference_constructs.config.models.service import Service


def iter_models(service: Service) -> Iterator[tuple[KeyPath, ModelSource]]:
    """Each place where a service names a model, with the model."""
    for path, model in _iter_values(service, "model"):
        if isinstance(model, ModelSource):
            yield path, model


def iter_images(service: Service) -> Iterator[tuple[KeyPath, Image]]:
    """Each place where a service names an image, with the image."""
    for path, image in _iter_values(service, "image"):
        if isinstance(image, Image):
            yield path, image


def check_published_images(service: Service, region: str) -> Iterator[Finding]:
    """Find AWS's own images in a region for which their account is not known.

    Args:
        service: The service.
        region: Where it runs.
    """
    if region in ACCOUNTS:
        return
    for path, image in iter_images(service):
        if image.deep_learning_container is not None:
            accepted = (
                f'uri, with the account of AWS\'s images in {region}, which is not known here (AWS, "Available images"'
                " of the deep learning containers)"
            )
            place = ("services", service.name, *path, "deep_learning_container")
            yield Finding(path=place, found=shown(image.deep_learning_container), accepted=accepted)


def _iter_values(service: Service, key: str) -> Iterator[tuple[KeyPath, object]]:
    yield (key,), getattr(service, key)
    for index, container in enumerate(service.containers):
        yield ("containers", index, key), getattr(container, key)
    for name, variant in service.variants.items():
        yield ("variants", name, key), getattr(variant, key)
    if service.shadow is not None:
        yield ("shadow", key), getattr(service.shadow, key)
    if service.candidate is not None:
        yield ("candidate", key), getattr(service.candidate, key)
