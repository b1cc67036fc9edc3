"""Tags that every service of AWS takes on every resource."""

import unicodedata
from collections.abc import Mapping

from inference_constructs.config.models.base import RuleError

#: AWS takes 50 on a resource (General Reference, "Tagging your AWS resources"), and the app and the CDK give a subnet
#: five of their own, which is most.
MOST_TAGS = 45
#: A value of an alarm's tag has at least one character (CloudFormation's schema of AWS::CloudWatch::Alarm).
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_PUNCTUATION = frozenset("_.:/=+-@")
#: AWS's own, and this app's.
_TAKEN = ("aws:", "slipway:")
#: What the app tags everything with.
ENVIRONMENT_TAG = "slipway:environment"
#: The app gives a node a name and its environment; EKS and Karpenter give it up to six (Karpenter, "NodeClasses",
#: `spec.tags`), and may give more.
MOST_TAGS_ON_NODES = 40
#: Keys by which those know their nodes. A NodeClass with one of them is refused (EKS User Guide, "Create a Node Class
#: for Amazon EKS"), and EKS or the Cluster Autoscaler might take a group with one for another cluster's.
_TAKEN_ON_NODES = (
    "eks:",
    "eks.amazonaws.com/",
    "karpenter.sh/",
    "karpenter.k8s.aws/",
    "kubernetes.io/cluster",
    "k8s.io/cluster-autoscaler/",
)


def check_tags(tags: Mapping[str, str], *, on_nodes: bool = False) -> None:
    """Refuse tags that a deployment would end at.

    Args:
        tags: Values by key.
        on_nodes: Whether nodes of clusters are tagged as well.

    Raises:
        RuleError: The first of them.
    """
    most = MOST_TAGS_ON_NODES if on_nodes else MOST_TAGS
    if len(tags) > most:
        others = "the app and EKS add their own to nodes" if on_nodes else "the app adds its own"
        accepted = f"up to {most}: AWS takes 50 on a resource, and {others}"
        raise RuleError("tags", f"{len(tags)} tags", accepted=accepted)
    seen: dict[str, str] = {}
    for key, value in tags.items():
        lower = key.lower()
        if not 0 < len(key) <= _LONGEST_KEY or lower.startswith(_TAKEN) or not 0 < len(value) <= _LONGEST_VALUE:
            accepted = "keys of 1 to 128 characters that do not start with aws: or slipway:, values of 1 to 256"
            raise RuleError(f"tags.{key}", value, accepted=accepted)
        if on_nodes and lower.startswith(_TAKEN_ON_NODES):
            accepted = f"with eks no keys that start with {', '.join(_TAKEN_ON_NODES)}: by them EKS knows its nodes"
            raise RuleError(f"tags.{key}", value, accepted=accepted)
        if not (_is_written_well(key) and _is_written_well(value)):
            accepted = "letters, digits, spaces and _ . : / = + - @ in keys and values"
            raise RuleError(f"tags.{key}", value, accepted=accepted)
        if lower in seen:
            accepted = f"a key that is not {seen[lower]} in other letters: IAM takes the two for one"
            raise RuleError(f"tags.{key}", value, accepted=accepted)
        seen[lower] = key


def _is_written_well(text: str) -> bool:
    r"""Whether it is of the pattern that the services' references give, `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`."""
    return all(each in _PUNCTUATION or unicodedata.category(each)[0] in "LZN" for each in text)
