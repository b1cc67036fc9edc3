"""Whether nodes can pull the images that a cluster and its services name."""

import re
from collections.abc import Iterator

from inference_constructs.config.eks.cluster import Clusters, SupportImages
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.errors import Finding, KeyPath, shown
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.environment import Environment, EnvironmentSettings
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.network import Network
from inference_constructs.config.rules.advice import Advice
from inference_constructs.config.rules.references import iter_images

#: REGISTRY/NAME:TAG, with a digest or without (distribution, "reference", the grammar of image names).
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+(?::\d+)?(?:/{_COMPONENT})+"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@sha256:[0-9a-f]{64})?"
)
_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/.*")
#: Registries on the internet. One of your own may be reached from a VPC that is there already.
_PUBLIC = frozenset({"docker.io", "ghcr.io", "nvcr.io", "public.ecr.aws", "quay.io", "registry.k8s.io"})
#: What only some clusters run.
_OF_NODE_GROUPS = frozenset(
    {"cluster_autoscaler", "load_balancer_controller", "nvidia_device_plugin", "neuron_device_plugin"}
)
_OF_KINDS = {"nvidia_device_plugin": "gpu", "neuron_device_plugin": "inferentia"}


def check_support_images(environment: EnvironmentSettings, clusters: Clusters) -> None:
    """Refuse images of what runs beside the models that are none, or that nodes without a way out cannot pull.

    A cluster with such an image deploys: its pods are pending, and services scale by nothing.

    Raises:
        RuleError: The first such image.
    """
    for name in SupportImages.model_fields:
        value = getattr(clusters.images, name)
        key = f"eks.images.{name}"
        found = _REFERENCE.fullmatch(value) if value is not None else None
        if value is not None and (found is None or not (found["tag"] or "@" in value)):
            raise RuleError(key, value, accepted="REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST")
        if _runs(name, clusters) and not has_way_out(environment.network):
            _check_reached(key, value or clusters.cluster_autoscaler_image, environment)


def _check_reached(key: str, image: str, environment: EnvironmentSettings) -> None:
    ecr = _ECR.fullmatch(image)
    if ecr is None and environment.network.existing is not None and image.partition("/")[0] not in _PUBLIC:
        return
    if ecr is None or ecr["region"] != environment.region:
        accepted = (
            f"a copy in Amazon ECR in {environment.region}, as ACCOUNT.dkr.ecr.{environment.region}.amazonaws.com"
            "/NAME:TAG: nodes have no way to the internet, and endpoints lead to ECR there only"
        )
        raise RuleError(key, image, accepted=accepted)


def images_out_of_reach(environment: Environment, clusters: Clusters) -> Iterator[Finding]:
    """Images in ECR of another region that nodes without a way to the internet cannot pull."""
    if has_way_out(environment.network):
        return
    for path, uri, region in _of_other_regions(environment, clusters):
        accepted = f"one of {environment.region}: nodes have no way to the internet, and none to ECR in {region}"
        yield Finding(path=path, found=shown(uri), accepted=accepted)


def advise_on_images(environment: Environment, clusters: Clusters) -> Iterator[Advice]:
    """Images in ECR of another region, which every new node pulls from there."""
    if not has_way_out(environment.network):
        return
    for path, uri, region in _of_other_regions(environment, clusters):
        yield Advice(
            key=".".join(map(str, path)),
            sentence=f"{uri} is in {region}, and is pulled into {environment.region}: each new node pays for the"
            f" transfer, and none starts while ECR in {region} is away. Replicate it",
        )


def has_way_out(network: Network) -> bool:
    """Whether nodes reach the internet."""
    if network.existing is not None:
        return bool(network.existing.private_subnets)
    return network.nat_gateways > 0


def _runs(name: str, clusters: Clusters) -> bool:
    """Whether an image is of something that the cluster has."""
    if name == "pause":
        return clusters.headroom is not None
    if name in _OF_NODE_GROUPS and clusters.nodes != "managed_node_groups":
        return False
    kind = _OF_KINDS.get(name)
    return kind is None or any(pool.kind == kind for pool in clusters.node_pools)


def _of_other_regions(environment: Environment, clusters: Clusters) -> Iterator[tuple[KeyPath, str, str]]:
    named: list[tuple[KeyPath, Image]] = [(("eks", "loader_image"), clusters.loader_image)]
    for service in environment.services_of(ServiceOnEks):
        named += [(("services", service.name, *path), image) for path, image in iter_images(service)]
    for path, image in named:
        found = _ECR.fullmatch(image.uri) if image.uri is not None else None
        if image.uri is not None and found is not None and found["region"] != environment.region:
            yield (*path, "uri"), image.uri, found["region"]
