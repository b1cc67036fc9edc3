"""The arithmetic of a plan. Pure functions: the same question has the same answer."""

import math
from dataclasses import dataclass

from benchmarks.capacity import limits
from benchmarks.capacity.prices import NodeType

_SECONDS_PER_HOUR = 3600
_ADDRESS_BITS = 32


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What callers send.

    Attributes:
        requests_per_second: At the peak.
        bytes_per_request: Of a request and its answer, headers included.
        requests_per_connection_second: Requests per second that one kept-alive connection carries.
        connection_s: Seconds after which a caller opens a new one: Slipway's load balancers end them then
            (`client_keep_alive.seconds`, in `inference_constructs/eks/ingress/load_balancer.py`).
        rules: Listener rules that a request passes.
    """

    requests_per_second: int
    bytes_per_request: int = 4000
    requests_per_connection_second: float = 10
    connection_s: float = 300
    rules: int = 6


@dataclass(frozen=True, kw_only=True)
class PodFleet:
    """How the pods are laid out.

    Attributes:
        requests_per_core: What one server process answers per second on one core, measured.
        node: What the nodes are.
        utilization: Share of that which is planned for.
        reserved_vcpus: Of a node, for the kubelet, the system and the daemon sets.
        system_pods: Of a node, which need addresses too.
        headroom: Room kept free by pause pods, as a share of the pods; a new node takes 45 to 90 s.
        surge: Pods beyond their number during a rolling update, as a share (`rollout: {strategy: rolling}`).
        zones: Availability zones, with a pod and a NAT gateway in each at least.
        subnet_prefix: Length of the prefix of the nodes' subnet in each zone.
    """

    requests_per_core: int
    node: NodeType
    utilization: float = 0.6
    reserved_vcpus: float = 1.0
    system_pods: int = 6
    headroom: float = 0.1
    surge: float = 0.25
    zones: int = 3
    subnet_prefix: int = 20


@dataclass(frozen=True, kw_only=True)
class CapacityUnits:
    """Load balancer capacity units by what uses them; the greatest is billed."""

    new_connections: float
    active_connections: float
    bytes_processed: float
    rule_evaluations: float

    @property
    def billed(self) -> float:
        """The greatest of the four."""
        return max(self.new_connections, self.active_connections, self.bytes_processed, self.rule_evaluations)

    @property
    def binding(self) -> str:
        """The name of what is billed."""
        names = ("new connections", "active connections", "bytes", "rules")
        values = (self.new_connections, self.active_connections, self.bytes_processed, self.rule_evaluations)
        return names[values.index(self.billed)]


@dataclass(frozen=True, kw_only=True)
class CapacityPlan:
    """What it takes.

    Attributes:
        requests_per_pod: Planned, per second.
        pods_per_cell: Pods that serve, of one core each, in every cell.
        targets_per_cell: Targets of a cell's load balancer while a rolling update runs, with those that drain.
        nodes_per_cell: Nodes, headroom included.
        most_nodes_per_cell: The same while a rolling update runs.
        cells: Clusters with a load balancer each, so many that none needs a raised quota or AWS's advice.
        vcpus: Of all nodes while a rolling update runs: what a quota, and `max_cpus`, have to allow.
        units: Capacity units of all load balancers.
        addresses_per_zone: Addresses of a zone's subnet that nodes and pods of all cells take.
        subnet_addresses: Addresses that the subnet has.
        busy_without_zone: Utilization of what is left when a zone fails, before anything is added.
    """

    requests_per_pod: float
    pods_per_cell: int
    targets_per_cell: int
    nodes_per_cell: int
    most_nodes_per_cell: int
    cells: int
    vcpus: int
    units: CapacityUnits
    addresses_per_zone: int
    subnet_addresses: int
    busy_without_zone: float

    @property
    def pods(self) -> int:
        """Of all cells."""
        return self.pods_per_cell * self.cells

    @property
    def nodes(self) -> int:
        """Of all cells."""
        return self.nodes_per_cell * self.cells


def ceiling(value: float) -> int:
    """Round up, but not for the last bits of a floating-point number."""
    return math.ceil(round(value, 9))


def capacity_units(traffic: Traffic) -> CapacityUnits:
    """The capacity units that traffic uses. https://aws.amazon.com/elasticloadbalancing/pricing/."""
    rate = traffic.requests_per_second
    connections = rate / traffic.requests_per_connection_second
    return CapacityUnits(
        new_connections=connections / traffic.connection_s / limits.UNIT_NEW_CONNECTIONS_PER_SECOND,
        active_connections=connections / limits.UNIT_ACTIVE_CONNECTIONS,
        bytes_processed=rate * traffic.bytes_per_request * _SECONDS_PER_HOUR / limits.UNIT_BYTES_PER_HOUR,
        rule_evaluations=rate * max(0, traffic.rules - limits.FREE_RULES) / limits.UNIT_RULE_EVALUATIONS_PER_SECOND,
    )


def plan(traffic: Traffic, fleet: PodFleet) -> CapacityPlan:
    """Size a service on EKS.

    Pods have one core: the server is one process that holds Python's interpreter lock while it reads and writes, so a
    second core adds nothing (docs/benchmarks.md).

    Raises:
        ValueError: The node has no room for a pod.
    """
    pods_per_node = math.floor(fleet.node.vcpus - fleet.reserved_vcpus)
    if pods_per_node < 1:
        raise ValueError(f"{fleet.node.name} has {fleet.node.vcpus} vCPUs: no room for a pod of one core")
    requests_per_pod = fleet.requests_per_core * fleet.utilization
    pods = ceiling(traffic.requests_per_second / requests_per_pod)
    units = capacity_units(traffic)
    cells = 1
    while not _fits(pods, units, fleet, pods_per_node, cells):
        cells += 1
    pods_per_cell = _pods_per_cell(pods, fleet, cells)
    nodes_per_cell = _nodes_per_cell(pods_per_cell, fleet, pods_per_node)
    most_nodes = _nodes_per_cell(pods_per_cell, fleet, pods_per_node, surge=fleet.surge)
    prefixes = ceiling((pods_per_node + fleet.system_pods) / limits.PREFIX_ADDRESSES)
    return CapacityPlan(
        requests_per_pod=requests_per_pod,
        pods_per_cell=pods_per_cell,
        targets_per_cell=_targets(pods_per_cell, fleet),
        nodes_per_cell=nodes_per_cell,
        most_nodes_per_cell=most_nodes,
        cells=cells,
        vcpus=cells * most_nodes * fleet.node.vcpus,
        units=units,
        addresses_per_zone=ceiling(cells * most_nodes / fleet.zones) * (1 + prefixes * limits.PREFIX_ADDRESSES),
        subnet_addresses=2 ** (_ADDRESS_BITS - fleet.subnet_prefix) - limits.RESERVED_ADDRESSES,
        busy_without_zone=fleet.utilization * fleet.zones / (fleet.zones - 1),
    )


def _pods_per_cell(pods: int, fleet: PodFleet, cells: int) -> int:
    return max(fleet.zones, ceiling(pods / cells))


def _nodes_per_cell(pods_per_cell: int, fleet: PodFleet, pods_per_node: int, *, surge: float = 0.0) -> int:
    return max(fleet.zones, ceiling(pods_per_cell * (1 + fleet.headroom + surge) / pods_per_node))


def _targets(pods_per_cell: int, fleet: PodFleet) -> int:
    """Those that serve, one batch that comes, and one that drains: a Deployment does not wait for pods that end.

    Never more than all of them twice, which is all at once.
    """
    return ceiling(pods_per_cell * min(2, 1 + 2 * fleet.surge))


def _fits(pods: int, units: CapacityUnits, fleet: PodFleet, pods_per_node: int, cells: int) -> bool:
    """Whether every cell stays within default quotas and what AWS calls a cluster that needs no plan."""
    pods_per_cell = _pods_per_cell(pods, fleet, cells)
    nodes_per_cell = _nodes_per_cell(pods_per_cell, fleet, pods_per_node, surge=fleet.surge)
    every_pod = nodes_per_cell * fleet.system_pods + ceiling(pods_per_cell * (1 + fleet.headroom + fleet.surge))
    return (
        _targets(pods_per_cell, fleet) <= limits.TARGETS_PER_LOAD_BALANCER.default
        and nodes_per_cell <= limits.PLANNED_NODES
        and every_pod <= limits.PLANNED_PODS
        and units.billed / cells <= limits.RESERVED_UNITS_PER_LOAD_BALANCER.default
    )


def registration_s(targets: int, *, targets_per_call: int) -> float:
    """Seconds until so many targets are registered, when nobody else in the account and Region registers any."""
    calls = ceiling(targets / targets_per_call)
    return max(0, calls - limits.REGISTRATION_BURST) / limits.REGISTRATION_PER_SECOND


def scale_out_s(start: int, pods: int) -> int:
    """Seconds until the autoscaler has asked for so many pods, by Slipway's defaults."""
    seconds = 0
    while start < pods:
        start = max(start * limits.SCALE_OUT_FACTOR, start + limits.SCALE_OUT_PODS)
        seconds += limits.SCALE_OUT_PERIOD_S
    return seconds
