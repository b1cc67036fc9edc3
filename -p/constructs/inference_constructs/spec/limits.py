"""Whether what an environment asks for fits into its account's quotas."""

from collections import Counter
from collections.abc import Iterable, Mapping

from inference_constructs.spec.base import RuleError
from inference_constructs.spec.rollout import Strategy
from inference_constructs.spec.scaling import Scaling
from inference_constructs.spec.service import Service

_BOTH_FLEETS = 2


def check_limits(services: Iterable[Service], instances: Mapping[str, int], gpus: int | None) -> None:
    """Refuse more than an account's quotas allow, with every service at its most and its new version beside the old.

    Args:
        services: What runs in the environment.
        instances: Most SageMaker instances by type; a type that is not named is not checked.
        gpus: Most GPUs of all services together, None for no check.

    Raises:
        RuleError: The first quota that is exceeded.
    """
    needed, accelerators = _needs(services)
    for kind, most in instances.items():
        if needed[kind] > most:
            accepted = f"{needed[kind]} or more, which the services need at most, or smaller scaling.max"
            raise RuleError(f"limits.instances.{kind}", most, accepted=accepted)
    if gpus is not None and accelerators > gpus:
        accepted = f"{accelerators} or more, which the services need at most, or smaller scaling.max"
        raise RuleError("limits.gpus", gpus, accepted=accepted)


def _needs(services: Iterable[Service]) -> tuple[Counter[str], int]:
    """The most instances by type, and the most GPUs, that all services may have at once."""
    instances: Counter[str] = Counter()
    gpus = 0
    for service in services:
        if service.backend == "eks" and service.eks is not None:
            gpus += sum(_most(fleet.scaling) for fleet in service.fleets) * (service.eks.gpus or 0)
            continue
        rolling = service.rollout is not None and service.rollout.strategy is Strategy.ROLLING
        for variant in service.all_variants:
            kind = variant.compute.instance
            if kind is not None:
                most = _most(variant.scaling) * (1 if rolling else _BOTH_FLEETS)
                instances[kind.name] += most
                gpus += most * kind.gpus
    return instances, gpus


def _most(scaling: Scaling) -> int:
    return max([scaling.max, *(schedule.max for schedule in scaling.schedules)])
