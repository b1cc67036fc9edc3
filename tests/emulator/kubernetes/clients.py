"""What tests talk to a rehearsed cluster and its load balancer with."""

import collections
import ssl
import threading
from types import TracebackType
from typing import Any, Self

import httpx

from slipway.emulator.common.workspace import Workspace
from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane
from slipway.emulator.kubernetes.control_plane.kubeconfig import Address
from tests.emulator.kubernetes.manifests import NAMESPACE
from tests.emulator.support import MODEL, eventually

_PLURALS = {
    "Namespace": ("/api/v1", "namespaces"),
    "ConfigMap": ("/api/v1", "configmaps"),
    "Service": ("/api/v1", "services"),
    "Pod": ("/api/v1", "pods"),
    "Deployment": ("/apis/apps/v1", "deployments"),
    "HorizontalPodAutoscaler": ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    "TargetGroupBinding": ("/apis/eks.amazonaws.com/v1", "targetgroupbindings"),
}


def _trust(workspace: Workspace) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=workspace.certificate_authority)


class Cluster:
    """A client of a cluster's API."""

    def __init__(self, address: Address, workspace: Workspace) -> None:
        self.http = httpx.Client(base_url=address.endpoint, verify=_trust(workspace), trust_env=False, timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def path(self, kind: str, name: str = "") -> str:
        """Where objects of a kind are."""
        root, plural = _PLURALS[kind]
        space = "" if kind == "Namespace" else f"/namespaces/{NAMESPACE}"
        return f"{root}{space}/{plural}" + (f"/{name}" if name else "")

    def create(self, *manifests: dict[str, Any]) -> None:
        """Create objects."""
        for manifest in manifests:
            reply = self.http.post(self.path(manifest["kind"]), json=manifest)
            assert reply.status_code == 201, reply.text

    def replace(self, manifest: dict[str, Any]) -> None:
        """Put an object in the place of the one that has its name."""
        reply = self.http.put(self.path(manifest["kind"], manifest["metadata"]["name"]), json=manifest)
        assert reply.status_code == 200, reply.text

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """One object."""
        return dict(self.http.get(self.path(kind, name)).json())

    def pods(self) -> list[dict[str, Any]]:
        """Every pod."""
        return list(self.http.get(self.path("Pod")).json()["items"])

    def rolled_out(self) -> dict[str, Any]:
        """Wait until every pod of the deployment is of its newest template and available."""

        def status() -> dict[str, Any] | None:
            deployment = self.get("Deployment", "main")
            found: dict[str, Any] = deployment.get("status", {})
            parts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
            done = found.get("observedGeneration") == deployment["metadata"]["generation"]
            return found if done and {found.get(part) for part in parts} == {deployment["spec"]["replicas"]} else None

        return eventually(status)


class Gateway:
    """A client of the load balancer.

    Attributes:
        authority: Who signed its certificate, and the cluster's.
    """

    def __init__(self, address: str, workspace: Workspace, plane: KubernetesPlane) -> None:
        self.plane = plane
        self.authority = workspace.certificate_authority.read_text()
        self._url = f"https://{address}"
        self._trusted = _trust(workspace)
        self._sample = (MODEL / "samples" / "benign-patient.request.json").read_bytes()

    def client(self) -> httpx.Client:
        """A client that trusts the load balancer and asks for the service's own name."""
        return httpx.Client(
            base_url=self._url,
            verify=self._trusted,
            trust_env=False,
            headers={"Host": "main.slipway.localhost"},
            timeout=30,
        )

    def ask(self, http: httpx.Client) -> httpx.Response:
        """One prediction."""
        name = {"sni_hostname": "main.slipway.localhost"}
        headers = {"Content-Type": "application/json"}
        return http.post("/invocations", content=self._sample, headers=headers, extensions=name)


class Load:
    """Clients that ask without a pause, while the block runs.

    Attributes:
        statuses: How often each status was answered.
    """

    def __init__(self, front: Gateway, clients: int = 3) -> None:
        self.statuses: collections.Counter[int] = collections.Counter()
        self._front = front
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def failed(self) -> int:
        """How many requests had another answer than 200."""
        return self.statuses.total() - self.statuses[200]

    def _run(self) -> None:
        with self._front.client() as http:
            while not self._stopping.wait(0.01):
                self.statuses[self._front.ask(http).status_code] += 1
