r"""Versions that belong together: Kubernetes, the kubectl that talks to it, and the add-ons that run in it.

An add-on is pinned to one build per Kubernetes version, so that a deployment never brings a new one by itself. Which
builds there are is known to EKS alone. The ones below ran on clusters of these versions in summer and autumn 2026, by
what the clusters' owners publish; for 1.35 they name EKS's defaults of October. Renew them with an account at hand, one
line per add-on, and let the snapshots show the change:

    aws eks describe-addon-versions --kubernetes-version 1.35 --addon-name coredns --output text \
      --query 'addons[].addonVersions[].[addonVersion, compatibilities[0].defaultVersion]'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aws_cdk import aws_eks_v2

#: Minor version of the kubectl in `aws_cdk.lambda_layer_kubectl_v35`.
KUBECTL = "1.35"
_MOST_APART = 1  # Kubernetes, "Version Skew Policy": kubectl works with a server of one minor version either way


@dataclass(frozen=True, kw_only=True)
class AddOnVersions:
    """A build of each add-on.

    Auto Mode has `vpc_cni` and what follows built in, or does not need it. `cert_manager` has the same builds for all
    versions of Kubernetes, and this is not the newest: in summer 2026 some regions had one more than others.
    """

    metrics_server: str
    cloudwatch_observability: str
    vpc_cni: str
    kube_proxy: str
    coredns: str
    pod_identity_agent: str
    cert_manager: str


_ADD_ONS: Mapping[str, AddOnVersions] = MappingProxyType(
    {
        "1.34": AddOnVersions(
            metrics_server="v0.9.0-eksbuild.5",
            cloudwatch_observability="v6.4.0-eksbuild.1",
            vpc_cni="v1.22.4-eksbuild.3",
            kube_proxy="v1.34.6-eksbuild.18",
            coredns="v1.13.2-eksbuild.11",
            pod_identity_agent="v1.3.10-eksbuild.3",
            cert_manager="v1.21.0-eksbuild.2",
        ),
        "1.35": AddOnVersions(
            metrics_server="v0.9.0-eksbuild.5",
            cloudwatch_observability="v6.5.0-eksbuild.1",
            vpc_cni="v1.22.4-eksbuild.3",
            kube_proxy="v1.35.3-eksbuild.29",
            coredns="v1.13.2-eksbuild.31",
            pod_identity_agent="v1.3.10-eksbuild.3",
            cert_manager="v1.21.0-eksbuild.2",
        ),
        "1.36": AddOnVersions(
            metrics_server="v0.9.0-eksbuild.11",
            cloudwatch_observability="v6.5.0-eksbuild.1",
            vpc_cni="v1.22.4-eksbuild.3",
            kube_proxy="v1.36.0-eksbuild.21",
            coredns="v1.14.3-eksbuild.16",
            pod_identity_agent="v1.3.10-eksbuild.3",
            cert_manager="v1.21.0-eksbuild.2",
        ),
    }
)


def kubernetes_version(version: str) -> aws_eks_v2.KubernetesVersion:
    """The version as the CDK has it.

    Args:
        version: A minor version such as `1.35`.

    Raises:
        ValueError: The kubectl that applies manifests is more than one minor version away.
    """
    if abs(_minor(version) - _minor(KUBECTL)) > _MOST_APART:
        low, high = _minor(KUBECTL) - _MOST_APART, _minor(KUBECTL) + _MOST_APART
        message = (
            f"Kubernetes {version!r} with kubectl {KUBECTL}; accepted: 1.{low} to 1.{high}, or another kubectl layer"
        )
        raise ValueError(message)
    return aws_eks_v2.KubernetesVersion.of(version)


def add_on_versions(version: str) -> AddOnVersions:
    """The add-ons' builds for a minor version of Kubernetes.

    Raises:
        ValueError: None are known for it.
    """
    if version not in _ADD_ONS:
        message = f"Kubernetes {version!r}: no add-on versions are known for it; accepted: {', '.join(_ADD_ONS)}"
        raise ValueError(message)
    return _ADD_ONS[version]


def _minor(version: str) -> int:
    return int(version.split(".")[1])
