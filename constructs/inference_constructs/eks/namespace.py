"""A service's namespace and the identity of its pods."""

from typing import Literal

from cdk8s_plus_33 import k8s

from inference_constructs.eks.labels import MANAGED_BY, NAME, SLIPWAY
from inference_constructs.eks.manifests import Manifest
from inference_constructs.eks.restricted import namespace_labels

NodeMode = Literal["auto_mode", "managed_node_groups"]

#: The service account of every pod that serves a model.
SERVICE_ACCOUNT = "model"

#: Where the load balancer controller adds its readiness gate to new pods, by who runs the controller.
READINESS_GATE = {
    "auto_mode": "eks.amazonaws.com/pod-readiness-gate-inject",
    "managed_node_groups": "elbv2.k8s.aws/pod-readiness-gate-inject",
}


def namespace(service_name: str, nodes: NodeMode) -> Manifest:
    """The namespace. A new pod in it counts as ready only once the load balancer finds it healthy."""
    labels = {NAME: service_name, MANAGED_BY: SLIPWAY, READINESS_GATE[nodes]: "enabled"} | namespace_labels()
    rendered: Manifest = k8s.KubeNamespace.manifest(metadata=k8s.ObjectMeta(name=service_name, labels=labels))
    return rendered


def service_account(service_name: str) -> Manifest:
    """Who the pods are for AWS, and nobody for Kubernetes.

    They get no token for the Kubernetes API. EKS Pod Identity does not use that one: its webhook mounts a token of its
    own, made for the audience pods.eks.amazonaws.com (aws/amazon-eks-pod-identity-webhook, pull request 189).
    """
    rendered: Manifest = k8s.KubeServiceAccount.manifest(
        metadata=k8s.ObjectMeta(
            name=SERVICE_ACCOUNT, namespace=service_name, labels={NAME: service_name, MANAGED_BY: SLIPWAY}
        ),
        automount_service_account_token=False,
    )
    return rendered
