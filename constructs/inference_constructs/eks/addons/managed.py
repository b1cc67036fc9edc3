"""What EKS installs in a cluster and keeps running there."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_eks_v2
from constructs import Construct, IDependable

from inference_constructs.eks.addons.observability_role import AGENT, ObservabilityRole
from inference_constructs.eks.common.versions import AddOnVersions

#: The service account of both the CloudWatch agent and Fluent Bit (CloudWatch User Guide, "Quick start with the Amazon
#: CloudWatch Observability EKS add-on").
#: Container Insights and the pods' logs. Application Signals is on by default since version 5, and would add
#: containers to every pod that their namespaces' standard `restricted` refuses (same guide, "Opt out of Application
#: Signals").
_OBSERVABILITY = {
    "agent": {"config": {"logs": {"metrics_collected": {"kubernetes": {"enhanced_container_insights": True}}}}},
    "containerLogs": {"enabled": True},
    "manager": {"applicationSignals": {"autoMonitor": {"monitorAllServices": False}}},
}
#: What a NetworkPolicy needs to have an effect on managed node groups (EKS User Guide, "Restrict Pod network traffic
#: with Kubernetes network policies").
_NETWORK_PLUGIN = {"enableNetworkPolicy": "true"}


class NodeAddOns(Construct):
    """What nodes of managed node groups need from their start. Auto Mode has all of it built in.

    CoreDNS needs nodes and comes with the add-ons for pods.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: aws_eks_v2.ICluster, versions: AddOnVersions
    ) -> None:
        """Create the add-ons.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            versions: The builds to install.
        """
        super().__init__(scope, construct_id)
        add_on(self, "NetworkPlugin", cluster, "vpc-cni", versions.vpc_cni, configuration=_NETWORK_PLUGIN)
        add_on(self, "KubeProxy", cluster, "kube-proxy", versions.kube_proxy)
        add_on(self, "PodIdentityAgent", cluster, "eks-pod-identity-agent", versions.pod_identity_agent)


class AddOns(Construct):
    """metrics-server, by which pods are scaled, and CloudWatch Observability, by which alarms see them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        versions: AddOnVersions,
        observability: ObservabilityRole,
        coredns: bool,
        nodes: IDependable,
    ) -> None:
        """Create the add-ons.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            versions: The builds to install.
            observability: What lets pods write to CloudWatch.
            coredns: Whether the cluster's DNS is one of them. On Auto Mode it runs on the nodes.
            nodes: What they run on: without it, EKS waits for their pods in vain.
        """
        super().__init__(scope, construct_id)
        self.node.add_dependency(nodes)
        if coredns:
            add_on(self, "CoreDns", cluster, "coredns", versions.coredns)
        add_on(self, "MetricsServer", cluster, "metrics-server", versions.metrics_server)
        insights = add_on(
            self,
            "CloudWatchObservability",
            cluster,
            "amazon-cloudwatch-observability",
            versions.cloudwatch_observability,
            configuration=_OBSERVABILITY,
            role_arn=observability.role.role_arn,
        )
        insights.node.add_dependency(observability.permissions)


def add_on(
    scope: Construct,
    construct_id: str,
    cluster: aws_eks_v2.ICluster,
    name: str,
    version: str,
    *,
    configuration: Mapping[str, Any] | None = None,
    role_arn: str | None = None,
) -> aws_eks_v2.CfnAddon:
    """The add-on as CloudFormation has it; the CDK's class lacks pod identity and what to do about conflicts.

    Args:
        scope: The construct it belongs to.
        construct_id: Its id there.
        cluster: Where it runs.
        name: What EKS calls it.
        version: The build.
        configuration: What differs from EKS's defaults.
        role_arn: What the CloudWatch agent may do in AWS.
    """
    identity = aws_eks_v2.CfnAddon.PodIdentityAssociationProperty
    return aws_eks_v2.CfnAddon(
        scope,
        construct_id,
        cluster_name=cluster.cluster_name,
        addon_name=name,
        addon_version=version,
        configuration_values=json.dumps(configuration, sort_keys=True) if configuration else None,
        pod_identity_associations=[identity(role_arn=role_arn, service_account=AGENT)] if role_arn else None,
        resolve_conflicts="OVERWRITE",  # the template is what counts, not what someone changed by hand
    )
