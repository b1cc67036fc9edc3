"""The Kubernetes API of one cluster, over HTTP: enough of it for kubectl and for the official clients."""

import asyncio
import contextlib
import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from slipway.emulator.kubernetes.api import errors as refusals
from slipway.emulator.kubernetes.api.admission import Admission
from slipway.emulator.kubernetes.api.changes import Changes
from slipway.emulator.kubernetes.api.objects import END, Manifest, Objects
from slipway.emulator.kubernetes.api.resources import (
    ResourceKind,
    group_list,
    kinds,
    openapi,
    openapi_paths,
    resource_list,
    scaffold,
)
from slipway.emulator.kubernetes.api.selectors import fields_match, labels_match
from slipway.emulator.kubernetes.api.tables import table

_PATH: Final = re.compile(r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+)/(?P<version>[^/]+))/(?P<rest>.+)")
_DISCOVERY: Final = re.compile(r"/|/api|/apis(/[^/]+)?")
_GROUP_VERSION: Final = re.compile(r"/api/v1|/apis/(?P<group>[^/]+)/(?P<version>[^/]+)")
_ITSELF: Final = {"status", "finalize"}
_DEFINITIONS: Final = "customresourcedefinitions.apiextensions.k8s.io"
_TRUE: Final = {"true", "1"}


@dataclasses.dataclass(frozen=True)
class Target:
    """What a request is about.

    Attributes:
        kind: The kind of object.
        namespace: None for all namespaces, empty for a kind that is in none.
        name: None for a whole list.
        subresource: Such as `status` or `log`.
    """

    kind: ResourceKind
    namespace: str | None
    name: str | None
    subresource: str | None


class ApiServer:
    """Answers requests. Discovery is kmock's; objects, patches, tables and watches are answered here."""

    def __init__(self, version: str, objects: Objects, log_of: Callable[[str, str], str]) -> None:
        """Take what it answers from.

        Args:
            version: The cluster's version, such as `1.35`.
            objects: The cluster's objects.
            log_of: The log of a pod, by namespace and name.
        """
        self.version = version
        self._objects = objects
        self._log_of = log_of
        self._scaffold = scaffold()
        self._kinds = kinds(self._scaffold)
        self._changes = Changes(objects, Admission(version))

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; aiohttp calls this."""
        try:
            return await self._answer(request)
        except refusals.ApiStatusError as refusal:
            return web.json_response(refusal.body, status=refusal.code)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        target = self._target(request.path)
        if target is None:
            return await self._describe(request)
        if target.subresource == "log" and target.name:
            return web.Response(text=self._log_of(target.namespace or "", target.name))
        match request.method:
            case "GET" if request.query.get("watch") in _TRUE:
                return await self._watch(request, target)
            case "GET":
                return self._read(request, target)
            case method:
                body = await request.read()
                status, manifest = self._changes.make(method, target, request.content_type, request.query, body)
                return web.json_response(manifest, status=status)

    async def _describe(self, request: web.BaseRequest) -> web.StreamResponse:
        """What there is, rather than an object."""
        path = request.path.rstrip("/") or "/"
        if path in {"/healthz", "/livez", "/readyz"}:
            return web.Response(text="ok")
        if (document := self._document(path)) is not None:
            return web.json_response(document)
        if request.method != "GET" or not _DISCOVERY.fullmatch(path):
            raise refusals.unknown_path(path)
        return await self._scaffold(request)

    def _document(self, path: str) -> Manifest | None:
        """The documents that kmock lacks."""
        if path == "/version":
            major, _, minor = self.version.partition(".")
            git = {"gitVersion": f"v{self.version}.0-slipway", "platform": "linux/amd64"}
            return {"major": major, "minor": minor} | git
        if path == "/apis":
            # What somebody defined is what they mean.
            return group_list(self._kinds, {found["spec"]["group"] for found in self._objects.all(_DEFINITIONS)})
        if path == "/openapi/v3":
            return openapi_paths(self._kinds)
        if path.startswith("/openapi/v3/"):
            return openapi(self._kinds, path.removeprefix("/openapi/v3/"))
        if group := _GROUP_VERSION.fullmatch(path):
            found = resource_list(self._kinds, group["group"] or "", group["version"] or "v1")
            if not found["resources"]:
                raise refusals.unknown_path(path)
            return found
        return None

    def _target(self, path: str) -> Target | None:
        found = _PATH.fullmatch(path.rstrip("/"))
        if found is None:
            return None
        parts = found["rest"].split("/")
        namespace: str | None = None
        if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in _ITSELF:  # noqa: PLR2004
            namespace, parts = parts[1], parts[2:]
        kind = self._kinds.get((found["group"] or "", found["core"] or found["version"], parts[0]))
        if kind is None:
            raise refusals.unknown_path(path)
        name, subresource = [*parts[1:3], None, None][:2]
        return Target(kind, namespace if kind.namespaced else "", name, subresource)

    def _chosen(self, request: web.BaseRequest, target: Target) -> Callable[[Manifest], bool]:
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")

        def chosen(manifest: Manifest) -> bool:
            metadata = manifest["metadata"]
            return (
                target.namespace in {None, metadata.get("namespace", "")}
                and target.name in {None, metadata["name"]}
                and labels_match(labels, metadata.get("labels", {}))
                and fields_match(fields, manifest)
            )

        return chosen

    def _read(self, request: web.BaseRequest, target: Target) -> web.StreamResponse:
        kind = target.kind
        if target.name:
            manifest = self._objects.get(kind.resource, target.namespace or "", target.name)
            if manifest is None:
                raise refusals.not_found(kind.resource, target.name)
            if target.subresource == "scale":
                return web.json_response(_scale(manifest))
            found, answer = [manifest], manifest
        else:
            chosen = self._chosen(request, target)
            found = [manifest for manifest in self._objects.all(kind.resource) if chosen(manifest)]
            metadata = {"resourceVersion": self._objects.version}
            answer = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata, "items": found}
        if _wants_table(request):
            answer = table(kind.kind, found, self._objects.version)
        return web.json_response(answer)

    async def _watch(self, request: web.BaseRequest, target: Target) -> web.StreamResponse:
        """Stream changes: from the version named, as it may have been some time ago, or from now."""
        chosen, resource = self._chosen(request, target), target.kind.resource
        everything = request.query.get("sendInitialEvents") in _TRUE
        since = 0 if everything else int(request.query.get("resourceVersion") or 0)
        seconds = float(request.query.get("timeoutSeconds") or 3600)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)

        async def tell(kind: str, manifest: Manifest) -> None:
            shown = table(target.kind.kind, [manifest], self._objects.version) if _wants_table(request) else manifest
            await response.write(json.dumps({"type": kind, "object": shown}).encode() + b"\n")

        with self._objects.watch() as events, contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(seconds):
                for event in self._objects.since(resource, since):
                    if chosen(event.manifest):
                        await tell(event.kind, event.manifest)
                if everything:
                    await response.write(_bookmark(target.kind, self._objects.version))
                while (event := await events.get()) is not END:
                    if event.resource == resource and chosen(event.manifest):
                        await tell(event.kind, event.manifest)
        return response


def _wants_table(request: web.BaseRequest) -> bool:
    return "as=Table" in request.headers.get("Accept", "")


def _bookmark(kind: ResourceKind, version: str) -> bytes:
    """What tells a client that it knows everything there was when its watch began."""
    metadata = {"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}
    manifest = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
    return json.dumps({"type": "BOOKMARK", "object": manifest}).encode() + b"\n"


def _scale(manifest: Manifest) -> dict[str, Any]:
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {part: manifest["metadata"][part] for part in ("name", "namespace", "resourceVersion")},
        "spec": {"replicas": manifest["spec"].get("replicas", 0)},
        "status": {"replicas": manifest.get("status", {}).get("replicas", 0)},
    }
