"""Room on nodes that is kept free for a burst, so that it does not wait for a node."""

from aws_cdk import aws_eks_v2
from cdk8s_plus_33 import k8s
from constructs import Construct

from inference_constructs.config import Headroom as HeadroomSettings
from inference_constructs.eks.common.labels import NODE_KIND, SLIPWAY, labels, selector
from inference_constructs.eks.common.manifests import Manifest, apply_manifest, quantity
from inference_constructs.eks.common.node_labels import ARCHITECTURE
from inference_constructs.eks.common.pod_security import (
    container_security_context,
    namespace_labels,
    pod_security_context,
)

NAMESPACE = "slipway-headroom"
_NAME = "headroom"
#: Below every other pod, which has 0 or more, and not below -10, where the Cluster Autoscaler stops adding nodes for a
#: pod (its flag --expendable-pods-priority-cutoff).
_PRIORITY = -10
_USER = 65535  # the pause image's own


class Headroom(Construct):
    """Pods that do nothing. They give way at once to any that work, and have a node added for themselves instead."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        settings: HeadroomSettings,
        pause_image: str,
    ) -> None:
        """Create the manifests.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            settings: How many pods, and how much each keeps free.
            pause_image: What does nothing.
        """
        super().__init__(scope, construct_id)
        place = apply_manifest(self, "Place", cluster=cluster, objects=[_priority_class(), _namespace()])
        pods = apply_manifest(self, "Pods", cluster=cluster, objects=[_deployment(settings, pause_image)])
        pods.node.add_dependency(place)


def _priority_class() -> Manifest:
    rendered: Manifest = k8s.KubePriorityClass.manifest(
        metadata=k8s.ObjectMeta(name=NAMESPACE, labels=labels(SLIPWAY, _NAME)),
        description="Gives way to every other pod",
        value=_PRIORITY,
        preemption_policy="Never",
        global_default=False,
    )
    return rendered


def _namespace() -> Manifest:
    rendered: Manifest = k8s.KubeNamespace.manifest(
        metadata=k8s.ObjectMeta(name=NAMESPACE, labels=labels(SLIPWAY, _NAME) | namespace_labels())
    )
    return rendered


def _deployment(settings: HeadroomSettings, pause_image: str) -> Manifest:
    rendered: Manifest = k8s.KubeDeployment.manifest(
        metadata=k8s.ObjectMeta(name=_NAME, namespace=NAMESPACE, labels=labels(SLIPWAY, _NAME)),
        spec=k8s.DeploymentSpec(
            replicas=settings.pods,
            selector=k8s.LabelSelector(match_labels=selector(SLIPWAY, _NAME)),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels=labels(SLIPWAY, _NAME)), spec=_pod(settings, pause_image)
            ),
        ),
    )
    return rendered


def _pod(settings: HeadroomSettings, pause_image: str) -> k8s.PodSpec:
    kept_free = {"cpu": quantity(settings.cpu), "memory": quantity(settings.memory)}
    return k8s.PodSpec(
        automount_service_account_token=False,
        enable_service_links=False,
        node_selector={NODE_KIND: "cpu", "kubernetes.io/arch": ARCHITECTURE[settings.processor]},
        priority_class_name=NAMESPACE,
        termination_grace_period_seconds=0,
        security_context=pod_security_context(_USER),
        topology_spread_constraints=[
            k8s.TopologySpreadConstraint(
                max_skew=1,
                topology_key="topology.kubernetes.io/zone",
                when_unsatisfiable="ScheduleAnyway",
                label_selector=k8s.LabelSelector(match_labels=selector(SLIPWAY, _NAME)),
            )
        ],
        containers=[
            k8s.Container(
                name="pause",
                image=pause_image,
                resources=k8s.ResourceRequirements(requests=kept_free, limits=kept_free),
                security_context=container_security_context(),
            )
        ],
    )
