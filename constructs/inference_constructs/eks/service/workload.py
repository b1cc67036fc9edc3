"""What a service consists of within a cluster."""

from collections.abc import Mapping, Sequence

from aws_cdk import Stack, aws_eks_v2
from constructs import Construct, IDependable

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.config import CANDIDATE, Pods, Rollout
from inference_constructs.eks.common.cluster_handle import ClusterHandle
from inference_constructs.eks.common.labels import HTTP_PORT_NAME, labels
from inference_constructs.eks.common.manifests import Manifest, apply_manifest
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.crds.target_group_binding import (
    ServiceReference,
    TargetGroupBinding,
    TargetGroupBindingSpec,
)
from inference_constructs.eks.service.config_map import config_map, configuration_name, server_settings
from inference_constructs.eks.service.deployment import deployment
from inference_constructs.eks.service.disruption_budget import disruption_budget
from inference_constructs.eks.service.horizontal_pod_autoscaler import autoscaler
from inference_constructs.eks.service.namespace import namespace, service_account
from inference_constructs.eks.service.network_policy import network_policy
from inference_constructs.eks.service.pod import PodSettings
from inference_constructs.eks.service.pod_service import pod_service


class Workload(Construct):
    """A namespace with a Deployment for each variant, and everything beside it.

    Applied in the order Namespace, Service, TargetGroupBinding, Deployment, and deleted in the reverse: a pod gets the
    readiness gate only if its Service and the binding are there when it is made. So is what its server is told. The
    manifests belong to the stack of this construct, so that the cluster's stack stays as it is.

    Attributes:
        namespace: The namespace's name.
        namespace_manifest: What makes the namespace.
        bindings: What binds the pods of each variant to its target group.
        deployments: What makes each variant's pods.
        rollouts: Each variant's Deployment, as it is applied.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ClusterHandle,
        service_name: str,
        variants: Sequence[PodVariant],
        pods: Pods,
        rollout: Rollout,
        loader_image: ContainerImage,
        target_group_arns: Mapping[str, str],
        spread_spot: bool,
    ) -> None:
        """Create the objects.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster to apply them to.
            service_name: The service, and its namespace.
            variants: The versions to run.
            pods: What each pod gets.
            rollout: How pods are replaced when they change.
            loader_image: What fetches models from S3.
            target_group_arns: The target group of each variant, by name.
            spread_spot: Whether pods are spread over spot and on-demand nodes.

        Raises:
            ValueError: A variant has no target group, or a model that cannot be checked.
        """
        super().__init__(scope, construct_id)
        self.namespace = service_name
        self._cluster = cluster
        self._settings = PodSettings(
            service_name=service_name,
            pods=pods,
            loader_image=loader_image,
            region=Stack.of(self).region,
            nodes=cluster.nodes,
            spread_spot=spread_spot,
        )
        # A step moves traffic within a second, and pods take minutes to come: either variant may get all of it next.
        self._for_all_traffic = any(variant.name == CANDIDATE for variant in variants)
        self.namespace_manifest = self._create_namespace()
        self.bindings: dict[str, aws_eks_v2.KubernetesManifest] = {}
        self.deployments: dict[str, aws_eks_v2.KubernetesManifest] = {}
        self.rollouts: dict[str, Manifest] = {}
        for variant in variants:
            service = self._create_service(variant)
            binding = self._create_binding(variant, target_group_arns)
            variables = server_settings(variant, pods)
            configuration = self._create_configuration(variant, variables)
            pods_of_variant = self._create_deployment(variant, rollout, configuration_name(variant.name, variables))
            service.node.add_dependency(self.namespace_manifest)
            binding.node.add_dependency(service)
            configuration.node.add_dependency(self.namespace_manifest)
            pods_of_variant.node.add_dependency(binding, configuration)
            self.bindings[variant.name] = binding
            self.deployments[variant.name] = pods_of_variant

    def bind_after(self, *dependencies: IDependable) -> None:
        """Bind pods to target groups only after something, such as the listener's rules, and unbind them before it."""
        for binding in self.bindings.values():
            binding.node.add_dependency(*dependencies)

    def start_after(self, *dependencies: IDependable) -> None:
        """Start pods only after something, such as what lets them read their model, and end them before it."""
        for pods in self.deployments.values():
            pods.node.add_dependency(*dependencies)

    def _create_namespace(self) -> aws_eks_v2.KubernetesManifest:
        """Make a namespace, or fail if there is one of this name: taking it over would mean to delete it later."""
        objects = [
            namespace(self.namespace, self._cluster.nodes),
            service_account(self.namespace),
            network_policy(self.namespace, self._cluster.vpc_cidr),
        ]
        return self._apply("Namespace", objects, overwrite=False)

    def _create_service(self, variant: PodVariant) -> aws_eks_v2.KubernetesManifest:
        return self._apply(f"{variant.name}-Service", [pod_service(self.namespace, variant.name)])

    def _create_binding(
        self, variant: PodVariant, target_group_arns: Mapping[str, str]
    ) -> aws_eks_v2.KubernetesManifest:
        if variant.name not in target_group_arns:
            message = (
                f"target_group_arns: {sorted(target_group_arns)}; accepted: one for the variant {variant.name} too"
            )
            raise ValueError(message)
        binding = TargetGroupBinding(
            name=variant.name,
            namespace=self.namespace,
            nodes=self._cluster.nodes,
            labels=labels(self.namespace, variant.name),
            spec=TargetGroupBindingSpec(
                target_group_arn=target_group_arns[variant.name],
                service_ref=ServiceReference(name=variant.name, port=HTTP_PORT_NAME),
            ),
        )
        return self._apply(f"{variant.name}-Binding", [binding.manifest()])

    def _create_configuration(self, variant: PodVariant, variables: dict[str, str]) -> aws_eks_v2.KubernetesManifest:
        """A manifest of its own per content: CloudFormation deletes the one before when its pods are gone."""
        name = configuration_name(variant.name, variables)
        return self._apply(f"Configuration-{name}", [config_map(self.namespace, variant.name, variables)])

    def _create_deployment(
        self, variant: PodVariant, rollout: Rollout, configuration: str
    ) -> aws_eks_v2.KubernetesManifest:
        pods = self._settings.pods
        rolled_out = deployment(self._settings, variant, rollout=rollout, configuration=configuration)
        self.rollouts[variant.name] = rolled_out
        objects = [
            rolled_out,
            disruption_budget(self.namespace, variant.name),
            autoscaler(
                self.namespace, variant.name, scaling=variant.scaling, pods=pods, for_all_traffic=self._for_all_traffic
            ),
        ]
        return self._apply(f"{variant.name}-Deployment", objects)

    def _apply(
        self, construct_id: str, objects: Sequence[Manifest], *, overwrite: bool = True
    ) -> aws_eks_v2.KubernetesManifest:
        return apply_manifest(self, construct_id, cluster=self._cluster.cluster, objects=objects, overwrite=overwrite)
