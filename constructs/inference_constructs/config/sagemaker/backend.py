"""SageMaker as a backend of the configuration."""

from collections.abc import Iterable, Sequence

from inference_constructs.config.backend import BackendConfig
from inference_constructs.config.errors import Finding
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.models.rollout import Strategy
from inference_constructs.config.rules.advice import Advice
from inference_constructs.config.rules.quotas import Needs, most_at_once
from inference_constructs.config.sagemaker.advice import advise
from inference_constructs.config.sagemaker.buckets import check_buckets
from inference_constructs.config.sagemaker.regions import check_egress, check_region
from inference_constructs.config.sagemaker.rules import check_on_sagemaker
from inference_constructs.config.sagemaker.service import SageMakerSettings, ServiceOnSageMaker

_BOTH_FLEETS = 2


class SageMakerConfig(BackendConfig[ServiceOnSageMaker]):
    """Services behind real-time endpoints."""

    name = "sagemaker"
    service = ServiceOnSageMaker
    settings = SageMakerSettings
    settings_description = "what only the SageMaker backend needs: {instance_type: ml.c7i.large}"

    def check_service(self, service: ServiceOnSageMaker) -> None:
        """Refuse what SageMaker refuses later, or what would be an outage."""
        check_on_sagemaker(service)

    def needs(self, service: ServiceOnSageMaker, environment: Environment) -> Needs:
        """Every variant's instances; twice as many while the old and the new fleet run side by side."""
        del environment
        needs = Needs()
        gpus = 0
        rolling = service.rollout is not None and service.rollout.strategy is Strategy.ROLLING
        for variant in service.all_variants:
            kinds = variant.compute.instances
            most = most_at_once(variant.scaling) * (1 if rolling else _BOTH_FLEETS)
            for kind in kinds:  # each of the types may have to carry all of it
                needs.instances[kind.name] += most
            gpus += most * max((kind.gpus for kind in kinds), default=0)
        return Needs(instances=needs.instances, gpus=gpus)

    def findings_together(self, environments: Sequence[Environment]) -> Iterable[tuple[Environment, Finding]]:
        """Buckets that are named in two regions."""
        return check_buckets(environments)

    def advice(self, environment: Environment) -> Iterable[Advice]:
        """Accelerated instances in numbers that nothing bounds."""
        return advise(environment)

    def findings(self, environment: Environment) -> Iterable[Finding]:
        """What is in another region than SageMaker looks for it, and a way out of the network that is not there."""
        yield from check_region(environment)
        yield from check_egress(environment)
