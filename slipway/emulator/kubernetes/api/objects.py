"""The objects of one cluster, in memory, each with the metadata that Kubernetes gives it, and who wants to know."""

import asyncio
import collections
import contextlib
import copy
import dataclasses
import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

Manifest = dict[str, Any]
Key = tuple[str, str, str]
"""The plural name with its group (`deployments.apps`), the namespace (empty if there is none), and the name."""

#: How many changes a watch that comes late can still be told.
_REMEMBERED: Final = 1000


@dataclasses.dataclass(frozen=True)
class WatchEvent:
    """A change of one object.

    Attributes:
        kind: `ADDED`, `MODIFIED` or `DELETED`, as a watch tells it.
        resource: The plural name with its group.
        manifest: The object after the change.
    """

    kind: str
    resource: str
    manifest: Manifest


END: Final = WatchEvent("END", "", {})


class Objects:
    """Every object of a cluster. It checks nothing; the API does."""

    def __init__(self) -> None:
        self._objects: dict[Key, Manifest] = {}
        self._versions = itertools.count(1)
        self._version = 0
        self._watches: list[asyncio.Queue[WatchEvent]] = []
        self._history: collections.deque[tuple[int, WatchEvent]] = collections.deque(maxlen=_REMEMBERED)
        self.on_change: Callable[[WatchEvent], None] = lambda _: None

    @property
    def version(self) -> str:
        """The version of the whole, as lists carry it."""
        return str(self._version)

    def get(self, resource: str, namespace: str, name: str) -> Manifest | None:
        """One object, None if there is none."""
        return self._objects.get((resource, namespace, name))

    def all(self, resource: str, namespace: str | None = None) -> list[Manifest]:
        """The objects of one resource, of all namespaces or of one, in the order of their names."""
        found = [
            (key, manifest)
            for key, manifest in self._objects.items()
            if key[0] == resource and namespace in {None, key[1]}
        ]
        return [manifest for _, manifest in sorted(found, key=lambda pair: pair[0])]

    def keys(self, namespace: str) -> list[Key]:
        """What there is in a namespace."""
        return [key for key in self._objects if key[1] == namespace]

    def since(self, resource: str, version: int) -> list[WatchEvent]:
        """What has changed after a version; with 0, everything there is, as new."""
        if version == 0:
            return [WatchEvent("ADDED", resource, manifest) for manifest in self.all(resource)]
        return [event for number, event in self._history if number > version and event.resource == resource]

    def add(self, resource: str, manifest: Manifest) -> Manifest:
        """Take a new object, and give it its identity."""
        manifest = copy.deepcopy(manifest)
        manifest["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": now(), "generation": 1}
        return self._put("ADDED", resource, manifest)

    def replace(self, resource: str, manifest: Manifest) -> Manifest:
        """Put a new state in the place of the old; one that is the same changes nothing."""
        manifest = copy.deepcopy(manifest)
        metadata = manifest["metadata"]
        old = self._objects[resource, metadata.get("namespace", ""), metadata["name"]]
        kept = ("uid", "creationTimestamp", "generation", "resourceVersion")
        metadata |= {part: old["metadata"][part] for part in kept}
        if _wish(old) != _wish(manifest):
            metadata["generation"] += 1
        return old if old == manifest else self._put("MODIFIED", resource, manifest)

    def remove(self, resource: str, namespace: str, name: str) -> Manifest | None:
        """Take an object away; None if there is none."""
        manifest = self._objects.pop((resource, namespace, name), None)
        if manifest is not None:
            self._tell(WatchEvent("DELETED", resource, self._versioned(manifest)))
        return manifest

    @contextlib.contextmanager
    def watch(self) -> Iterator[asyncio.Queue[WatchEvent]]:
        """Every change while the block runs."""
        queue: asyncio.Queue[WatchEvent] = asyncio.Queue()
        self._watches.append(queue)
        try:
            yield queue
        finally:
            self._watches.remove(queue)

    def end_watches(self) -> None:
        """Tell every watch that there is nothing more to come."""
        for queue in self._watches:
            queue.put_nowait(END)

    def _put(self, kind: str, resource: str, manifest: Manifest) -> Manifest:
        versioned = self._versioned(manifest)
        metadata = versioned["metadata"]
        self._objects[resource, metadata.get("namespace", ""), metadata["name"]] = versioned
        self._tell(WatchEvent(kind, resource, versioned))
        return versioned

    def _versioned(self, manifest: Manifest) -> Manifest:
        self._version = next(self._versions)
        return manifest | {"metadata": manifest["metadata"] | {"resourceVersion": str(self._version)}}

    def _tell(self, event: WatchEvent) -> None:
        self._history.append((self._version, event))
        for queue in self._watches:
            queue.put_nowait(event)
        self.on_change(event)


def now() -> str:
    """This moment as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _wish(manifest: Manifest) -> Manifest:
    """What is wished of an object, without what is said about it."""
    return {part: value for part, value in manifest.items() if part not in {"metadata", "status"}}
