"""Clusters and load balancers of one embedded AWS: their event loop, and the way in from other threads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from slipway.emulator.common.workspace import Workspace
from slipway.emulator.kubernetes.api.clock import Clock
from slipway.emulator.kubernetes.control_plane import kubeconfig
from slipway.emulator.kubernetes.control_plane.cluster import Cluster
from slipway.emulator.kubernetes.control_plane.kubeconfig import Address
from slipway.emulator.kubernetes.load_balancing.certificates import CertificateAuthority
from slipway.emulator.kubernetes.load_balancing.listener_rules import ListenerRule
from slipway.emulator.kubernetes.load_balancing.load_balancer import LocalLoadBalancer
from slipway.emulator.kubernetes.load_balancing.metrics import Census, Exchange
from slipway.emulator.kubernetes.load_balancing.target_groups import TargetGroup, TargetHealth

T = TypeVar("T")
Properties = dict[str, Any]


class KubernetesPlane:
    """Everything Kubernetes here. Its methods may be called from any thread; they wait until it is done."""

    def __init__(self, workspace: Workspace, minute_seconds: float) -> None:
        """Take what it needs; nothing is started before the first cluster or load balancer.

        Args:
            workspace: Where files go.
            minute_seconds: How many seconds a minute of waiting lasts.
        """
        self._place = workspace
        self._clock = Clock(minute_seconds)
        self._clusters: dict[str, Cluster] = {}
        self._balancers: dict[str, LocalLoadBalancer] = {}
        self._groups: dict[str, TargetGroup] = {}
        self._listeners: dict[str, LocalLoadBalancer] = {}
        self._rules: dict[str, LocalLoadBalancer] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._authority: CertificateAuthority | None = None
        self.on_exchange: Callable[[Exchange], None] = lambda _: None

    @property
    def authority(self) -> CertificateAuthority:
        """Who signs the certificates here; made when it is first asked for."""
        if self._authority is None:
            self._authority = CertificateAuthority(self._place.certificate_authority)
        return self._authority

    def open_cluster(self, name: str, version: str) -> Address:
        """Have a cluster's API answer.

        Raises:
            ValueError: There is no such version.
        """
        cluster = Cluster(self._place, name=name, version=version, clock=self._clock, groups=self._groups)
        self._run(cluster.open(self.authority))
        self._clusters[name] = cluster
        self._write_kubeconfig()
        return self._address(cluster)

    def put_object(self, cluster: str, resource: str, manifest: Properties) -> None:
        """Have an object be in a cluster as if its own software had made it; does nothing if the cluster is k3s."""
        found = self._clusters.get(cluster)
        if found is not None:
            self._run(_put(found, resource, manifest))

    def close_cluster(self, name: str) -> None:
        """End a cluster, its pods first; does no harm if there is none."""
        cluster = self._clusters.pop(name, None)
        if cluster is not None:
            self._run(cluster.close())
            self._write_kubeconfig()

    def put_load_balancer(self, arn: str, properties: Properties) -> str:
        """Open a load balancer, or change the one there is.

        Returns:
            Its DNS name: `localhost` and a port, as no name of its own could be resolved everywhere.
        """
        balancer = self._balancers.get(arn)
        if balancer is None:
            balancer = LocalLoadBalancer(arn, groups=self._groups, record=self._record)
            balancer.properties = properties
            self._run(balancer.open(self.authority))
            self._balancers[arn] = balancer
        balancer.properties = properties
        return f"localhost:{balancer.port}"

    def put_target_group(self, arn: str, properties: Properties) -> None:
        """Make a target group known, or change the one there is."""
        if arn in self._groups:
            self._groups[arn].properties = properties
        else:
            self._groups[arn] = TargetGroup(arn, properties, self._clock)

    def put_listener(self, arn: str, properties: Properties) -> None:
        """Take the default action of an HTTPS listener; others are not opened."""
        balancer = self._balancers.get(properties["LoadBalancerArn"])
        if balancer is not None and properties.get("Protocol") == "HTTPS":
            self._listeners[arn] = balancer
            balancer.listener.default = tuple(properties["DefaultActions"])

    def put_rule(self, arn: str, properties: Properties) -> None:
        """Take a rule of a listener."""
        balancer = self._listeners.get(properties.get("ListenerArn", "")) or self._rules.get(arn)
        if balancer is not None:
            self._rules[arn] = balancer
            conditions, actions = tuple(properties["Conditions"]), tuple(properties["Actions"])
            rule = ListenerRule(int(properties["Priority"]), conditions, actions)
            # A new dictionary, as the event loop may be going through the old one.
            balancer.listener.rules = balancer.listener.rules | {arn: rule}

    def remove(self, arn: str) -> None:
        """Forget a load balancer, a target group, a listener or a rule."""
        if balancer := self._balancers.pop(arn, None):
            self._run(balancer.close())
        if group := self._groups.pop(arn, None):
            self._run(_close(group))
        if balancer := self._listeners.pop(arn, None):
            balancer.listener.default = ()
        if balancer := self._rules.pop(arn, None):
            rules = balancer.listener.rules
            balancer.listener.rules = {name: rule for name, rule in rules.items() if name != arn}

    def target_health(self, arn: str) -> list[TargetHealth] | None:
        """The targets of a group, None if there is no such group here."""
        group = self._groups.get(arn)
        return None if group is None else list(group.targets)

    def census(self) -> list[Census]:
        """How many targets are well, of every group that a load balancer forwards to."""
        return [
            Census(
                load_balancer=balancer.full_name,
                target_group=group.arn,
                healthy=sum(target.state == "healthy" for target in group.targets),
                unhealthy=sum(target.state == "unhealthy" for target in group.targets),
            )
            for balancer in list(self._balancers.values())
            for group in balancer.target_groups
        ]

    def status(self) -> dict[str, Any]:
        """What runs, as JSON tells it."""
        return {
            "clusters": [cluster.describe() for cluster in list(self._clusters.values())],
            "load_balancers": [balancer.describe() for balancer in list(self._balancers.values())],
        }

    def stop(self) -> None:
        """End everything."""
        for name in list(self._clusters):
            self.close_cluster(name)
        for arn in [*self._balancers, *self._groups]:
            self.remove(arn)
        if self._loop is not None and self._thread is not None:
            self._run(_cancel_what_is_left())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None

    def _record(self, exchange: Exchange) -> None:
        self.on_exchange(exchange)

    def _address(self, cluster: Cluster) -> Address:
        return Address(cluster.name, f"https://localhost:{cluster.port}", self.authority.data)

    def _write_kubeconfig(self) -> None:
        kubeconfig.write(self._place.kubeconfig, [self._address(cluster) for cluster in self._clusters.values()])

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="kubernetes", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _cancel_what_is_left() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _put(cluster: Cluster, resource: str, manifest: Properties) -> None:
    metadata = manifest["metadata"]
    if cluster.objects.get(resource, metadata.get("namespace", ""), metadata["name"]) is None:
        cluster.objects.add(resource, manifest)


async def _close(group: TargetGroup) -> None:
    group.close()
