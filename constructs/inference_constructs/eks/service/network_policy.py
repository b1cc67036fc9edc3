"""Who may talk to a service's pods, and whom they may talk to."""

from cdk8s_plus_33 import k8s

from inference_constructs.eks.common.contract import metrics_pods, port
from inference_constructs.eks.common.labels import HTTP_PORT, MANAGED_BY, NAME, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest

_POD_IDENTITY_AGENT = "169.254.170.23/32"  # Amazon EKS User Guide, "Learn how EKS Pod Identity grants pods access"
_DNS_PORT, _HTTP_PORT, _HTTPS_PORT = 53, 80, 443


def network_policy(service_name: str, vpc_cidr: str) -> Manifest:
    """Requests from the load balancer and scrapes come in; the model, credentials and DNS are fetched. Nothing else.

    The load balancer has no identity in the cluster, only addresses in the VPC. EKS Auto Mode answers DNS on the node
    and not from pods, so that no selector could name it; S3 has public addresses even behind a gateway endpoint.
    Probes come from the pod's own node, which is always allowed.
    """
    rendered: Manifest = k8s.KubeNetworkPolicy.manifest(
        metadata=k8s.ObjectMeta(
            name="ingress", namespace=service_name, labels={NAME: service_name, MANAGED_BY: SLIPWAY}
        ),
        spec=k8s.NetworkPolicySpec(
            pod_selector=k8s.LabelSelector(),
            policy_types=["Ingress", "Egress"],
            ingress=[
                k8s.NetworkPolicyIngressRule(
                    from_=[k8s.NetworkPolicyPeer(ip_block=k8s.IpBlock(cidr=vpc_cidr)), metrics_pods()],
                    ports=[port(HTTP_PORT)],
                )
            ],
            egress=[
                k8s.NetworkPolicyEgressRule(ports=[port(_DNS_PORT, "UDP"), port(_DNS_PORT), port(_HTTPS_PORT)]),
                k8s.NetworkPolicyEgressRule(
                    to=[k8s.NetworkPolicyPeer(ip_block=k8s.IpBlock(cidr=_POD_IDENTITY_AGENT))],
                    ports=[port(_HTTP_PORT)],
                ),
            ],
        ),
    )
    return rendered
