"""The Deployment of a variant: how its pods are replaced when they change."""

from cdk8s_plus_33 import k8s

from inference_constructs.config import Rollout, Strategy
from inference_constructs.config.eks.quantities import mebibytes
from inference_constructs.eks.common.labels import selector, variant_metadata
from inference_constructs.eks.common.manifests import Manifest, number_or_text
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.service.pod import PodSettings, pod_template

_OLD_REVISIONS = 5
#: Seconds for which a new pod must have been ready before it counts and an old one may go: a server that falls over
#: with its first requests has done so by then.
_SHORTEST_BAKE_S = 15
#: Seconds for a new node and for the images before a model is loaded: 5 minutes each. What makes no progress for so
#: long, for as long as the model takes, and for as long as a server may take to start, is rolled back.
_NODE_AND_IMAGES_S = 600
_SHORTEST_LOADING_S = 300
#: What the slowest disk writes in a second: the archive, and what is in it.
_MEBIBYTES_PER_SECOND = 125
#: All of it with a small model and the usual start; never less, however long a batch bakes.
_USUAL_START_S = 1500
#: CloudFormation waits an hour for a custom resource; what ends before that ends with its own reason.
_LONGEST_WITHOUT_PROGRESS_S = 3300


def deployment(settings: PodSettings, variant: PodVariant, *, rollout: Rollout, configuration: str) -> Manifest:
    """A Deployment without a number of pods, which is the autoscaler's.

    No pod ends before a new one takes its place.

    Args:
        settings: What every variant of the service has in common.
        variant: Whose pods they are.
        rollout: How they are replaced.
        configuration: The ConfigMap with the server's variables.
    """
    ready_s = _ready_s(rollout)
    rendered: Manifest = k8s.KubeDeployment.manifest(
        metadata=variant_metadata(settings.service_name, variant.name),
        spec=k8s.DeploymentSpec(
            selector=k8s.LabelSelector(match_labels=selector(settings.service_name, variant.name)),
            template=pod_template(settings, variant, configuration),
            strategy=k8s.DeploymentStrategy(
                type="RollingUpdate",
                rolling_update=k8s.RollingUpdateDeployment(
                    max_surge=number_or_text(_surge(rollout)), max_unavailable=number_or_text(0)
                ),
            ),
            min_ready_seconds=ready_s,
            progress_deadline_seconds=_longest_without_progress_s(settings, variant, ready_s),
            revision_history_limit=_OLD_REVISIONS,
        ),
    )
    return rendered


def _longest_without_progress_s(settings: PodSettings, variant: PodVariant, ready_s: int) -> int:
    """Seconds for a node, images, the model and the server's start, and for a batch to have been ready."""
    volume = mebibytes("model_volume", settings.pods.model_volume) if variant.model is not None else 0
    loading_s = max(_SHORTEST_LOADING_S, volume // _MEBIBYTES_PER_SECOND)
    start_s = _NODE_AND_IMAGES_S + loading_s + settings.pods.container.longest_start_s
    return min(ready_s + start_s, max(_LONGEST_WITHOUT_PROGRESS_S, ready_s + _USUAL_START_S))


def _surge(rollout: Rollout) -> str:
    """How many pods are added beside the old ones, in percent, at least one; as many old ones go when they are ready.

    `all_at_once` puts a whole new variant beside the old one, for minutes and at the price of both; where nodes are
    scarce, as those with GPUs are, the other strategies go in batches of their first step. With `canary` and `linear`
    that concerns changes without a candidate, and the main variant's promotion, during which it gets no traffic.
    """
    return f"{rollout.percent or 100}%"


def _ready_s(rollout: Rollout) -> int:
    """Seconds that each batch is watched: the whole bake of a rolling update.

    Of a candidate it is the step that bakes, for as long as its value stays.
    """
    return max(_SHORTEST_BAKE_S, rollout.bake_s if rollout.strategy is Strategy.ROLLING else 0)
