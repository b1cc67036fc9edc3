"""Which values of a service exclude each other, whatever serves it."""

import re

from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.service import Service
from inference_constructs.config.models.variant import Container
from inference_constructs.config.rules.variables import check_variables

_MOST_VARIANTS = 10  # CreateEndpointConfig, ProductionVariants
_MOST_CONTAINERS = 15  # CreateModel, Containers
#: What pods take as names; SageMaker takes fewer.
_VARIABLE = re.compile(r"[-._A-Za-z][-._A-Za-z0-9]*")


def check_service(service: Service) -> None:
    """Refuse what no backend can serve.

    Raises:
        RuleError: The first rule that is broken.
    """
    _check_variants(service)
    _check_containers(service)


def _check_containers(service: Service) -> None:
    if service.containers:
        for key in ("model", "image", "environment"):
            if getattr(service, key):
                raise RuleError(
                    key, "together with containers", accepted=f"containers, or {key} for a single container"
                )
        if not 2 <= len(service.containers) <= _MOST_CONTAINERS:  # noqa: PLR2004 - one container is no pipeline
            raise RuleError("containers", len(service.containers), accepted=f"2 to {_MOST_CONTAINERS} containers")
        names = [container.name for container in service.containers]
        if len(set(names)) != len(names):
            raise RuleError("containers", names, accepted="each name once")
    for container in service.all_containers:
        _check_container(container, "containers" if service.containers else "")


def _check_container(container: Container, where: str) -> None:
    packaged = container.model is not None and container.model.model_package_arn is not None
    prefix = f"{where}." if where else ""
    for name, value in container.environment.items():
        if not _VARIABLE.fullmatch(name):
            accepted = "names of letters, digits, hyphens, dots and underscores that do not start with a digit"
            raise RuleError(f"{prefix}environment.{name}", value, accepted=accepted)
    check_variables(container, f"{prefix}environment")
    if container.image is None:
        raise RuleError(
            f"{prefix}image", None, accepted="{build: FOLDER}, {uri: IMAGE} or {deep_learning_container: …}"
        )
    if packaged and container.image.build is not None:
        accepted = "the image that the model package runs, by uri or deep_learning_container: its role has to pull it"
        raise RuleError(f"{prefix}image.build", container.image.build, accepted=accepted)
    if container.model is None and not where:
        raise RuleError("model", None, accepted="{path: model/}, {s3_uri: …}, {s3_prefix: …} or {model_package_arn: …}")


def _check_variants(service: Service) -> None:
    if len(service.variants) > _MOST_VARIANTS:
        raise RuleError("variants", len(service.variants), accepted=f"up to {_MOST_VARIANTS} variants")
    names = [name.casefold() for name in service.variants]
    twice = sorted(name for name in service.variants if names.count(name.casefold()) > 1)
    if twice:
        raise RuleError("variants", twice, accepted="names that differ in more than upper and lower case")
    if service.variants and not any(variant.weight for variant in service.variants.values()):
        raise RuleError("variants", "every weight is 0", accepted="at least one weight above 0")
    if service.containers and any(variant.model or variant.image for variant in service.variants.values()):
        raise RuleError(
            "variants", "a model or image", accepted="containers, or variants with their own model and image"
        )
