"""Names that parts of a cluster share: whoever sets one and whoever looks for it import it from here."""

from typing import Literal

from cdk8s_plus_33 import k8s

from inference_constructs.eks.common.manifests import number_or_text

NodeMode = Literal["auto_mode", "managed_node_groups"]

#: Metrics of the pods, in the custom metrics API.
IN_FLIGHT_METRIC = "inference_requests_in_flight"
PER_MINUTE_METRIC = "inference_requests_per_minute"

#: Where the load balancer controller adds its readiness gate to new pods, by who runs the controller.
READINESS_GATE = {
    "auto_mode": "eks.amazonaws.com/pod-readiness-gate-inject",
    "managed_node_groups": "elbv2.k8s.aws/pod-readiness-gate-inject",
}

#: EKS registers targets only in groups with this tag (IAM policy AmazonEKSLoadBalancingPolicy).
CLUSTER_TAG = "eks:eks-cluster-name"

#: Where Prometheus and its adapter run.
METRICS_NAMESPACE = "slipway-metrics"
NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"


def metrics_pods() -> k8s.NetworkPolicyPeer:
    """Every pod of the namespace that Prometheus is in."""
    return k8s.NetworkPolicyPeer(
        namespace_selector=k8s.LabelSelector(match_labels={NAMESPACE_NAME_LABEL: METRICS_NAMESPACE})
    )


def port(number: int, protocol: str = "TCP") -> k8s.NetworkPolicyPort:
    """A port to allow."""
    return k8s.NetworkPolicyPort(port=number_or_text(number), protocol=protocol)
