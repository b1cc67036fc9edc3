"""What a plan costs in a month of constant peak load, on demand."""

from dataclasses import dataclass

from benchmarks.capacity.plan import CapacityPlan, PodFleet, Traffic, ceiling
from benchmarks.capacity.prices import HOURS_PER_MONTH, Prices

_SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
_MILLION = 1_000_000
_GIGABYTE = 1_000_000_000
_MINUTE_S = 60
_ACCESS_LOG_BYTES = 600 / 8
_ACCESS_LOG_MONTHS = 90 / 30.4  # `access_log_days`
_FLOW_RECORDS, _FLOW_RECORD_BYTES = 3 * 2, 110


@dataclass(frozen=True, kw_only=True)
class Cost:
    """US dollars a month.

    Attributes:
        nodes: EC2 instances.
        auto_mode: Their fee.
        clusters: Control planes.
        load_balancers: Hours of application load balancers.
        capacity_units: What they carry.
        nat_gateways: Hours of one a zone; the cells share the VPC.
    """

    nodes: float
    auto_mode: float
    clusters: float
    load_balancers: float
    capacity_units: float
    nat_gateways: float

    @property
    def total(self) -> float:
        """The sum."""
        return (
            self.nodes + self.auto_mode + self.clusters + self.load_balancers + self.capacity_units + self.nat_gateways
        )


def cost(planned: CapacityPlan, fleet: PodFleet, prices: Prices) -> Cost:
    """The cost of a plan on EKS."""
    nodes = planned.nodes * fleet.node.usd_per_hour * HOURS_PER_MONTH
    return Cost(
        nodes=nodes,
        auto_mode=nodes * prices.auto_mode_share,
        clusters=planned.cells * prices.cluster_hour * HOURS_PER_MONTH,
        load_balancers=planned.cells * prices.load_balancer_hour * HOURS_PER_MONTH,
        capacity_units=planned.units.billed * prices.capacity_unit_hour * HOURS_PER_MONTH,
        nat_gateways=fleet.zones * prices.nat_gateway_hour * HOURS_PER_MONTH,
    )


def millions_per_month(traffic: Traffic) -> float:
    """Millions of requests in a month of constant peak load."""
    return traffic.requests_per_second * _SECONDS_PER_MONTH / _MILLION


def firewall_cost(traffic: Traffic, prices: Prices) -> float:
    """US dollars a month for AWS WAF to look at every request."""
    return millions_per_month(traffic) * prices.firewall_million


def log_cost(traffic: Traffic, prices: Prices, *, bytes_per_line: int) -> float:
    """US dollars a month for a line in CloudWatch Logs about every answered request."""
    return traffic.requests_per_second * bytes_per_line * _SECONDS_PER_MONTH / _GIGABYTE * prices.log_gigabyte


def access_log_cost(traffic: Traffic, prices: Prices) -> float:
    """US dollars a month to store a load balancer's access logs for as long as Slipway keeps them.

    An estimate: a line of 600 bytes for each request, which gzip makes an eighth.
    """
    gigabytes = traffic.requests_per_second * _ACCESS_LOG_BYTES * _SECONDS_PER_MONTH / _GIGABYTE
    return gigabytes * _ACCESS_LOG_MONTHS * prices.storage_gigabyte


def flow_log_cost(traffic: Traffic, prices: Prices) -> float:
    """US dollars a month for the flow logs of a VPC in CloudWatch Logs.

    An estimate: each connection is seen by three interfaces (the load balancer's on both sides, and the node's), in
    both directions, with a record of 110 bytes a minute.
    """
    connections = traffic.requests_per_second / traffic.requests_per_connection_second
    bytes_per_second = connections * _FLOW_RECORDS * _FLOW_RECORD_BYTES / _MINUTE_S
    return bytes_per_second * _SECONDS_PER_MONTH / _GIGABYTE * prices.log_gigabyte


def endpoint_instances(traffic: Traffic, fleet: PodFleet) -> int:
    """Instances of a SageMaker endpoint, each of which runs one server process."""
    return max(fleet.zones, ceiling(traffic.requests_per_second / (fleet.requests_per_core * fleet.utilization)))


def endpoint_cost(traffic: Traffic, fleet: PodFleet, prices: Prices) -> float:
    """US dollars a month for the instances of a SageMaker endpoint, without the data that it is billed for."""
    return endpoint_instances(traffic, fleet) * prices.endpoint_instance_hour * HOURS_PER_MONTH
