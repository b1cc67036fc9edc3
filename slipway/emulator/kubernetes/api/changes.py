"""What changes a cluster's objects: checked, defaulted, patched, and deleted with what depends on them."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from slipway.emulator.kubernetes.api import errors as refusals
from slipway.emulator.kubernetes.api.admission import Admission, InvalidManifestError
from slipway.emulator.kubernetes.api.objects import Manifest, Objects, now
from slipway.emulator.kubernetes.api.patching import APPLY, PatchError, patched
from slipway.emulator.kubernetes.api.request_body import UnreadableError, read
from slipway.emulator.kubernetes.api.resources import ResourceKind

_ALWAYS_THERE: Final = frozenset({"default", "kube-system"})
_GRACEFUL: Final = frozenset({"pods", "namespaces"})

Answer = tuple[int, Manifest]


class ChangeTarget(Protocol):
    """What a request is about."""

    @property
    def kind(self) -> ResourceKind: ...  # noqa: D102
    @property
    def namespace(self) -> str | None: ...  # noqa: D102
    @property
    def name(self) -> str | None: ...  # noqa: D102
    @property
    def subresource(self) -> str | None: ...  # noqa: D102


class Changes:
    """Makes the changes that requests ask for."""

    def __init__(self, objects: Objects, admission: Admission) -> None:
        self._objects = objects
        self._admission = admission
        for name in _ALWAYS_THERE:
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "status": {"phase": "Active"}}
            objects.add("namespaces", space)

    def make(self, method: str, target: ChangeTarget, media_type: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Make one change, and answer the HTTP status and the object after it.

        Raises:
            ApiStatusError: It is not to be made.
        """
        dry = "dryRun" in query
        match method:
            case "POST" if target.name is None:
                return 201, self._create(target, _read(body), dry=dry)
            case "PUT" if target.name:
                return 200, self._replace(target, _read(body), dry=dry)
            case "PATCH" if target.name:
                return self._patch(target, media_type, body, dry=dry)
            case "DELETE":
                return 200, self._delete(target, dry=dry)
        raise refusals.ApiStatusError(405, "MethodNotAllowed", f"{method} is not possible here")

    def _create(self, target: ChangeTarget, manifest: Manifest, *, dry: bool) -> Manifest:
        kind = target.kind
        metadata = manifest.setdefault("metadata", {})
        if kind.namespaced:
            metadata["namespace"] = target.namespace or metadata.get("namespace") or "default"
            space = self._objects.get("namespaces", "", metadata["namespace"])
            if space is None:
                raise refusals.not_found("namespaces", metadata["namespace"])
            if space["metadata"].get("deletionTimestamp"):
                raise refusals.ApiStatusError(
                    403, "Forbidden", f'namespace "{metadata["namespace"]}" is being terminated'
                )
        self._check(kind, manifest)
        if self._objects.get(kind.resource, metadata.get("namespace", ""), metadata["name"]) is not None:
            raise refusals.already_exists(kind.resource, metadata["name"])
        manifest.pop("status", None)
        if kind.kind == "Namespace":
            manifest["status"] = {"phase": "Active"}
        _default(kind, manifest)
        return manifest if dry else self._objects.add(kind.resource, manifest)

    def _replace(self, target: ChangeTarget, manifest: Manifest, *, dry: bool) -> Manifest:
        old = self._existing(target)
        self._check(target.kind, manifest)
        manifest = _only(target.subresource, old, manifest)
        _default(target.kind, manifest)
        return manifest if dry else self._objects.replace(target.kind.resource, manifest)

    def _patch(self, target: ChangeTarget, media_type: str, body: bytes, *, dry: bool) -> Answer:
        kind = target.kind
        old = self._objects.get(kind.resource, target.namespace or "", target.name or "")
        if old is None and media_type == APPLY:
            return 201, self._create(target, _read(body), dry=dry)
        before = self._existing(target)
        try:
            after = patched(before, media_type, body, self._admission.merge_keys(before))
        except PatchError as error:
            raise refusals.bad_request(str(error)) from error
        self._check(kind, after)
        after = _only(target.subresource, before, after)
        _default(kind, after)
        return 200, after if dry else self._objects.replace(kind.resource, after)

    def _delete(self, target: ChangeTarget, *, dry: bool) -> Manifest:
        if target.name is None:
            doomed = self._objects.all(target.kind.resource, target.namespace)
            for manifest in [] if dry else doomed:
                self._remove(target.kind, manifest)
            return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        manifest = self._existing(target)
        return manifest if dry else self._remove(target.kind, manifest)

    def _remove(self, kind: ResourceKind, manifest: Manifest) -> Manifest:
        """Pods and namespaces go in their own time; the controllers take them away at last."""
        metadata = manifest["metadata"]
        if kind.resource not in _GRACEFUL:
            self._objects.remove(kind.resource, metadata.get("namespace", ""), metadata["name"])
            return manifest
        if metadata.get("deletionTimestamp"):
            return manifest
        marked = manifest | {"metadata": metadata | {"deletionTimestamp": now()}}
        if kind.resource == "namespaces":
            marked["status"] = {"phase": "Terminating"}
        return self._objects.replace(kind.resource, marked)

    def _existing(self, target: ChangeTarget) -> Manifest:
        found = self._objects.get(target.kind.resource, target.namespace or "", target.name or "")
        if found is None:
            raise refusals.not_found(target.kind.resource, target.name or "")
        return found

    def _check(self, kind: ResourceKind, manifest: Manifest) -> None:
        name = str(manifest.get("metadata", {}).get("name", ""))
        said = (manifest.get("apiVersion"), manifest.get("kind"))
        if said != (kind.api_version, kind.kind):
            raise refusals.bad_request(f"{said[0]} {said[1]} does not belong to {kind.api_version}/{kind.plural}")
        try:
            self._admission.check(manifest)
        except InvalidManifestError as error:
            raise refusals.invalid(f"{kind.kind}.{kind.group}".rstrip("."), name, str(error), error.field) from error


def _read(body: bytes) -> Manifest:
    try:
        manifest = read(body)
    except UnreadableError as error:
        raise refusals.bad_request(str(error)) from error
    if not isinstance(manifest, dict):
        raise refusals.bad_request("the body is no object")
    return manifest


def _only(subresource: str | None, old: Manifest, new: Manifest) -> Manifest:
    """A change of the status changes nothing else, and any other change leaves the status."""
    if subresource == "status":
        return old | {"status": new.get("status", {})}
    if subresource == "scale":
        return old | {"spec": old["spec"] | {"replicas": new.get("spec", {}).get("replicas", 0)}}
    return {part: value for part, value in new.items() if part != "status"} | (
        {"status": old["status"]} if "status" in old else {}
    )


def _default(kind: ResourceKind, manifest: Manifest) -> None:
    """What the API server fills in, whichever way an object is written, and something here relies on."""
    spec: dict[str, Any] = manifest.get("spec", {})
    match kind.kind:
        case "Deployment":
            spec.setdefault("replicas", 1)
        case "Service":
            spec.setdefault("type", "ClusterIP")
