"""What the API takes: a manifest that Kubernetes' own schemas accept, of the cluster's version and no unknown field."""

import functools
import json
import re
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource

from slipway.emulator.vendor import kubernetes_schemas

Manifest = dict[str, Any]

_OURS: Final = Path(__file__).with_name("schemas")
_CUSTOM: Final = {
    ("cert-manager.io/v1", "Certificate"): "certificate",
    ("cert-manager.io/v1", "Issuer"): "issuer",
    ("eks.amazonaws.com/v1", "TargetGroupBinding"): "targetgroupbinding",
    ("elbv2.k8s.aws/v1beta1", "TargetGroupBinding"): "targetgroupbinding",
    ("eks.amazonaws.com/v1", "NodeClass"): "nodeclass",
    ("karpenter.sh/v1", "NodePool"): "nodepool",
}
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (roles may hold colons)
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?")


class InvalidManifestError(Exception):
    """A manifest that is refused.

    Attributes:
        field: The path of what is wrong with it.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


class Admission:
    """Checks manifests against the schemas of one version of Kubernetes."""

    def __init__(self, version: str) -> None:
        """Take the schemas of a version, such as `1.35`.

        Raises:
            ValueError: There are no schemas of this version.
        """
        self._schemas = kubernetes_schemas() / f"v{version}.0-local-strict"
        if not self._schemas.is_dir():
            known = sorted(path.name for path in kubernetes_schemas().glob("v*-local-strict"))
            raise ValueError(f"No schemas of Kubernetes {version}; there are {', '.join(known)}.")

    def check(self, manifest: Manifest) -> None:
        """Check a manifest.

        Raises:
            InvalidManifestError: It is refused; the text names the field.
        """
        name = manifest.get("metadata", {}).get("name", "")
        if not _NAME.fullmatch(str(name)):
            raise InvalidManifestError("metadata.name", f"{name!r} is not a lowercase RFC 1123 name")
        validator = self._validator(str(manifest.get("apiVersion")), str(manifest.get("kind")))
        error = best_match(validator.iter_errors(manifest))
        if error is not None:
            raise InvalidManifestError(_field(error), error.message)

    def merge_keys(self, manifest: Manifest) -> "MergeKeys":
        """How the lists of this kind of object are merged by a strategic patch."""
        schema = self._validator(str(manifest["apiVersion"]), str(manifest["kind"])).schema
        return MergeKeys(schema if isinstance(schema, dict) else {}, self._definitions)

    @functools.cached_property
    def _definitions(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._schemas / "_definitions.json").read_text())
        return found

    @functools.cached_property
    def _registry(self) -> Registry[Any]:
        definitions: Resource[Any] = Resource.from_contents(self._definitions)
        empty: Registry[Any] = Registry()
        registry: Registry[Any] = empty.with_resource(str(self._definitions["$id"]), definitions).crawl()
        return registry

    @functools.cache  # noqa: B019  one of these lives as long as its cluster
    def _validator(self, api_version: str, kind: str) -> Draft202012Validator:
        custom = _CUSTOM.get((api_version, kind))
        # The file of `rbac.authorization.k8s.io/v1` Role is role-rbac-v1.json.
        group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
        path = _OURS / f"{custom}.schema.json" if custom else self._schemas / f"{kind.lower()}-{group}.json"
        if not path.is_file():
            raise InvalidManifestError("kind", f'no matches for kind "{kind}" in version "{api_version}"')
        return Draft202012Validator(json.loads(path.read_text()), registry=self._registry)


class MergeKeys:
    """Follows a schema downwards, to know by which key the members of a list are told apart."""

    def __init__(self, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        reference = schema.get("$ref", "").rpartition("/")[2]
        self._schema = definitions.get("$defs", {}).get(reference, schema) if reference else schema

    def of(self, field: str) -> str | None:
        """The key of the list in this field, None if the list is replaced as a whole."""
        found = self._property(field)
        return found.get("x-kubernetes-patch-merge-key") if "merge" in _strategy(found) else None

    def below(self, field: str) -> "MergeKeys":
        """The schema of a field; of a list's members, if it is one."""
        found = self._property(field)
        return MergeKeys(found.get("items", found), self._definitions)

    def _property(self, field: str) -> dict[str, Any]:
        found = self._schema.get("properties", {}).get(field, {})
        return found if isinstance(found, dict) else {}


def _strategy(schema: dict[str, Any]) -> str:
    return str(schema.get("x-kubernetes-patch-strategy", ""))


def _field(error: ValidationError) -> str:
    steps = (f"[{part}]" if isinstance(part, int) else str(part) for part in error.absolute_path)
    return ".".join(steps).replace(".[", "[") or "."
