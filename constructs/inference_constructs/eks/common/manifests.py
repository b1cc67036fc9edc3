"""From typed Kubernetes objects to what CloudFormation applies: one manifest for each step of a deployment's order.

Objects are rendered by the `manifest` of their cdk8s class, without a chart: a construct for each would cost a call
into the CDK more and name nothing that is not named already. CDK tokens pass through as strings.
"""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_eks_v2
from cdk8s_plus_33 import k8s
from constructs import Construct

#: A rendered Kubernetes object.
Manifest = Mapping[str, Any]


def apply_manifest(
    scope: Construct,
    construct_id: str,
    *,
    cluster: aws_eks_v2.ICluster,
    objects: Sequence[Manifest],
    overwrite: bool = True,
) -> aws_eks_v2.KubernetesManifest:
    """Have CloudFormation apply objects in their order, and delete them with the stack.

    The set of objects must not depend on settings, since nothing takes out what a later version no longer names:
    `kubectl apply --prune` would, but it looks at a fixed list of kinds that lacks HorizontalPodAutoscaler,
    PodDisruptionBudget and every custom one. What comes and goes is a manifest of its own.

    Args:
        scope: The construct this belongs to, in the stack that owns the objects.
        construct_id: Its id there.
        cluster: Where to apply them.
        objects: What to apply.
        overwrite: Whether the creation takes over objects of the same name. It lets an attempt succeed that follows one
            that was cut off; `kubectl create`, used otherwise, refuses what is there. Updates apply either way.
    """
    return aws_eks_v2.KubernetesManifest(
        scope,
        construct_id,
        cluster=cluster,
        manifest=[dict(each) for each in objects],
        overwrite=overwrite,
        prune=False,
    )


@functools.cache
def quantity(text: str) -> k8s.Quantity:
    """An amount of a resource. Kept, since making one is a call into the CDK."""
    return k8s.Quantity.from_string(text)


@functools.cache
def number_or_text(value: int | str) -> k8s.IntOrString:
    """A number, or a percentage or a port's name. Kept, since making one is a call into the CDK."""
    return k8s.IntOrString.from_number(value) if isinstance(value, int) else k8s.IntOrString.from_string(value)


def digest_of(data: Mapping[str, str]) -> str:
    """A short name for a configuration: what has it in its template is replaced when the configuration changes."""
    text = "\0".join(f"{key}\0{value}" for key, value in sorted(data.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
