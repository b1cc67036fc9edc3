"""CloudFormation goes on when Kubernetes has rolled a Deployment out, and back when it gave up."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import CustomResource, Stack
from constructs import Construct

from inference_constructs.eks.common.manifests import Manifest


@dataclass(frozen=True, kw_only=True)
class Bake:
    """What takes a change back.

    Attributes:
        alarms: The names of the alarms that end it. Default: none.
        seconds: For how long they are watched once the change is complete. Default: not at all.
    """

    alarms: Sequence[str] = ()
    seconds: int = 0


class RolloutWait(Construct):
    """Is complete when a Deployment has rolled out and its pods have baked, and fails with the reason otherwise.

    It fails when Kubernetes reports a failure, when no new pod can come up, and when an alarm goes off. It looks again
    whenever the Deployment is applied with another content, and in no other deployment. When it fails, the stack rolls
    back: CloudFormation applies the Deployment as it was, and waits for that too, though not for long, since the old
    pods never left. What CloudFormation removes, it removes after all waiting: the permission to read the old model is
    there as long as a pod may have to load it. Deleting it waits for nothing.
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
        bake: Bake | None = None,
    ) -> None:
        """Wait for a Deployment. Whoever makes it has it depend on what applies the Deployment.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            service_token: That of the cluster's `RolloutWatch`.
            namespace: The Deployment's namespace.
            deployment: The Deployment as it is applied.
            minimum: The least number of pods that its autoscaler keeps.
            bake: What takes the new pods back. Default: nothing but Kubernetes' own failures.
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
                **_properties(bake),
            },
        )

    def _digest_of(self, manifest: Manifest) -> str:
        """What changes with the manifest. Tokens are resolved: their numbers change with what else is in the app."""
        resolved = json.dumps(Stack.of(self).resolve(dict(manifest)), sort_keys=True)
        return hashlib.sha256(resolved.encode()).hexdigest()[:16]


class TrafficBake(Construct):
    """Is complete when the traffic that a variant has gained has baked, and fails when one of its alarms goes off.

    Whoever makes it has it depend on the rule that shares the traffic: when it fails, the stack rolls back, and the
    rule has its weights of before.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service_token: str,
        namespace: str,
        weights: Mapping[str, int],
        alarms: Mapping[str, Sequence[str]],
        seconds: int,
    ) -> None:
        """Wait while traffic bakes.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            service_token: That of the cluster's `RolloutWatch`.
            namespace: The service's namespace.
            weights: The weights of the rule, by variant. The first one has what the others leave.
            alarms: The alarms that take traffic back from a variant, by its name.
            seconds: For how long they are watched.
        """
        super().__init__(scope, construct_id)
        CustomResource(
            self,
            "Resource",
            resource_type="Custom::SlipwayBake",
            service_token=service_token,
            properties={
                "Namespace": namespace,
                "Weights": ",".join(f"{name}={weight}" for name, weight in weights.items()),
                "Alarms": {name: list(names) for name, names in alarms.items()},
                "BakeSeconds": seconds,
            },
        )


def _properties(bake: Bake | None) -> dict[str, object]:
    return {} if bake is None or not bake.alarms else {"Alarms": list(bake.alarms), "BakeSeconds": bake.seconds}
