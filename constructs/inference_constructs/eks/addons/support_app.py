"""A small application that runs beside the models: two pods with one configuration file."""

from collections.abc import Mapping
from dataclasses import dataclass

from cdk8s_plus_33 import k8s

from inference_constructs.eks.common.labels import MANAGED_BY, NAME, NODE_KIND, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest, digest_of, number_or_text, quantity
from inference_constructs.eks.common.node_labels import ARCHITECTURE
from inference_constructs.eks.common.pod_security import container_security_context, pod_security_context

_USER = 65534  # nobody, in images that have no user of their own
_REPLICAS = 2
_CONFIG_VOLUME = "config"


@dataclass(frozen=True, kw_only=True)
class SupportApp:
    """What differs between such applications.

    Attributes:
        name: Its name, also of all its objects.
        namespace: Where it runs.
        image: What it runs.
        args: With which arguments.
        port: The port it listens on.
        scheme: How: HTTP or HTTPS.
        ready_path: What answers once it can do its work.
        alive_path: What answers while it is not stuck.
        config_dir: Where its configuration file is expected.
        config: The configuration file, by name.
        scratch: Folders that it writes to, by the name of the volume.
        cpu: Cores of a pod.
        memory: Memory of a pod.
    """

    name: str
    namespace: str
    image: str
    args: tuple[str, ...]
    port: int
    scheme: str
    ready_path: str
    alive_path: str
    config_dir: str
    config: Mapping[str, str]
    scratch: Mapping[str, str]
    cpu: str
    memory: str

    @property
    def selector(self) -> dict[str, str]:
        """The labels that find its pods."""
        return {NAME: self.name}

    def objects(self) -> list[Manifest]:
        """Its service account, configuration, Service, Deployment and disruption budget."""
        return [
            k8s.KubeServiceAccount.manifest(metadata=self.metadata(), automount_service_account_token=False),
            k8s.KubeConfigMap.manifest(metadata=self.metadata(), data=dict(self.config)),
            k8s.KubeService.manifest(
                metadata=self.metadata(),
                spec=k8s.ServiceSpec(
                    selector=self.selector, ports=[k8s.ServicePort(port=self.port, target_port=number_or_text("web"))]
                ),
            ),
            self._deployment(),
            k8s.KubePodDisruptionBudget.manifest(
                metadata=self.metadata(),
                spec=k8s.PodDisruptionBudgetSpec(
                    selector=k8s.LabelSelector(match_labels=self.selector),
                    max_unavailable=number_or_text(1),
                    unhealthy_pod_eviction_policy="AlwaysAllow",
                ),
            ),
        ]

    def metadata(self) -> k8s.ObjectMeta:
        """Metadata of one of its objects."""
        return k8s.ObjectMeta(name=self.name, namespace=self.namespace, labels=self.selector | {MANAGED_BY: SLIPWAY})

    def subject(self) -> k8s.Subject:
        """It, as whom a role is bound to."""
        return k8s.Subject(kind="ServiceAccount", name=self.name, namespace=self.namespace)

    def _deployment(self) -> Manifest:
        rendered: Manifest = k8s.KubeDeployment.manifest(
            metadata=self.metadata(),
            spec=k8s.DeploymentSpec(
                replicas=_REPLICAS,
                selector=k8s.LabelSelector(match_labels=self.selector),
                strategy=k8s.DeploymentStrategy(
                    type="RollingUpdate",
                    rolling_update=k8s.RollingUpdateDeployment(
                        max_surge=number_or_text(1), max_unavailable=number_or_text(0)
                    ),
                ),
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(
                        labels=self.selector | {MANAGED_BY: SLIPWAY},
                        annotations={
                            "slipway/configuration": digest_of(self.config),
                            "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
                        },
                    ),
                    spec=self._pod(),
                ),
            ),
        )
        return rendered

    def _pod(self) -> k8s.PodSpec:
        mounts = {_CONFIG_VOLUME: self.config_dir} | dict(self.scratch)
        return k8s.PodSpec(
            service_account_name=self.name,
            automount_service_account_token=True,  # both ask the Kubernetes API for pods
            enable_service_links=False,
            security_context=pod_security_context(_USER),
            # Of the two, the one that every cluster has nodes of.
            node_selector={NODE_KIND: "cpu", "kubernetes.io/arch": ARCHITECTURE["x86_64"]},
            # In a full cluster pods of services give way to it: they would not scale without it.
            priority_class_name="system-cluster-critical",
            topology_spread_constraints=[
                k8s.TopologySpreadConstraint(
                    topology_key=key,
                    max_skew=1,
                    when_unsatisfiable="ScheduleAnyway",
                    label_selector=k8s.LabelSelector(match_labels=self.selector),
                )
                for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
            ],
            containers=[
                k8s.Container(
                    name=self.name,
                    image=self.image,
                    args=list(self.args),
                    ports=[k8s.ContainerPort(name="web", container_port=self.port)],
                    resources=k8s.ResourceRequirements(
                        requests={"cpu": quantity(self.cpu), "memory": quantity(self.memory)},
                        limits={"memory": quantity(self.memory)},
                    ),
                    security_context=container_security_context(),
                    readiness_probe=self._probe(self.ready_path, period_s=5, failures=3),
                    liveness_probe=self._probe(self.alive_path, period_s=10, failures=6),
                    termination_message_policy="FallbackToLogsOnError",
                    volume_mounts=[
                        k8s.VolumeMount(name=name, mount_path=path, read_only=name == _CONFIG_VOLUME or None)
                        for name, path in mounts.items()
                    ],
                )
            ],
            volumes=[
                k8s.Volume(name=_CONFIG_VOLUME, config_map=k8s.ConfigMapVolumeSource(name=self.name)),
                *(
                    k8s.Volume(name=name, empty_dir=k8s.EmptyDirVolumeSource(size_limit=quantity("1Gi")))
                    for name in self.scratch
                ),
            ],
        )

    def _probe(self, path: str, *, period_s: int, failures: int) -> k8s.Probe:
        return k8s.Probe(
            http_get=k8s.HttpGetAction(path=path, port=number_or_text("web"), scheme=self.scheme),
            period_seconds=period_s,
            timeout_seconds=3,
            failure_threshold=failures,
        )
