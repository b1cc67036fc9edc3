"""CloudFormation goes on when Kubernetes has rolled a Deployment out, and back when it gave up."""

import hashlib
import json

from aws_cdk import CustomResource, Stack
from constructs import Construct

from inference_constructs.eks.common.manifests import Manifest


class RolloutWait(Construct):
    """Is complete when a Deployment has rolled out, and fails with the reason when Kubernetes reports a failure.

    It looks again whenever the Deployment is applied with another content, and in no other deployment. When it fails,
    the stack rolls back: CloudFormation applies the Deployment as it was, and waits for that too, though not for long,
    since the old pods never left. What CloudFormation removes, it removes after all waiting: the permission to read the
    old model is there as long as a pod may have to load it. Deleting it waits for nothing.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service_token: str,
        namespace: str,
        deployment: Manifest,
        minimum: int,
    ) -> None:
        """Wait for a Deployment. Whoever makes it has it depend on what applies the Deployment.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            service_token: That of the cluster's `RolloutWatch`.
            namespace: The Deployment's namespace.
            deployment: The Deployment as it is applied.
            minimum: The least number of pods that its autoscaler keeps.
        """
        super().__init__(scope, construct_id)
        CustomResource(
            self,
            "Resource",
            resource_type="Custom::SlipwayRollout",
            service_token=service_token,
            properties={
                "Namespace": namespace,
                "Deployment": deployment["metadata"]["name"],
                "Minimum": minimum,
                "Applied": self._digest_of(deployment),
            },
        )

    def _digest_of(self, manifest: Manifest) -> str:
        """What changes with the manifest. Tokens are resolved: their numbers change with what else is in the app."""
        resolved = json.dumps(Stack.of(self).resolve(dict(manifest)), sort_keys=True)
        return hashlib.sha256(resolved.encode()).hexdigest()[:16]
