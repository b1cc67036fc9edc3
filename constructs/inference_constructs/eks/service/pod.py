"""A pod that serves a model: its model is fetched, checked and unpacked first, then the server starts."""

from dataclasses import dataclass

from cdk8s_plus_33 import k8s

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.config import Pods
from inference_constructs.eks.common.contract import NodeMode
from inference_constructs.eks.common.labels import HTTP_PORT, HTTP_PORT_NAME, SERVER_CONTAINER, labels
from inference_constructs.eks.common.manifests import quantity
from inference_constructs.eks.common.pod_security import container_security_context, pod_security_context
from inference_constructs.eks.common.timeouts import PRE_STOP_SLEEP_S, termination_grace_s
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.service.config_map import MODEL_DIR
from inference_constructs.eks.service.namespace import SERVICE_ACCOUNT
from inference_constructs.eks.service.probes import liveness_probe, readiness_probe, startup_probe
from inference_constructs.eks.service.scheduling import (
    devices,
    disruption_annotations,
    node_selector,
    spread_constraints,
    tolerations,
)

LOADER_CONTAINER = "load-model"
_MODEL_VOLUME, _SCRATCH_VOLUME, _SHARED_MEMORY_VOLUME = "model", "tmp", "shared-memory"
#: What downloading takes: some parts of 16 MiB in pieces, Python, and the SDK. The pod needs the larger of this and
#: what its server asks for, never both.
_LOADER_MEMORY = "512Mi"


@dataclass(frozen=True, kw_only=True)
class PodSettings:
    """What the pods of every variant of a service have in common.

    Attributes:
        service_name: The service, and its namespace.
        pods: What a pod gets.
        loader_image: What fetches models.
        region: Where the models are.
        nodes: Who adds nodes.
        spread_spot: Whether pods are to be spread over spot and on-demand nodes.
    """

    service_name: str
    pods: Pods
    loader_image: ContainerImage
    region: str
    nodes: NodeMode
    spread_spot: bool


def pod_template(settings: PodSettings, variant: PodVariant, configuration: str) -> k8s.PodTemplateSpec:
    """The template of a variant's pods; it changes with the image, the model and the configuration."""
    pods, service_name = settings.pods, settings.service_name
    annotations = disruption_annotations(pods, settings.nodes) or None
    return k8s.PodTemplateSpec(
        metadata=k8s.ObjectMeta(labels=labels(service_name, variant.name), annotations=annotations),
        spec=k8s.PodSpec(
            service_account_name=SERVICE_ACCOUNT,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pod_security_context(pods.container.user),
            node_selector=node_selector(pods),
            tolerations=tolerations(pods),
            topology_spread_constraints=spread_constraints(
                service_name, variant.name, nodes=settings.nodes, spread_spot=settings.spread_spot
            ),
            termination_grace_period_seconds=termination_grace_s(pods),
            init_containers=[_loader(settings, variant)] if variant.model is not None else None,
            containers=[_server(pods, variant, configuration)],
            volumes=_volumes(pods, variant),
        ),
    )


def _loader(settings: PodSettings, variant: PodVariant) -> k8s.Container:
    model = variant.model
    if model is None or model.sha256 is None or not model.compressed:
        message = (
            f"variant {variant.name}: the model {model.s3_uri if model else None} cannot be checked;"
            " accepted: an archive with its SHA-256"
        )
        raise ValueError(message)
    environment = {
        "AWS_REGION": settings.region,
        "SERVING_MODEL_DIR": MODEL_DIR,
        "SERVING_MODEL_S3_URI": model.s3_uri,
        "SERVING_MODEL_SHA256": model.sha256,
    }
    return k8s.Container(
        name=LOADER_CONTAINER,
        image=settings.loader_image.uri,
        args=["fetch"],
        env=[k8s.EnvVar(name=name, value=value) for name, value in environment.items()],
        resources=_resources(settings.pods, variant, memory=_LOADER_MEMORY),
        security_context=container_security_context(),
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=[_mount(_MODEL_VOLUME, MODEL_DIR), _mount(_SCRATCH_VOLUME, "/tmp")],  # noqa: S108 - the pod's own
    )


def _server(pods: Pods, variant: PodVariant, configuration: str) -> k8s.Container:
    mounts = [_mount(_SCRATCH_VOLUME, "/tmp")]  # noqa: S108 - the pod's own
    if variant.model is not None:
        mounts.insert(0, _mount(_MODEL_VOLUME, MODEL_DIR, read_only=True))
    if pods.container.shared_memory is not None:
        mounts.append(_mount(_SHARED_MEMORY_VOLUME, "/dev/shm"))  # noqa: S108 - the pod's own
    return k8s.Container(
        name=SERVER_CONTAINER,
        image=variant.image.uri,
        command=list(pods.container.command) or None,
        args=list(pods.container.args) or None,
        ports=[k8s.ContainerPort(name=HTTP_PORT_NAME, container_port=HTTP_PORT, protocol="TCP")],
        env_from=[k8s.EnvFromSource(config_map_ref=k8s.ConfigMapEnvSource(name=configuration))],
        resources=_resources(pods, variant, memory=pods.memory, accelerators=devices(pods)),
        security_context=container_security_context(read_only_root=not pods.container.writable_root),
        startup_probe=startup_probe(pods.container),
        readiness_probe=readiness_probe(pods.container),
        liveness_probe=liveness_probe(pods.container),
        lifecycle=k8s.Lifecycle(
            # The kubelet sleeps, without a shell in the image (stable from Kubernetes 1.34).
            pre_stop=k8s.LifecycleHandler(sleep=k8s.SleepAction(seconds=PRE_STOP_SLEEP_S))
        ),
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=mounts,
    )


def _resources(
    pods: Pods, variant: PodVariant, *, memory: str, accelerators: dict[str, str] | None = None
) -> k8s.ResourceRequirements:
    """What a container gets.

    Its CPU is requested and has no limit. A limit is a quota per 100 ms: a server whose threads use it up early stands
    still for the rest, and its slowest answers grow by tens of milliseconds, while the cores beside it may be idle. The
    request keeps its share on a busy node, and the number of its threads keeps the server near it.
    """
    disk = f"{pods.disk_mebibytes(with_model=variant.model is not None)}Mi"
    bounded = {"memory": memory, "ephemeral-storage": disk} | (accelerators or {})
    limits = {name: quantity(value) for name, value in bounded.items()}
    return k8s.ResourceRequirements(requests={"cpu": quantity(pods.cpu)} | limits, limits=limits)


def _volumes(pods: Pods, variant: PodVariant) -> list[k8s.Volume]:
    volumes = [_volume(_SCRATCH_VOLUME, pods.container.scratch)]
    if variant.model is not None:
        volumes.insert(0, _volume(_MODEL_VOLUME, pods.model_volume))
    if pods.container.shared_memory is not None:
        volumes.append(_volume(_SHARED_MEMORY_VOLUME, pods.container.shared_memory, medium="Memory"))
    return volumes


def _volume(name: str, size: str, *, medium: str | None = None) -> k8s.Volume:
    return k8s.Volume(name=name, empty_dir=k8s.EmptyDirVolumeSource(size_limit=quantity(size), medium=medium))


def _mount(name: str, path: str, *, read_only: bool | None = None) -> k8s.VolumeMount:
    return k8s.VolumeMount(name=name, mount_path=path, read_only=read_only)
