"""EKS as a backend of the configuration."""

import math
from collections.abc import Iterable, Iterator

from inference_constructs.config.backend import BackendConfig
from inference_constructs.config.eks.advice import advise
from inference_constructs.config.eks.cluster import Clusters
from inference_constructs.config.eks.environment import check_clusters, check_services, clusters_of
from inference_constructs.config.eks.images import images_out_of_reach
from inference_constructs.config.eks.pods import Pods
from inference_constructs.config.eks.rules import check_on_eks
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.errors import Finding, KeyPath
from inference_constructs.config.models.environment import Environment, EnvironmentSettings
from inference_constructs.config.models.image import Image
from inference_constructs.config.rules.advice import Advice
from inference_constructs.config.rules.quotas import Needs, most_at_once
from inference_constructs.config.rules.references import check_published_images

_ALL = 100


class EksConfig(BackendConfig[ServiceOnEks]):
    """Services in pods behind a load balancer."""

    name = "eks"
    service = ServiceOnEks
    settings = Pods
    settings_description = 'what only the EKS backend needs: {cpu: "2", memory: 4Gi}'
    environment_settings = Clusters
    environment_description = "the clusters that services with the backend eks run on: {load_balancer: {…}}"

    def check_service(self, service: ServiceOnEks) -> None:
        """Refuse what EKS cannot serve, rather than leave it out."""
        check_on_eks(service)

    def needs(self, service: ServiceOnEks, environment: Environment) -> Needs:
        """The GPUs of the pods of every cell."""
        return Needs(gpus=clusters_of(environment).cells * _most_pods(service) * (service.eks.gpus or 0))

    def check_settings(self, environment: EnvironmentSettings) -> None:
        """Refuse clusters that the environment's network, region, account or tags do not allow."""
        check_clusters(environment)

    def check_environment(self, environment: Environment) -> None:
        """Refuse services without clusters, without nodes that hold their pods, or with names that are taken."""
        check_services(environment)

    def findings(self, environment: Environment) -> Iterator[Finding]:
        """Images that nodes cannot pull, and AWS's own in a region for which their account is not known."""
        for service in environment.services_of(ServiceOnEks):
            yield from check_published_images(service, environment.region)
        clusters = environment.settings_for(Clusters)
        if clusters is not None:
            yield from images_out_of_reach(environment, clusters)

    def advice(self, environment: Environment) -> Iterator[Advice]:
        """Pools, subnets, images and callers that may be meant so, and are worth to know."""
        clusters = environment.settings_for(Clusters)
        if clusters is not None:
            yield from advise(environment, clusters)

    def images(self, environment: EnvironmentSettings) -> Iterable[tuple[KeyPath, Image]]:
        """The image that loads models into the pods."""
        clusters = environment.settings_for(Clusters)
        return () if clusters is None else (((self.name, "loader_image"), clusters.loader_image),)


def _most_pods(service: ServiceOnEks) -> int:
    """The most pods in one cell, with those that a rollout adds to each variant: `maxSurge`, which is rounded up."""
    batch = (service.rollout.percent if service.rollout is not None else None) or _ALL
    most = [most_at_once(variant.scaling) for variant in service.pod_variants]
    return sum(each + math.ceil(each * batch / _ALL) for each in most)
