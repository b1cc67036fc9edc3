"""Traffic comes after pods: a fleet that is new gets its share when it has pods to take it."""

from aws_cdk import Duration, aws_eks_v2
from constructs import Construct

#: The handler behind the resource has 15 minutes in all.
_PATIENCE = Duration.minutes(12)
#: The one reason that the condition `Available` has when it is true. An expression for kubectl can test one field only.
_AVAILABLE = '.status.conditions[?(@.reason=="MinimumReplicasAvailable")].type'


class FirstPods(Construct):
    """Waits until a new fleet's Deployment is available: its pods pass the load balancer's health check by then.

    A load balancer sends a target group its share whether it has targets or not, and answers 503 for it. CloudFormation
    looks once, when the fleet is new: what changes later is rolled by the Deployment, which keeps its pods. A fleet
    whose pods never come up makes the deployment fail and roll back.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster: aws_eks_v2.ICluster, namespace: str, deployment: str
    ) -> None:
        """Wait for a Deployment.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: Where it is.
            namespace: Its namespace.
            deployment: Its name.
        """
        super().__init__(scope, construct_id)
        aws_eks_v2.KubernetesObjectValue(
            self,
            "Resource",
            cluster=cluster,
            object_type="deployment",
            object_namespace=namespace,
            object_name=deployment,
            json_path=_AVAILABLE,
            timeout=_PATIENCE,
        )
