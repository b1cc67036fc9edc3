"""How the autoscaler learns of requests: model servers, Prometheus, an adapter, the API for custom metrics."""

from collections.abc import Sequence
from itertools import pairwise

from aws_cdk import aws_eks_v2
from cdk8s_plus_33 import k8s
from constructs import Construct

from inference_constructs.config import SupportImages
from inference_constructs.eks.addons.prometheus import prometheus, prometheus_access
from inference_constructs.eks.addons.prometheus_adapter import adapter_access, api_services, prometheus_adapter
from inference_constructs.eks.addons.support_app import SupportApp
from inference_constructs.eks.common.contract import METRICS_NAMESPACE, port
from inference_constructs.eks.common.labels import HTTP_PORT, MANAGED_BY, NAME, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest, apply_manifest
from inference_constructs.eks.common.pod_security import namespace_labels
from inference_constructs.eks.common.rollout_custom_resource import RolloutWait

_DNS_PORT, _HTTPS_PORT = 53, 443


class MetricsPipeline(Construct):
    """Prometheus and its adapter, in a namespace of their own.

    Applied in an order whose reverse takes the API's registration out first: while the API server knows of an API
    that nobody answers, it deletes no namespace.

    Attributes:
        registration: What makes the metrics available, last of all.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        images: SupportImages,
        rollout_token: str,
    ) -> None:
        """Create the objects.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: Where to.
            images: Their images.
            rollout_token: The service token of the cluster's `RolloutWatch`: what does not run fails the deployment,
                since services would only stop scaling, without a word.
        """
        super().__init__(scope, construct_id)
        self._cluster = cluster
        scraper = prometheus(images.prometheus)
        adapter = prometheus_adapter(images.prometheus_adapter, scraper)
        steps: list[Construct] = [
            self._apply("Namespace", [_namespace(), *_network_policies(scraper, adapter)]),
            self._apply("Access", [*prometheus_access(scraper), *adapter_access(adapter)]),
            self._apply("Prometheus", scraper.objects()),
            self._wait_for(scraper, rollout_token),
            self._apply("Adapter", adapter.objects()),
            self._wait_for(adapter, rollout_token),
        ]
        self.registration = self._apply("Registration", api_services(adapter))
        steps.append(self.registration)
        for earlier, later in pairwise(steps):
            later.node.add_dependency(earlier)

    def _wait_for(self, app: SupportApp, rollout_token: str) -> RolloutWait:
        (deployment,) = (each for each in app.objects() if each["kind"] == "Deployment")
        return RolloutWait(
            self,
            f"Rollout-{app.name}",
            service_token=rollout_token,
            namespace=app.namespace,
            deployment=deployment,
            minimum=deployment["spec"]["replicas"],
        )

    def _apply(self, construct_id: str, objects: Sequence[Manifest]) -> aws_eks_v2.KubernetesManifest:
        return apply_manifest(self, construct_id, cluster=self._cluster, objects=objects)


def _namespace() -> Manifest:
    rendered: Manifest = k8s.KubeNamespace.manifest(
        metadata=k8s.ObjectMeta(
            name=METRICS_NAMESPACE, labels={NAME: METRICS_NAMESPACE, MANAGED_BY: SLIPWAY} | namespace_labels()
        )
    )
    return rendered


def _network_policies(scraper: SupportApp, adapter: SupportApp) -> list[Manifest]:
    """The adapter asks Prometheus, the API server the adapter, from addresses of its own; both watch pods."""
    common = [port(_DNS_PORT, "UDP"), port(_DNS_PORT), port(_HTTPS_PORT)]
    asking = [k8s.NetworkPolicyPeer(pod_selector=k8s.LabelSelector(match_labels=adapter.selector))]
    return [
        _network_policy(scraper, asked_by=asking, asks=[*common, port(HTTP_PORT)]),
        _network_policy(adapter, asked_by=None, asks=[*common, port(scraper.port)]),
    ]


def _network_policy(
    app: SupportApp, *, asked_by: list[k8s.NetworkPolicyPeer] | None, asks: list[k8s.NetworkPolicyPort]
) -> Manifest:
    rendered: Manifest = k8s.KubeNetworkPolicy.manifest(
        metadata=app.metadata(),
        spec=k8s.NetworkPolicySpec(
            pod_selector=k8s.LabelSelector(match_labels=app.selector),
            policy_types=["Ingress", "Egress"],
            ingress=[k8s.NetworkPolicyIngressRule(from_=asked_by, ports=[port(app.port)])],
            egress=[k8s.NetworkPolicyEgressRule(ports=asks)],
        ),
    )
    return rendered
