"""The arithmetic behind docs/scale.md."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.capacity import limits
from benchmarks.capacity.cost import (
    access_log_cost,
    cost,
    endpoint_instances,
    firewall_cost,
    flow_log_cost,
    log_cost,
)
from benchmarks.capacity.plan import PodFleet, Traffic, capacity_units, plan, registration_s, scale_out_s
from benchmarks.capacity.prices import NODE_TYPES, PRICES, NodeType
from inference_constructs.config import NodePool, Pods, Scaling
from inference_constructs.config.eks.cluster import InstanceVcpus
from inference_constructs.eks.nodes.node_pools import karpenter_node_pools
from tests.unit.eks.karpenter import Simulation
from tests.unit.eks.workloads import deployed

FLEET = PodFleet(requests_per_core=1000, node=NODE_TYPES["c7a.4xlarge"], utilization=0.5)
MILLION = Traffic(requests_per_second=1_000_000)


def test_a_million_requests_of_4_kb_take_14_400_capacity_units() -> None:
    """EKS fact 23: at 4 KB a request the bytes bind: 4 GB/s are 14,400 GB an hour."""
    units = capacity_units(MILLION)

    assert units.bytes_processed == pytest.approx(14_400)
    assert (units.billed, units.binding) == (units.bytes_processed, "bytes")


def test_each_dimension_of_a_capacity_unit() -> None:
    """EKS fact 21: 25 new connections/s, 3,000 active ones, 1 GB/h, 1,000 rule evaluations/s with 10 rules free."""
    units = capacity_units(
        Traffic(
            requests_per_second=1000,
            bytes_per_request=1000,
            requests_per_connection_second=2,
            connection_s=10,
            rules=13,
        )
    )

    assert units.active_connections == pytest.approx(500 / 3000)
    assert units.new_connections == pytest.approx(50 / 25)
    assert units.bytes_processed == pytest.approx(3.6)
    assert units.rule_evaluations == pytest.approx(3)


def test_without_kept_alive_connections_the_new_ones_bind() -> None:
    """EKS fact 21: a connection per request costs 40,000 units at a million requests a second."""
    units = capacity_units(replace(MILLION, requests_per_connection_second=1, connection_s=1))

    assert (units.new_connections, units.binding) == (40_000, "new connections")


def test_two_thousand_pods_need_several_load_balancers() -> None:
    """EKS fact 23: 500 requests/s a pod make 2,000 pods: two load balancers, and four while a quarter more roll in and
    a quarter drains, which a Deployment does not wait for (Kubernetes, `podReplacementPolicy`)."""
    planned = plan(MILLION, FLEET)

    assert planned.requests_per_pod == 500
    assert planned.pods >= 2000
    assert planned.cells == 4
    assert planned.targets_per_cell == 750  # 500 pods and two quarters
    assert plan(MILLION, replace(FLEET, surge=1)).targets_per_cell == 1000, "all at once: each of 500 twice"
    assert plan(MILLION, replace(FLEET, surge=0)).cells == 2


def test_cells_stay_where_a_cluster_needs_no_plan() -> None:
    """EKS fact 22: at most 300 nodes and 5,000 pods in a cell, even if the target quota were no limit."""
    small = NodeType(name="small", vcpus=2, threads_per_core=1, usd_per_hour=0.1)
    planned = plan(MILLION, replace(FLEET, node=small, surge=0))

    assert planned.nodes_per_cell <= limits.PLANNED_NODES < planned.nodes
    assert planned.cells == 8  # 2,000 pods and a tenth, on nodes with room for one


@given(rate=st.integers(1, 3_000_000), per_core=st.integers(50, 20_000))
def test_a_plan_carries_the_load_within_the_limits(rate: int, per_core: int) -> None:
    """EKS facts 21 to 23: whatever the load, no cell exceeds a default quota, and the pods are enough."""
    fleet = replace(FLEET, requests_per_core=per_core)
    planned = plan(replace(MILLION, requests_per_second=rate), fleet)

    assert planned.pods * planned.requests_per_pod >= rate * 0.999999
    assert planned.pods_per_cell >= fleet.zones
    assert planned.targets_per_cell <= limits.TARGETS_PER_LOAD_BALANCER.default
    assert planned.nodes_per_cell <= limits.PLANNED_NODES
    room = planned.most_nodes_per_cell * (16 - fleet.reserved_vcpus)
    assert room >= planned.pods_per_cell * (1 + fleet.headroom + fleet.surge) - 1e-6, "a rollout keeps the headroom"
    assert planned.most_nodes_per_cell <= limits.PLANNED_NODES
    assert planned.vcpus == planned.cells * planned.most_nodes_per_cell * 16


def test_the_loss_of_a_zone_is_within_the_utilization() -> None:
    assert plan(MILLION, replace(FLEET, utilization=0.6)).busy_without_zone == pytest.approx(0.9)


def test_addresses_come_in_prefixes_of_sixteen() -> None:
    """15 pods and 6 of the system need two /28 on a node, and the node one address more."""
    planned = plan(Traffic(requests_per_second=500), FLEET)

    assert (planned.nodes, planned.addresses_per_zone, planned.subnet_addresses) == (3, 33, 4091)


def test_registration_is_throttled_by_calls() -> None:
    """EKS fact 21: 20 calls at once, then 4 a second; what a call holds decides how long 2,000 targets take."""
    assert registration_s(2000, targets_per_call=1) == (2000 - 20) / 4
    assert registration_s(2000, targets_per_call=200) == 0
    assert registration_s(6000, targets_per_call=200) == 2.5


def test_the_autoscaler_doubles_every_30_seconds() -> None:
    """EKS fact 19: at most 100 % or 4 pods more per period, by the product's own defaults."""
    scaling, pods = Scaling(min=2, max=4, target=1), Pods(cpu="1", memory="1Gi")
    assert scaling.scale_out_cooldown_s == limits.SCALE_OUT_PERIOD_S
    assert (1 + pods.scale_out.percent / 100, pods.scale_out.pods) == (limits.SCALE_OUT_FACTOR, limits.SCALE_OUT_PODS)
    assert scale_out_s(3, 3) == 0
    assert scale_out_s(3, 7) == 30  # 4 more than 3 is more than double
    assert scale_out_s(3, 56) == 120  # 7, 14, 28, 56
    assert scale_out_s(3, 57) == 150


def test_the_number_of_pods_on_a_node_is_what_auto_mode_makes_of_them() -> None:
    """By Karpenter's own rule: the sizes that the plan assumes are set, and each node has as many pods as fit."""
    pool = NodePool(name="cpu", instance_vcpus=InstanceVcpus(min=16, max=16))
    template = dict(deployed(pods=Pods(cpu="1", memory="1Gi")).pod)
    pools = [dict(each.manifest()) for each in karpenter_node_pools(pool)]
    nodes = Simulation(template, pools, ["a", "b", "c"]).add(90)
    assert [node.pods for node in nodes] == [15] * 6


def test_logs_have_a_price() -> None:
    assert access_log_cost(MILLION, PRICES) == pytest.approx(75 * 1e6 * 730 * 3600 / 1e9 * 90 / 30.4 * 0.023)
    assert flow_log_cost(MILLION, PRICES) == pytest.approx(1e5 * 6 * 110 / 60 * 730 * 3600 / 1e9 * 0.5)


def test_a_node_without_room_is_refused() -> None:
    tiny = NodeType(name="tiny", vcpus=1, threads_per_core=1, usd_per_hour=0.1)

    with pytest.raises(ValueError, match="tiny has 1 vCPUs"):
        plan(MILLION, replace(FLEET, node=tiny))


def test_costs_of_a_month() -> None:
    traffic = Traffic(requests_per_second=100_000)
    planned = plan(traffic, FLEET)
    spent = cost(planned, FLEET, PRICES)

    assert planned.nodes == 15  # 200 pods and a tenth, 15 a node
    assert spent.nodes == pytest.approx(15 * 0.82112 * 730)
    assert spent.auto_mode == pytest.approx(spent.nodes * 0.12)
    assert spent.capacity_units == pytest.approx(1440 * 0.008 * 730)
    assert spent.total == pytest.approx(
        spent.nodes * 1.12 + spent.capacity_units + 0.10 * 730 + 0.0225 * 730 + 3 * 0.045 * 730
    )
    assert firewall_cost(traffic, PRICES) == pytest.approx(100_000 * 730 * 3600 / 1e6 * 0.6)
    assert log_cost(traffic, PRICES, bytes_per_line=150) == pytest.approx(100_000 * 150 * 730 * 3600 / 1e9 * 0.5)
    assert endpoint_instances(traffic, FLEET) == 200
