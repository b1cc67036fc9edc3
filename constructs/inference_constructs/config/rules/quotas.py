"""Whether what an environment asks for fits into its account's quotas."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.rollout import Strategy
from inference_constructs.config.models.scaling import Scaling
from inference_constructs.config.models.service import Service

_BOTH_FLEETS = 2


def check_limits(
    services: Iterable[Service], instances: Mapping[str, int], gpus: int | None, *, cells: int = 1
) -> None:
    """Refuse more than an account's quotas allow, with every service at its most and its new version beside the old.

    Args:
        services: What runs in the environment.
        instances: Most SageMaker instances by type; a type that is not named is not checked.
        gpus: Most GPUs of all services together, None for no check.
        cells: How many clusters each service on EKS runs on.

    Raises:
        RuleError: The first quota that is exceeded.
    """
    needed, accelerators = _needs(services, cells)
    for kind, most in instances.items():
        if needed[kind] > most:
            accepted = f"{needed[kind]} or more, which the services need at most, or smaller scaling.max"
            raise RuleError(f"limits.instances.{kind}", most, accepted=accepted)
    if gpus is not None and accelerators > gpus:
        accepted = f"{accelerators} or more, which the services need at most, or smaller scaling.max"
        raise RuleError("limits.gpus", gpus, accepted=accepted)


def _needs(services: Iterable[Service], cells: int) -> tuple[Counter[str], int]:
    """The most instances by type, and the most GPUs, that all services may have at once."""
    instances: Counter[str] = Counter()
    gpus = 0
    for service in services:
        if service.backend == "eks" and service.eks is not None:
            gpus += cells * _most_pods(service) * (service.eks.gpus or 0)
            continue
        rolling = service.rollout is not None and service.rollout.strategy is Strategy.ROLLING
        for variant in service.all_variants:
            kind = variant.compute.instance
            if kind is not None:
                most = _most(variant.scaling) * (1 if rolling else _BOTH_FLEETS)
                instances[kind.name] += most
                gpus += most * kind.gpus
    return instances, gpus


def _most_pods(service: Service) -> int:
    """The most pods in one cell, with those that a rollout adds to each fleet: `maxSurge`, which is rounded up."""
    batch = (service.rollout.percent if service.rollout is not None else None) or 100
    most = [_most(fleet.scaling) for fleet in service.fleets]
    return sum(each + math.ceil(each * batch / 100) for each in most)


def _most(scaling: Scaling) -> int:
    return max([scaling.max, *(schedule.max for schedule in scaling.schedules)])
