"""The Kubernetes Service of a variant: it names the pods that a target group gets."""

from cdk8s_plus_33 import k8s

from inference_constructs.eks.common.labels import HTTP_PORT_NAME, selector, variant_metadata
from inference_constructs.eks.common.manifests import Manifest, number_or_text

_PORT = 80


def pod_service(service_name: str, variant_name: str) -> Manifest:
    """A Service inside the cluster. Its name never changes: a renamed one drops its targets mid-flight."""
    rendered: Manifest = k8s.KubeService.manifest(
        metadata=variant_metadata(service_name, variant_name),
        spec=k8s.ServiceSpec(
            type="ClusterIP",
            selector=selector(service_name, variant_name),
            ports=[
                k8s.ServicePort(
                    name=HTTP_PORT_NAME, port=_PORT, target_port=number_or_text(HTTP_PORT_NAME), protocol="TCP"
                )
            ],
        ),
    )
    return rendered
