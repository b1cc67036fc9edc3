"""How Slipway's objects are named and found in a cluster. The names are a contract: callers and metrics use them."""

from cdk8s_plus_33 import k8s

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
MANAGED_BY = "app.kubernetes.io/managed-by"
SLIPWAY = "slipway"

#: Label of nodes: what they have, `cpu`, `gpu` or `inferentia`.
NODE_KIND = "slipway/kind"
#: Label of nodes with five values, divided between spot and on-demand nodes by the node pool's share of spot.
CAPACITY_SPREAD = "slipway/capacity-spread"

#: The port of every model server's container, and of the Service before it, by name.
HTTP_PORT_NAME = "http"
HTTP_PORT = 8080
#: The container that serves.
SERVER_CONTAINER = "server"


def selector(name: str, instance: str) -> dict[str, str]:
    """The labels that find the pods of one of a service's variants, and no others."""
    return {NAME: name, INSTANCE: instance}


def labels(name: str, instance: str) -> dict[str, str]:
    """All labels of a variant's objects and pods."""
    return selector(name, instance) | {MANAGED_BY: SLIPWAY}


def variant_metadata(service_name: str, variant_name: str) -> k8s.ObjectMeta:
    """Metadata of an object of a variant, in the service's namespace and named after the variant."""
    return k8s.ObjectMeta(name=variant_name, namespace=service_name, labels=labels(service_name, variant_name))
