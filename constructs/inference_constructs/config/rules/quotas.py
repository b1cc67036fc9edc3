"""Whether what an environment asks for fits into its account's quotas."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.environment import Limits
from inference_constructs.config.models.scaling import Scaling


@dataclass(frozen=True, kw_only=True)
class Needs:
    """The most that a service may have at once, its new version beside the old.

    Attributes:
        instances: SageMaker instances by type.
        gpus: GPUs.
    """

    instances: Counter[str] = field(default_factory=Counter)
    gpus: int = 0


def check_quotas(needs: Iterable[Needs], limits: Limits) -> None:
    """Refuse more than an account's quotas allow.

    Args:
        needs: What each service of the environment needs.
        limits: The quotas that the environment names; others are not checked.

    Raises:
        RuleError: The first quota that is exceeded.
    """
    instances: Counter[str] = Counter()
    gpus = 0
    for each in needs:
        instances += each.instances
        gpus += each.gpus
    for kind, most in limits.instances.items():
        if instances[kind] > most:
            accepted = f"{instances[kind]} or more, which the services need at most, or smaller scaling.max"
            raise RuleError(f"limits.instances.{kind}", most, accepted=accepted)
    if limits.gpus is not None and gpus > limits.gpus:
        accepted = f"{gpus} or more, which the services need at most, or smaller scaling.max"
        raise RuleError("limits.gpus", limits.gpus, accepted=accepted)


def most_at_once(scaling: Scaling) -> int:
    """The most instances or pods that scaling allows at any time."""
    return max([scaling.max, *(schedule.max for schedule in scaling.schedules)])
