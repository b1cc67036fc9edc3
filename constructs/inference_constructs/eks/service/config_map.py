"""The environment variables of a variant's servers."""

from cdk8s_plus_33 import k8s

from inference_constructs.config import Pods
from inference_constructs.eks.common.labels import HTTP_PORT, labels
from inference_constructs.eks.common.manifests import Manifest, digest_of
from inference_constructs.eks.common.timeouts import drain_s, keep_alive_s
from inference_constructs.eks.common.variant import PodVariant

MODEL_DIR = "/opt/ml/model"


def server_settings(variant: PodVariant, pods: Pods) -> dict[str, str]:
    """The variables, by name.

    A service's own variables win over the number of threads, which is a matter of tuning, and over nothing that the
    pod's probes, its way of ending or the load balancer rely on.
    """
    tuning = {"SERVING_INFERENCE_THREADS": str(pods.threads)}  # the server would count the node's processors
    fixed = {
        "SERVING_HOST": "0.0.0.0",  # noqa: S104 - the pod's own address is known only to the node
        "SERVING_PORT": str(HTTP_PORT),
        "SERVING_KEEP_ALIVE_SECONDS": str(keep_alive_s(pods)),
        "SERVING_DRAIN_SECONDS": str(drain_s(pods)),
    }
    if variant.model is not None:
        fixed["SERVING_MODEL_DIR"] = MODEL_DIR
    return tuning | dict(variant.environment) | fixed


def configuration_name(variant_name: str, settings: dict[str, str]) -> str:
    """The ConfigMap's name: a digest of the variables, so that each version of the pods keeps the ones it came with.

    Containers read them when they start. In one place for all, an old pod that restarts while a rollout is under
    way would have the new version's.
    """
    return f"{variant_name}-{digest_of(settings)}"


def config_map(service_name: str, variant_name: str, settings: dict[str, str]) -> Manifest:
    """The variables as the pods read them."""
    rendered: Manifest = k8s.KubeConfigMap.manifest(
        metadata=k8s.ObjectMeta(
            name=configuration_name(variant_name, settings),
            namespace=service_name,
            labels=labels(service_name, variant_name),
        ),
        data=dict(sorted(settings.items())),
        immutable=True,
    )
    return rendered
