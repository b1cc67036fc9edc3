"""The custom resource by which a load balancer controller registers a Service's pods in a target group.

The fields are those of the AWS Load Balancer Controller's own definition (elbv2.k8s.aws_targetgroupbindings.yaml).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from inference_constructs.eks.common.manifests import Manifest
from inference_constructs.eks.crds.rendering import NAME, as_object

#: Who runs the controller decides the API: EKS Auto Mode has its own, which does not take `targetGroupName`
#: (aws/containers-roadmap, issue 2621).
_API_VERSION = {"auto_mode": "eks.amazonaws.com/v1", "managed_node_groups": "elbv2.k8s.aws/v1beta1"}


@dataclass(frozen=True, kw_only=True)
class ServiceReference:
    """A port of a Service in the binding's namespace, by its name."""

    name: str
    port: str


@dataclass(frozen=True, kw_only=True)
class TargetGroupBindingSpec:
    """Which pods are registered where.

    `networking` is left out: the load balancer may reach the pods by a security group rule of CloudFormation's. With it
    the controller would add and remove a second rule for the same traffic, and one that is left behind when a
    controller is gone before its binding names the load balancer's security group, which then cannot be deleted.
    Without it the controller opens nothing (kubernetes-sigs/aws-load-balancer-controller, issue 2582).

    Attributes:
        target_group_arn: The target group. With EKS Auto Mode it is tagged with the cluster's name.
        service_ref: Whose ready pods are registered.
        target_type: `ip`: pods by their own addresses.
    """

    target_group_arn: str = field(metadata={NAME: "targetGroupARN"})
    service_ref: ServiceReference
    target_type: Literal["ip"] = "ip"


@dataclass(frozen=True, kw_only=True)
class TargetGroupBinding:
    """A TargetGroupBinding.

    Attributes:
        name: Its name.
        namespace: Its namespace, and the Service's.
        labels: Its labels.
        nodes: Who runs the controller.
        spec: Its specification.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    nodes: Literal["auto_mode", "managed_node_groups"]
    spec: TargetGroupBindingSpec

    def manifest(self) -> Manifest:
        """The object as Kubernetes takes it."""
        return {
            "apiVersion": _API_VERSION[self.nodes],
            "kind": "TargetGroupBinding",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": dict(self.labels)},
            "spec": as_object(self.spec),
        }
