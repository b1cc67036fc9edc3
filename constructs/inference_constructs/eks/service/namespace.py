"""A service's namespace and the identity of its pods."""

from cdk8s_plus_33 import k8s

from inference_constructs.eks.common.contract import READINESS_GATE, NodeMode
from inference_constructs.eks.common.labels import MANAGED_BY, NAME, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest
from inference_constructs.eks.common.pod_security import namespace_labels

#: The service account of every pod that serves a model.
SERVICE_ACCOUNT = "model"


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
