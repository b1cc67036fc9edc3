"""Which values of a service exclude each other on SageMaker: what it refuses later, or what would be an outage."""

import re

from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.rollout import LONGEST_TIMEOUT_S, Rollout, Strategy
from inference_constructs.config.models.scaling import Scaling, ScalingMetric
from inference_constructs.config.models.variant import ResolvedVariant
from inference_constructs.config.sagemaker.images import check_images
from inference_constructs.config.sagemaker.service import ServiceOnSageMaker

_SURVIVES_ONE = 2
#: CreateModel (ContainerDefinition, Environment).
_MOST_VARIABLES, _LONGEST_VARIABLE = 100, 1024
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Utilisation that SageMaker sums, and over what: a target means something else on an instance with more of it.
_SUMMED = {ScalingMetric.CPU_UTILIZATION: "vcpus", ScalingMetric.GPU_UTILIZATION: "gpus"}


def check_on_sagemaker(service: ServiceOnSageMaker) -> None:
    """Refuse what cannot be served on SageMaker.

    Raises:
        RuleError: The first rule that is broken.
    """
    if service.candidate is not None:
        accepted = "no candidate with the backend sagemaker, which keeps both versions and moves the traffic by itself"
        raise RuleError("candidate", "given", accepted=accepted)
    _check_environment(service)
    _check_shadow(service)
    _check_availability(service)
    for variant, where in _with_places(service):
        check_images(service, variant)
        _check_scaling(variant, where)
        _check_serverless(service, variant, where)
    _check_network(service)
    _check_reservations(service)
    _check_rollout(service)


def _check_environment(service: ServiceOnSageMaker) -> None:
    key = "containers.environment" if service.containers else "environment"
    for container in service.all_containers:
        if len(container.environment) > _MOST_VARIABLES:
            accepted = f"up to {_MOST_VARIABLES} with the backend sagemaker"
            raise RuleError(key, f"{len(container.environment)} variables", accepted=accepted)
        for name, value in container.environment.items():
            if not _VARIABLE.fullmatch(name):
                accepted = "names of letters, digits and underscores that do not start with a digit"
                raise RuleError(f"{key}.{name}", value, accepted=accepted)
            if max(len(name), len(value)) > _LONGEST_VARIABLE:
                accepted = f"up to {_LONGEST_VARIABLE} characters with the backend sagemaker"
                raise RuleError(f"{key}.{name}", value, accepted=accepted)


def _check_shadow(service: ServiceOnSageMaker) -> None:
    if service.shadow is None:
        return
    if len(service.variants) > 1:
        names = ", ".join(service.variants)
        raise RuleError("shadow", f"beside {names}", accepted="a shadow beside exactly one production variant")
    if service.containers:
        accepted = "one container, by model and image: SageMaker shadows no inference pipeline"
        raise RuleError("shadow", "with containers", accepted=accepted)
    for variant in service.all_variants:
        if _on_inf1(variant):
            raise RuleError("shadow", "on ml.inf1", accepted="other instances: SageMaker shadows none on ml.inf1")
    if service.shadow.name in [variant.name for variant in service.production_variants]:
        raise RuleError("shadow.name", service.shadow.name, accepted="another name than the production variant's")


def _check_availability(service: ServiceOnSageMaker) -> None:
    """Instances of one variant take over from each other; those of another variant do not."""
    if service.objectives.availability is None:
        return
    accepted = "2 or more instances, so that one may fail, or no objectives.availability (set it to null)"
    for variant, where in _with_places(service, shadow=False):
        if variant.compute.serverless is not None or not variant.weight:
            continue
        if variant.scaling.min < _SURVIVES_ONE:
            raise RuleError(f"{where}scaling.min", variant.scaling.min, accepted=accepted)
        for schedule in variant.scaling.schedules:
            if schedule.min < _SURVIVES_ONE:
                raise RuleError(f"{where}scaling.schedules", schedule.name, accepted=f"a schedule with {accepted}")


def _check_network(service: ServiceOnSageMaker) -> None:
    settings = service.sagemaker
    serverless = any(variant.compute.serverless is not None for variant in service.production_variants)
    if settings.network_isolation:
        if settings.egress is not None:
            accepted = "with network_isolation: false only: isolated containers open no connections"
            raise RuleError("sagemaker.egress", settings.egress, accepted=accepted)
        return
    if serverless:
        accepted = "true with serverless, which has no network of one's own"
        raise RuleError("sagemaker.network_isolation", settings.network_isolation, accepted=accepted)
    if settings.egress is None:
        accepted = "vpc (S3 and the VPC's endpoints) or internet (HTTPS by NAT gateways) with network_isolation: false"
        raise RuleError("sagemaker.egress", None, accepted=accepted)


def _check_reservations(service: ServiceOnSageMaker) -> None:
    """An endpoint has one plan at most (SageMaker Developer Guide, "use-training-plan-for-inference-endpoints")."""
    plans: dict[str, str] = {}
    for variant, where in _with_places(service):
        reservation = variant.compute.capacity_reservation
        if reservation is not None:
            plans.setdefault(reservation.ml_reservation_arn, where)
    if len(plans) > 1:
        arn, where = list(plans.items())[-1]
        key = f"{where}sagemaker.capacity_reservation.ml_reservation_arn"
        raise RuleError(key, arn, accepted=f"one plan for all variants, such as {next(iter(plans))}")


def _check_scaling(variant: ResolvedVariant, where: str) -> None:
    instance, scaling = variant.compute.instance, variant.scaling
    if instance is None:
        return
    if instance.family.burstable and scaling.automatic:
        accepted = (
            "an instance type that is not burstable (SageMaker does not scale those), or scaling.min equal to max"
        )
        raise RuleError(f"{where}sagemaker.instance_type", instance.name, accepted=accepted)
    metrics = [target.metric for target in scaling.tracked] + ([scaling.steps.metric] if scaling.steps else [])
    if ScalingMetric.GPU_UTILIZATION in metrics and not instance.gpus:
        accepted = "a GPU instance type for gpu_utilization, or another metric"
        raise RuleError(f"{where}sagemaker.instance_type", instance.name, accepted=accepted)
    for metric, parts in _SUMMED.items():
        sizes = {getattr(each, parts) for each in variant.compute.instances}
        if metric in metrics and len(sizes) > 1:
            accepted = f"types with as many {parts} each, since {metric.value} is summed over them, or another metric"
            raise RuleError(f"{where}sagemaker.instance_pools", list(variant.compute.instance_pools), accepted=accepted)


def _check_serverless(service: ServiceOnSageMaker, variant: ResolvedVariant, where: str) -> None:
    """What serverless endpoints exclude (SageMaker Developer Guide, "Deploy models with Serverless Inference")."""
    if variant.compute.serverless is None:
        return
    scaled = variant.scaling.automatic or variant.scaling.max > Scaling().max
    excluded = (
        ("scaling", scaled, "no scaling bounds: max_concurrency is the bound"),
        ("variants", len(service.variants) > 1, "one variant"),
        ("shadow", service.shadow is not None, "no shadow"),
        ("sagemaker.data_capture", _captures_data(service), "no data capture"),
        ("containers", bool(service.containers), "one container"),
        ("model.s3_prefix", _loads_a_prefix(variant), "an archive: model.path or model.s3_uri"),
    )
    for key, stands_there, accepted in excluded:
        if stands_there:
            place = f"{where}{key}" if key == "scaling" else key
            raise RuleError(place, "with serverless", accepted=f"{accepted} with serverless, or an instance_type")


def _captures_data(service: ServiceOnSageMaker) -> bool:
    return service.sagemaker.data_capture is not None


def _loads_a_prefix(variant: ResolvedVariant) -> bool:
    return any(
        container.model is not None and container.model.s3_prefix is not None for container in variant.containers
    )


def _check_rollout(service: ServiceOnSageMaker) -> None:
    rollout = service.rollout
    if rollout is None:
        return
    strategy = rollout.strategy
    _check_time(service, rollout)
    if strategy is Strategy.ALL_AT_ONCE:
        return
    promised = service.objectives.availability is not None or service.objectives.latency_p99_ms is not None
    if not promised:
        accepted = "an objective whose alarm rolls back, or all_at_once: without alarms nothing is watched"
        raise RuleError("rollout.strategy", strategy.value, accepted=accepted)
    if strategy is Strategy.ROLLING and (len(service.variants) > 1 or service.shadow is not None):
        raise RuleError("rollout.strategy", "rolling", accepted="all_at_once, canary or linear with several variants")
    for variant, where in _with_places(service, shadow=False):
        if variant.compute.serverless is not None:
            raise RuleError("rollout.strategy", strategy.value, accepted="all_at_once with serverless")
        if variant.scaling.min < _SURVIVES_ONE:  # steps are at most half of a variant's instances
            accepted = f"2 or more instances with the strategy {strategy.value}, or all_at_once"
            raise RuleError(f"{where}scaling.min", variant.scaling.min, accepted=accepted)
        if _on_inf1(variant):
            accepted = "all_at_once on ml.inf1, where SageMaker would fall back to it without a word"
            raise RuleError("rollout.strategy", strategy.value, accepted=accepted)


def _check_time(service: ServiceOnSageMaker, rollout: Rollout) -> None:
    """SageMaker ends an update after 8 hours at most, and every start counts."""
    for variant, where in _with_places(service):
        start_s = variant.compute.start_s
        if rollout.timeout_s(start_s) > LONGEST_TIMEOUT_S:
            accepted = (
                f"shorter timeouts, fewer steps or another strategy: with {start_s // 60} min to start"
                f" {rollout.strategy.value} could take {rollout.timeout_s(start_s) // 60} min, and may take 8 hours"
            )
            key = f"{where}sagemaker.container_startup_health_check_timeout_s"
            raise RuleError(key, variant.compute.container_startup_health_check_timeout_s, accepted=accepted)


def _on_inf1(variant: ResolvedVariant) -> bool:
    return any(instance.name.startswith("ml.inf1.") for instance in variant.compute.instances)


def _with_places(service: ServiceOnSageMaker, *, shadow: bool = True) -> list[tuple[ResolvedVariant, str]]:
    """Each variant with the prefix of the keys that hold its own values, if it has any."""
    places = []
    for variant in service.production_variants:
        own = service.variants.get(variant.name)
        named = own is not None and bool(own.model_fields_set & {"scaling", "sagemaker"})
        places.append((variant, f"variants.{variant.name}." if named else ""))
    if shadow and service.shadow_variant is not None:
        places.append((service.shadow_variant, "shadow." if service.shadow and service.shadow.sagemaker else ""))
    return places
