"""What services on SageMaker may say, and what it costs on a bad day."""

from collections import Counter
from collections.abc import Iterator

from inference_constructs.config.models.environment import Environment
from inference_constructs.config.rules.advice import Advice
from inference_constructs.config.rules.quotas import most_at_once
from inference_constructs.config.sagemaker.service import ServiceOnSageMaker

#: More accelerated instances of a type than people have by accident.
_MANY = 50


def advise(environment: Environment) -> Iterator[Advice]:
    """Report accelerated instances in large numbers that no limit of the environment bounds.

    Args:
        environment: The environment in one of its regions.
    """
    if environment.limits.gpus is not None:
        return
    instances: Counter[str] = Counter()
    for service in environment.services_of(ServiceOnSageMaker):
        for variant in service.all_variants:
            kind = variant.compute.instance
            if kind is not None and kind.family.accelerator is not None:
                instances[kind.name] += most_at_once(variant.scaling)
    for name, number in instances.items():
        if number > _MANY and name not in environment.limits.instances:
            yield Advice(
                key="limits.instances",
                sentence=f"names no {name}, of which services may scale to {number}: with its quota there, a slip in"
                " scaling.max is rejected before it is billed",
            )
