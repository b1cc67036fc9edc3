"""Which nodes Karpenter, and so EKS Auto Mode, adds for pods that wait: its rule, without prices and memory.

Every topology spread constraint counts as a must until the pod has no other place, and the smallest count of a host
is zero, since there may always be one more (kubernetes-sigs/karpenter, pkg/controllers/provisioning/scheduling:
`topology.go`, `topologygroup.go`, `preferences.go`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = Mapping[str, Any]

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
VCPUS = "eks.amazonaws.com/instance-cpu"
#: vCPUs of the sizes from large to 48xlarge, and what the system and the DaemonSets take of each.
SIZES = (2, 4, 8, 16, 32, 48, 64, 96, 128, 192)
TAKEN = 1


@dataclass
class Node:
    """A node that is to be added.

    Attributes:
        pool: Its node pool.
        domains: Its labels by which pods are spread.
        room: Cores that the largest instance of the pool has for pods.
        used: Cores of its pods.
        pods: How many there are.
    """

    pool: str
    domains: dict[str, str]
    room: float
    used: float = 0
    pods: int = 0

    @property
    def vcpus(self) -> int:
        """The smallest instance that holds its pods."""
        return next(size for size in SIZES if size - TAKEN >= self.used)


@dataclass
class Simulation:
    """The pods of one revision of a Deployment, which all wait at once.

    Attributes:
        template: The `spec` of the pods.
        pools: The NodePools.
        zones: Where there may be nodes.
    """

    template: Object
    pools: Sequence[Object]
    zones: Sequence[str]
    nodes: list[Node] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, replicas: int) -> list[Node]:
        """The nodes for so many pods."""
        for _ in range(replicas):
            constraints = list(self.template["topologySpreadConstraints"])
            while (node := self._place(constraints)) is None:
                assert constraints, f"a pod has no node: {self.pools}"
                constraints.remove(next(each for each in constraints if each["whenUnsatisfiable"] == "ScheduleAnyway"))
            node.used += self._cores
            node.pods += 1
            for key, domain in node.domains.items():
                self.counts.setdefault(key, Counter())[domain] += 1
        return self.nodes

    @property
    def _cores(self) -> float:
        cpu = self.template["containers"][0]["resources"]["requests"]["cpu"]
        return int(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu)

    def _place(self, constraints: Sequence[Object]) -> Node | None:
        there = (node for node in self.nodes if node.used + self._cores <= node.room)
        new = (
            Node(pool["metadata"]["name"], domains, room)
            for pool in self.pools
            for domains in self._new_domains(pool)
            if (room := _room(pool)) >= self._cores and self._takes(pool)
        )
        for node in there:
            if self._allowed(node, constraints):
                return node
        for node in new:
            if self._allowed(node, constraints):
                self.nodes.append(node)
                return node
        return None

    def _new_domains(self, pool: Object) -> list[dict[str, str]]:
        host = {HOST: f"node-{len(self.nodes)}"}
        found = [host | {ZONE: zone} for zone in self.zones]
        for key in self._spread_labels:
            found = [each | {key: value} for each in found for value in _values(pool, key)]
        return found

    @property
    def _spread_labels(self) -> list[str]:
        keys = (each["topologyKey"] for each in self.template["topologySpreadConstraints"])
        return [key for key in keys if key not in (ZONE, HOST)]

    def _allowed(self, node: Node, constraints: Sequence[Object]) -> bool:
        for each in constraints:
            key = each["topologyKey"]
            counts = self.counts.get(key, Counter())
            everywhere = self.zones if key == ZONE else [v for pool in self.pools for v in _values(pool, key)]
            least = 0 if key == HOST else min(counts[domain] for domain in everywhere)
            if counts[node.domains[key]] + 1 - least > each["maxSkew"]:
                return False
        return True

    def _takes(self, pool: Object) -> bool:
        template, selector = pool["spec"]["template"], self.template["nodeSelector"]
        labels = template["metadata"]["labels"]
        return all(labels.get(key) == value or value in _values(pool, key) for key, value in selector.items()) and {
            taint["key"] for taint in template["spec"].get("taints", [])
        } <= {toleration.get("key") for toleration in self.template.get("tolerations", [])}


def _values(pool: Object, key: str) -> list[str]:
    return [
        str(value)
        for each in pool["spec"]["template"]["spec"]["requirements"]
        if each["key"] == key and each["operator"] == "In"
        for value in each["values"]
    ]


def _room(pool: Object) -> float:
    """Cores for pods on the largest instance that the pool may add, 0 if there is none."""
    bounds = {
        each["operator"]: int(each["values"][0])
        for each in pool["spec"]["template"]["spec"]["requirements"]
        if each["key"] == VCPUS
    }
    sizes = [size for size in SIZES if bounds.get("Gt", 0) < size < bounds.get("Lt", 1000)]
    return max(sizes, default=TAKEN) - TAKEN
