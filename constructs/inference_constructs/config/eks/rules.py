"""Which values of a service the EKS backend cannot serve: each is refused rather than left out without a word."""

import math
import re

from inference_constructs.config.eks.service import ResolvedPodVariant, ServiceOnEks
from inference_constructs.config.models.aws.deep_learning_containers import mismatches
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.instance_types import Accelerator
from inference_constructs.config.models.rollout import Rollout, Strategy
from inference_constructs.config.models.scaling import Scaling, ScalingMetric
from inference_constructs.config.models.variant import CANDIDATE
from inference_constructs.config.rules.variables import check_overridden

#: Traffic moves step by step to a candidate.
STEPWISE = frozenset({Strategy.CANARY, Strategy.LINEAR})
_MOST_TARGET_GROUPS = 5  # of one forward action (Elastic Load Balancing, "Quotas for your Application Load Balancers")
_VARIANT_NAME = re.compile(r"(?=.{1,30}$)[a-z](-?[a-z0-9])*")
_MOST_TARGETS = 1000  # of one load balancer (the same page, quota L-7E6692B2)
_SURVIVES_ONE = 2
_ALL = 100
_MINUTE_S = 60
#: The least that a batch of pods takes to start and to be found healthy.
_START_S = 60
#: CloudFormation waits an hour for a custom resource, which is what waits for pods; the rest is for slow starts.
_LONGEST_ROLLOUT_MINUTES = 50
#: Variables of the server by which pods end before the load balancer gives them up.
_SET_HERE = frozenset({"SERVING_DRAIN_SECONDS", "SERVING_KEEP_ALIVE_SECONDS"})
#: Namespaces of Kubernetes, of EKS and its add-ons, and of what runs beside the models.
_ACCELERATORS: dict[str, Accelerator | None] = {"cpu": None, "gpu": "gpu", "inferentia": "neuron"}
#: What the server of this project counts in `/metrics`.
_OF_OUR_SERVER = frozenset({ScalingMetric.CONCURRENT_REQUESTS, ScalingMetric.INVOCATIONS_PER_INSTANCE})
_TAKEN = re.compile(r"default|(kube|amazon|aws|slipway)-.*")


def check_on_eks(service: ServiceOnEks) -> None:
    """Refuse what cannot be served on EKS.

    Raises:
        RuleError: The first rule that is broken.
    """
    if _TAKEN.fullmatch(service.name):
        accepted = "a namespace of its own with the backend eks: not default, nor kube-, amazon-, aws- or slipway-…"
        raise RuleError("name", service.name, accepted=accepted)
    if service.containers:
        raise RuleError("containers", "with the backend eks", accepted="one container, by model and image")
    if service.shadow is not None:
        raise RuleError("shadow", "with the backend eks", accepted="no shadow: a load balancer copies no requests")
    for name in service.variants:
        if not _VARIANT_NAME.fullmatch(name) or name == CANDIDATE:
            accepted = f"1 to 30 lower-case letters, digits and hyphens with the backend eks, and not {CANDIDATE}"
            raise RuleError("variants", name, accepted=accepted)
    if len(service.variants) > _MOST_TARGET_GROUPS:
        accepted = f"up to {_MOST_TARGET_GROUPS} variants with the backend eks"
        raise RuleError("variants", len(service.variants), accepted=accepted)
    accepted = "no such variable with the backend eks, which sets it by eks.longest_request_s"
    check_overridden(service, _SET_HERE, accepted)
    _check_candidate(service)
    for variant, where in _with_places(service):
        _check_image(service, variant)
        _check_model(variant, where)
        _check_scaling(variant.scaling, f"{where}scaling")
        _check_availability(service, variant, where)
    _check_targets(service)
    _check_rollout(service)


def _check_targets(service: ServiceOnEks) -> None:
    """While a version is replaced, a batch of new pods are targets beside the old ones, and one of old ones drains.

    A Deployment does not wait for pods that end before it starts more (Kubernetes, `podReplacementPolicy`).
    """
    batch = service.rollout.percent if service.rollout is not None else None
    share = min(_ALL, 2 * (batch or _ALL))
    targets = sum(math.ceil(variant.scaling.max * (_ALL + share) / _ALL) for variant in service.pod_variants)
    if targets > _MOST_TARGETS:
        accepted = (
            f"fewer pods, a rollout in smaller steps, or more cells: replacing pods makes {targets} targets,"
            f" and a load balancer has {_MOST_TARGETS}"
        )
        raise RuleError("scaling.max", service.scaling.max, accepted=accepted)


def _check_candidate(service: ServiceOnEks) -> None:
    candidate, rollout = service.candidate, service.rollout
    if candidate is None:
        return
    if service.variants:
        raise RuleError("candidate", "beside variants", accepted="a candidate beside the service's one version")
    if candidate.model is None and candidate.image is None:
        raise RuleError("candidate.model", None, accepted="a new model, a new image or both")
    if rollout is None:  # the environment's, which is checked once it is known
        return
    if rollout.strategy not in STEPWISE:
        accepted = "canary or linear with a candidate: they set how its traffic grows"
        raise RuleError("rollout.strategy", rollout.strategy.value, accepted=accepted)
    if candidate.step > rollout.steps:
        accepted = f"0 to {rollout.steps}, the steps of the rollout"
        raise RuleError("candidate.step", candidate.step, accepted=accepted)


def _check_image(service: ServiceOnEks, variant: ResolvedPodVariant) -> None:
    """AWS's own images say what they run on, and none has the metrics that the autoscaler reads."""
    image = variant.container.image
    published = image.published if image is not None else None
    if image is None or published is None:
        return
    own = service.variants.get(variant.name)
    key = f"variants.{variant.name}.image" if own is not None and own.image is image else "image"
    if service.candidate is not None and service.candidate.image is image:
        key = "candidate.image"
    pods = service.eks
    for accepted in mismatches(published, architecture=pods.architecture, accelerator=_ACCELERATORS[pods.kind]):
        raise RuleError(f"{key}.version", published.tag, accepted=f"{accepted} (eks.gpus, eks.neuron_devices)")
    if variant.scaling.automatic and any(each.metric in _OF_OUR_SERVER for each in variant.scaling.tracked):
        accepted = "cpu_utilization, or min equal to max: AWS's images do not publish what the autoscaler counts"
        raise RuleError("scaling.metric", variant.scaling.tracked[0].metric.value, accepted=accepted)


def _check_model(variant: ResolvedPodVariant, where: str) -> None:
    model = variant.container.model
    if model is None:
        return
    key = f"{where}model"
    for source in ("s3_prefix", "model_package_arn"):
        value = getattr(model, source)
        if value is not None:
            accepted = "with the backend eks model.path, or model.s3_uri with sha256: a pod checks what it loads"
            raise RuleError(f"{key}.{source}", value, accepted=accepted)
    if model.s3_uri is not None and model.sha256 is None:
        accepted = "the archive's SHA-256 with the backend eks: a pod checks what it loads"
        raise RuleError(f"{key}.sha256", None, accepted=accepted)


def _check_scaling(scaling: Scaling, where: str) -> None:
    for key in ("steps", "schedules", "suspended"):
        value = getattr(scaling, key)
        if value:
            accepted = f"no {key} with the backend eks: eks.scale_out and eks.scale_in set how fast pods come and go"
            raise RuleError(f"{where}.{key}", "given" if key != "suspended" else value, accepted=accepted)
    for target in scaling.tracked:
        if target.metric is ScalingMetric.GPU_UTILIZATION:
            accepted = "concurrent_requests, invocations_per_instance or cpu_utilization with the backend eks"
            raise RuleError(f"{where}.metric", target.metric.value, accepted=accepted)


def _check_availability(service: ServiceOnEks, variant: ResolvedPodVariant, where: str) -> None:
    if service.objectives.availability is not None and variant.weight and variant.scaling.min < _SURVIVES_ONE:
        accepted = "2 or more pods, so that one may fail, or no objectives.availability (set it to null)"
        raise RuleError(f"{where}scaling.min", variant.scaling.min, accepted=accepted)


def _check_rollout(service: ServiceOnEks) -> None:
    rollout = service.rollout
    if rollout is None:
        return
    if rollout.keep_old_minutes:
        accepted = "0 with the backend eks: what keeps the old version at hand is a candidate that is not promoted yet"
        raise RuleError("rollout.keep_old_minutes", rollout.keep_old_minutes, accepted=accepted)
    if service.candidate is None and rollout.strategy in STEPWISE:
        accepted = (
            "with the backend eks rolling or all_at_once, or a candidate: traffic moves in steps only to one (rollout"
            " of the environment may be canary or linear; without a candidate pods are then replaced by rolling)"
        )
        raise RuleError("rollout.strategy", rollout.strategy.value, accepted=accepted)
    if rollout.bake_minutes > _LONGEST_ROLLOUT_MINUTES:
        accepted = f"up to {_LONGEST_ROLLOUT_MINUTES} with the backend eks, since CloudFormation waits an hour"
        raise RuleError("rollout.bake_minutes", rollout.bake_minutes, accepted=accepted)
    _check_time(service, rollout)
    promised = service.objectives.availability is not None or service.objectives.latency_p99_ms is not None
    if service.candidate is not None and not promised:
        accepted = "an objective whose alarm is watched while the candidate gets traffic"
        raise RuleError("candidate", "without objectives", accepted=accepted)


def _check_time(service: ServiceOnEks, rollout: Rollout) -> None:
    """A deployment ends when pods have been replaced and have baked, and CloudFormation does not wait for ever.

    A rolling update bakes with each batch; the others when all pods are there.
    """
    rolling = rollout.strategy is Strategy.ROLLING
    percent = rollout.percent or _ALL
    batches = min(math.ceil(_ALL / percent), max(variant.scaling.max for variant in service.pod_variants))
    bakes = batches if rolling else 1
    minutes = (batches * _START_S + bakes * rollout.bake_s) // _MINUTE_S
    if minutes > _LONGEST_ROLLOUT_MINUTES:
        accepted = (
            f"fewer minutes, or larger batches: {batches} take {minutes} minutes or more, and CloudFormation waits"
            f" {_LONGEST_ROLLOUT_MINUTES} until pods have been replaced"
        )
        raise RuleError("rollout.bake_minutes", rollout.bake_minutes, accepted=accepted)


def _with_places(service: ServiceOnEks) -> list[tuple[ResolvedPodVariant, str]]:
    """Each variant with the prefix of the keys that hold its own values, if it has any."""
    places = []
    for variant in service.pod_variants:
        own = service.variants.get(variant.name)
        named = own is not None and bool(own.model_fields_set & {"scaling", "model"})
        place = f"variants.{variant.name}." if named else ""
        if service.candidate is not None and variant.name == CANDIDATE:
            place = "candidate." if service.candidate.model_fields_set & {"scaling", "model"} else ""
        places.append((variant, place))
    return places
