"""Tells Kubernetes of the accelerators of managed node groups' nodes. Auto Mode does that by itself."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from aws_cdk import aws_eks_v2
from cdk8s_plus_33 import k8s
from constructs import Construct

from inference_constructs.config import SupportImages
from inference_constructs.eks.common.labels import NODE_KIND, SLIPWAY, labels, selector
from inference_constructs.eks.common.manifests import Manifest, apply_manifest
from inference_constructs.eks.common.node_labels import ACCELERATOR, Kind

_NAMESPACE = "kube-system"
_RBAC = "rbac.authorization.k8s.io"
_SOCKETS = "/var/lib/kubelet/device-plugins"


@dataclass(frozen=True, kw_only=True)
class _Plugin:
    """A device plugin.

    Attributes:
        name: Of its DaemonSet.
        folders: Folders of the node that it sees.
        talks_to_kubernetes: Whether it reads and marks nodes and pods, as the Neuron SDK's manifests let it.
    """

    name: str
    folders: Mapping[str, str]
    talks_to_kubernetes: bool = False


#: The machine images have drivers, not these (EKS User Guide, "Use EKS-optimized accelerated AMIs for GPU instances").
_PLUGINS: dict[Kind, _Plugin] = {
    "gpu": _Plugin(
        name="nvidia-device-plugin",
        folders={"sockets": _SOCKETS},
    ),
    "inferentia": _Plugin(
        name="neuron-device-plugin",
        folders={"sockets": _SOCKETS, "run": "/run"},
        talks_to_kubernetes=True,
    ),
}


class DevicePlugins(Construct):
    """A DaemonSet for every kind of accelerator."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        kinds: AbstractSet[Kind],
        images: SupportImages,
    ) -> None:
        """Create the DaemonSets.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            kinds: The kinds of its node pools.
            images: What runs.
        """
        super().__init__(scope, construct_id)
        images_by_kind: Mapping[Kind, str] = {
            "gpu": images.nvidia_device_plugin,
            "inferentia": images.neuron_device_plugin,
        }
        for kind, plugin in _PLUGINS.items():
            if kind in kinds:
                daemon_set = _daemon_set(kind, plugin, images_by_kind[kind])
                rights = _rights(plugin) if plugin.talks_to_kubernetes else []
                apply_manifest(self, kind.capitalize(), cluster=cluster, objects=[*rights, daemon_set])


def _daemon_set(kind: Kind, plugin: _Plugin, image: str) -> Manifest:
    rendered: Manifest = k8s.KubeDaemonSet.manifest(
        metadata=_metadata(plugin, namespace=_NAMESPACE),
        spec=k8s.DaemonSetSpec(
            selector=k8s.LabelSelector(match_labels=selector(SLIPWAY, plugin.name)),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels=labels(SLIPWAY, plugin.name)), spec=_pod(kind, plugin, image)
            ),
        ),
    )
    return rendered


def _pod(kind: Kind, plugin: _Plugin, image: str) -> k8s.PodSpec:
    return k8s.PodSpec(
        automount_service_account_token=plugin.talks_to_kubernetes,
        service_account_name=plugin.name if plugin.talks_to_kubernetes else None,
        node_selector={NODE_KIND: kind},
        priority_class_name="system-node-critical",
        tolerations=[k8s.Toleration(key=ACCELERATOR[kind], operator="Exists", effect="NoSchedule")],
        containers=[
            k8s.Container(
                name=plugin.name,
                image=image,
                env=_environment() if plugin.talks_to_kubernetes else None,
                # It talks to the kubelet through sockets that belong to root, and needs no other right.
                security_context=k8s.SecurityContext(
                    allow_privilege_escalation=False, capabilities=k8s.Capabilities(drop=["ALL"])
                ),
                volume_mounts=[k8s.VolumeMount(name=name, mount_path=path) for name, path in plugin.folders.items()],
            )
        ],
        volumes=[
            k8s.Volume(name=name, host_path=k8s.HostPathVolumeSource(path=path))
            for name, path in plugin.folders.items()
        ],
    )


def _environment() -> list[k8s.EnvVar]:
    node = k8s.EnvVarSource(field_ref=k8s.ObjectFieldSelector(field_path="spec.nodeName"))
    return [
        k8s.EnvVar(name="KUBECONFIG", value="/etc/kubernetes/kubelet.conf"),
        k8s.EnvVar(name="NODE_NAME", value_from=node),
    ]


def _rights(plugin: _Plugin) -> list[Manifest]:
    rule = k8s.PolicyRule
    seen = ["get", "list", "watch"]
    return [
        k8s.KubeServiceAccount.manifest(metadata=_metadata(plugin, namespace=_NAMESPACE)),
        k8s.KubeClusterRole.manifest(
            metadata=_metadata(plugin),
            rules=[
                rule(api_groups=[""], resources=["nodes"], verbs=seen),
                rule(api_groups=[""], resources=["pods"], verbs=[*seen, "patch", "update"]),
                rule(api_groups=[""], resources=["nodes/status"], verbs=["patch", "update"]),
                rule(api_groups=[""], resources=["events"], verbs=["create", "patch"]),
            ],
        ),
        k8s.KubeClusterRoleBinding.manifest(
            metadata=_metadata(plugin),
            role_ref=k8s.RoleRef(api_group=_RBAC, kind="ClusterRole", name=plugin.name),
            subjects=[k8s.Subject(kind="ServiceAccount", name=plugin.name, namespace=_NAMESPACE)],
        ),
    ]


def _metadata(plugin: _Plugin, namespace: str | None = None) -> k8s.ObjectMeta:
    return k8s.ObjectMeta(name=plugin.name, namespace=namespace, labels=labels(SLIPWAY, plugin.name))
