"""The kinds of object that a cluster knows, and the discovery documents about them."""

import dataclasses
from collections.abc import Set as AbstractSet
from typing import Any, Final

from slipway.emulator.vendor import KubernetesResource, KubernetesScaffold, kubernetes_resources

#: Kinds of EKS Auto Mode, Karpenter, cert-manager and the AWS Load Balancer Controller, with their short names; the
#: rest is Kubernetes' own. All are known from the start, whatever defines them on a real cluster.
_CUSTOM: Final = (
    ("cert-manager.io/v1/certificates", "Certificate", ("cert",), True),
    ("cert-manager.io/v1/issuers", "Issuer", (), True),
    ("eks.amazonaws.com/v1/targetgroupbindings", "TargetGroupBinding", ("tgb",), True),
    ("eks.amazonaws.com/v1/nodeclasses", "NodeClass", (), False),
    ("elbv2.k8s.aws/v1beta1/targetgroupbindings", "TargetGroupBinding", (), True),
    ("karpenter.sh/v1/nodepools", "NodePool", (), False),
)
_LEFT_OUT: Final = {"gateway.networking.k8s.io", "metrics.k8s.io", "events.k8s.io"}
_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclasses.dataclass(frozen=True)
class ResourceKind:
    """A kind of object.

    Attributes:
        group: Its API group, empty for the core.
        version: The version of the group.
        plural: As it stands in paths.
        kind: As it stands in manifests.
        namespaced: Whether its objects are in namespaces.
        short_names: What kubectl takes for it as well.
        subresources: What there is below an object.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """As manifests write it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The name its objects are kept and told apart by, whatever the version."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def scaffold() -> KubernetesScaffold:
    """The answers of kmock to `/api`, `/apis` and what is below them, for the kinds we know."""
    known = KubernetesScaffold()
    known.resources.load_data(kubernetes_resources())
    for found in [found for found in known.resources if isinstance(found, KubernetesResource)]:
        # Of a group in two versions, discovery would prefer any one; the older is left out.
        old = (found.group, found.version) == ("autoscaling", "v1")
        if old or str(found.group) in _LEFT_OUT or "list" not in known.resources[found].verbs:
            del known.resources[found]
    for name, kind, short, namespaced in _CUSTOM:
        info = known.resources[name]
        info.kind, info.singular, info.namespaced = kind, kind.lower(), namespaced
        info.shortnames, info.verbs = set(short), set(_VERBS)
    return known


def kinds(known: KubernetesScaffold) -> dict[tuple[str, str, str], ResourceKind]:
    """The kinds by group, version and plural name."""
    return {
        (str(found.group or ""), str(found.version or ""), str(found.plural or "")): ResourceKind(
            group=str(found.group or ""),
            version=str(found.version or ""),
            plural=str(found.plural or ""),
            kind=str(known.resources[found].kind or ""),
            namespaced=bool(known.resources[found].namespaced),
            short_names=tuple(sorted(known.resources[found].shortnames)),
            subresources=tuple(sorted(known.resources[found].subresources)),
        )
        for found in known.resources
        if isinstance(found, KubernetesResource)
    }


def group_list(known: dict[tuple[str, str, str], ResourceKind], first: AbstractSet[str]) -> dict[str, Any]:
    """`/apis`: the groups, of one version each.

    kubectl that is asked for a plural without a group takes the first group that has it, and kmock tells the groups in
    any order. Bindings are in two.

    Args:
        known: The kinds.
        first: Groups that come before all others.
    """
    versions = sorted({(kind.group not in first, kind.group, kind.version) for kind in known.values() if kind.group})
    told = [(group, {"groupVersion": f"{group}/{version}", "version": version}) for _, group, version in versions]
    groups = [{"name": group, "preferredVersion": version, "versions": [version]} for group, version in told]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def resource_list(known: dict[tuple[str, str, str], ResourceKind], group: str, version: str) -> dict[str, Any]:
    """The kinds of one group and version, as discovery tells them.

    kmock's own list gives a subresource the short names of its parent, which kubectl then finds ambiguous.
    """
    found = [kind for kind in known.values() if (kind.group, kind.version) == (group, version)]
    entries = [
        {
            "name": f"{kind.plural}/{subresource}" if subresource else kind.plural,
            "singularName": "" if subresource else kind.kind.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": ["get", "patch", "update"] if subresource else list(_VERBS),
            "shortNames": [] if subresource else list(kind.short_names),
        }
        for kind in found
        for subresource in ("", *kind.subresources)
    ]
    api_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": entries}


def openapi_paths(known: dict[tuple[str, str, str], ResourceKind]) -> dict[str, Any]:
    """`/openapi/v3`: one document per group and version."""
    versions = {(kind.group, kind.version) for kind in known.values()}
    names = [f"apis/{group}/{version}" if group else f"api/{version}" for group, version in sorted(versions)]
    return {"paths": {name: {"serverRelativeURL": f"/openapi/v3/{name}"} for name in names}}


def openapi(known: dict[tuple[str, str, str], ResourceKind], path: str) -> dict[str, Any]:
    """The document of one group and version: just what kubectl asks it for.

    kubectl looks whether a kind can be patched with `fieldValidation`. If so, it leaves the validation to the API.
    """
    group, _, version = path.partition("/")[2].rpartition("/")
    paths = {
        f"/{path}/{kind.plural}/{{name}}": {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-group-version-kind": {"group": kind.group, "kind": kind.kind, "version": kind.version},
            }
        }
        for kind in known.values()
        if (kind.group, kind.version) == (group, version)
    }
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": version}, "paths": paths}
