"""The tables of docs/scale.md."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rich.table import Table

from benchmarks.capacity import limits
from benchmarks.capacity.cost import (
    access_log_cost,
    cost,
    endpoint_cost,
    endpoint_instances,
    firewall_cost,
    flow_log_cost,
    log_cost,
    millions_per_month,
)
from benchmarks.capacity.plan import CapacityPlan, capacity_units, plan, registration_s, scale_out_s
from benchmarks.capacity.prices import HOURS_PER_MONTH, NODE_TYPES
from benchmarks.capacity.question import Question, blank_table, by_rate, dollars, rate_name

_ONE: Final = 1.0  # a request, and a second, per connection
#: Rules beyond those of the traffic: as a listener with a header rule for each of many fleets would have.
_MORE_RULES: Final = 14


def sizes(question: Question) -> Table:
    """Pods, nodes, load balancers, addresses."""
    plans = [plan(question.at(rate), question.fleet) for rate in question.rates]
    rows: list[tuple[str, Callable[[CapacityPlan], str]]] = [
        ("requests/s planned per pod", lambda p: f"{p.requests_per_pod:,.0f}"),
        ("cells: clusters with one load balancer each", lambda p: f"{p.cells:,}"),
        ("pods of one core, all cells", lambda p: f"{p.pods:,}"),
        ("pods per cell", lambda p: f"{p.pods_per_cell:,}"),
        (
            "targets per load balancer during a rolling update, with draining ones",
            lambda p: f"{p.targets_per_cell:,}",
        ),
        (f"nodes ({question.fleet.node.name}), all cells", lambda p: f"{p.nodes:,}"),
        ("nodes per cell", lambda p: f"{p.nodes_per_cell:,}"),
        ("nodes per cell during a rolling update", lambda p: f"{p.most_nodes_per_cell:,}"),
        ("vCPUs during a rolling update, all cells", lambda p: f"{p.vcpus:,}"),
        ("load balancer capacity units, all cells", lambda p: f"{p.units.billed:,.1f} ({p.units.binding})"),
        ("load balancer capacity units per cell", lambda p: f"{p.units.billed / p.cells:,.1f}"),
        (
            f"addresses in use of a zone's /{question.fleet.subnet_prefix}",
            lambda p: f"{p.addresses_per_zone:,} of {p.subnet_addresses:,}",
        ),
        ("utilization while a zone is gone", lambda p: f"{p.busy_without_zone:.0%}"),
    ]
    return by_rate(question, [(name, [cell(planned) for planned in plans]) for name, cell in rows])


def costs(question: Question) -> Table:
    """US dollars a month."""
    known = [
        (question.at(rate), cost(plan(question.at(rate), question.fleet), question.fleet, question.prices))
        for rate in question.rates
    ]
    rows = [
        ("nodes (EC2)", [dollars(c.nodes) for _, c in known]),
        ("EKS Auto Mode", [dollars(c.auto_mode) for _, c in known]),
        ("control planes", [dollars(c.clusters) for _, c in known]),
        ("load balancers, hours", [dollars(c.load_balancers) for _, c in known]),
        ("load balancers, capacity units", [dollars(c.capacity_units) for _, c in known]),
        ("NAT gateways, hours", [dollars(c.nat_gateways) for _, c in known]),
        ("**together**" if question.markdown else "together", [dollars(c.total) for _, c in known]),
        ("per million requests", [f"${c.total / millions_per_month(t):.4f}" for t, c in known]),
        (
            "not in it: a log line per answer in CloudWatch Logs",
            [dollars(log_cost(t, question.prices, bytes_per_line=question.line_bytes)) for t, _ in known],
        ),
        (
            "not in it: access logs in S3, kept for 90 days (estimate)",
            [dollars(access_log_cost(t, question.prices)) for t, _ in known],
        ),
        (
            "not in it: flow logs of all connections in CloudWatch Logs (estimate)",
            [dollars(flow_log_cost(t, question.prices)) for t, _ in known],
        ),
        (
            "not in it: AWS WAF, where callers come from the internet",
            [dollars(firewall_cost(t, question.prices)) for t, _ in known],
        ),
    ]
    return by_rate(question, rows)


def units(question: Question) -> Table:
    """Capacity units by what uses them, at the highest rate."""
    base = question.highest
    kinds = (
        (f"{base.bytes_per_request:,} bytes", base),
        (f"JSON, 1 row: {question.json_bytes:,} bytes", replace(base, bytes_per_request=question.json_bytes)),
        (f"CSV, 1 row: {question.csv_bytes:,} bytes", replace(base, bytes_per_request=question.csv_bytes)),
        (
            f"{base.bytes_per_request:,} bytes, a connection per request",
            replace(base, requests_per_connection_second=_ONE, connection_s=_ONE),
        ),
        (
            f"{base.bytes_per_request:,} bytes, {base.rules + _MORE_RULES} rules",
            replace(base, rules=base.rules + _MORE_RULES),
        ),
    )
    table = blank_table(
        question,
        f"{base.requests_per_second:,} requests/s of",
        "new connections",
        "active connections",
        "bytes",
        "rules",
        "US dollars a month",
    )
    for name, traffic in kinds:
        used = capacity_units(traffic)
        monthly = used.billed * question.prices.capacity_unit_hour * HOURS_PER_MONTH
        table.add_row(
            name,
            f"{used.new_connections:,.0f}",
            f"{used.active_connections:,.0f}",
            f"{used.bytes_processed:,.0f}",
            f"{used.rule_evaluations:,.0f}",
            dollars(monthly),
        )
    return table


def nodes(question: Question) -> Table:
    """The same load on other nodes, and what their vCPUs have to be worth."""
    table = blank_table(
        question,
        "node",
        "threads per core",
        "nodes",
        "per cell",
        "EC2 and fee a month",
        "per vCPU-hour",
        "has to answer",
    )
    planned_for = question.fleet.node
    for kind in NODE_TYPES.values():
        fleet = replace(question.fleet, node=kind)
        planned = plan(question.highest, fleet)
        spent = cost(planned, fleet, question.prices)
        ratio = (kind.usd_per_hour / kind.vcpus) / (planned_for.usd_per_hour / planned_for.vcpus)
        table.add_row(
            kind.name,
            str(kind.threads_per_core),
            f"{planned.nodes:,}",
            f"{planned.nodes_per_cell:,}",
            dollars(spent.nodes + spent.auto_mode),
            f"${kind.usd_per_hour / kind.vcpus:.5f}",
            f"{ratio:.0%}",
        )
    return table


def pacing(question: Question) -> Table:
    """How long a cell takes to grow."""
    plans = [plan(question.at(rate), question.fleet) for rate in question.rates]
    start = question.fleet.zones
    per_call = limits.TARGETS_PER_CALL
    rows = [
        (
            f"autoscaler asks for all pods of a cell, from {start}",
            [f"{scale_out_s(start, p.pods_per_cell):,} s" for p in plans],
        ),
        (
            "autoscaler asks for the second half of them",
            [f"{scale_out_s(p.pods_per_cell // 2, p.pods_per_cell):,} s" for p in plans],
        ),
        (
            f"calls to register all pods of all cells, {per_call} a call",
            [f"{registration_s(p.pods, targets_per_call=per_call):,.0f} s" for p in plans],
        ),
        (
            "the same with one target a call",
            [f"{registration_s(p.pods, targets_per_call=1):,.0f} s" for p in plans],
        ),
    ]
    return by_rate(question, rows)


def sagemaker(question: Question) -> Table:
    """The same load on a SageMaker endpoint."""
    at = [question.at(rate) for rate in question.rates]
    monthly = [endpoint_cost(traffic, question.fleet, question.prices) for traffic in at]
    eks = [cost(plan(traffic, question.fleet), question.fleet, question.prices).total for traffic in at]
    rows = [
        ("instances (ml.c7i.large)", [f"{endpoint_instances(t, question.fleet):,}" for t in at]),
        ("instances a month", [dollars(spent) for spent in monthly]),
        (
            "instances per million requests",
            [f"${spent / millions_per_month(t):.4f}" for spent, t in zip(monthly, at, strict=True)],
        ),
        (
            "EKS per million requests, load balancers included",
            [f"${spent / millions_per_month(t):.4f}" for spent, t in zip(eks, at, strict=True)],
        ),
    ]
    return by_rate(question, rows)


def quotas(question: Question) -> Table:
    """What each plan needs of an account's quotas."""
    table = blank_table(question, "quota", "code", "default", *(rate_name(rate) for rate in question.rates))
    plans = [plan(question.at(rate), question.fleet) for rate in question.rates]
    needs: list[tuple[limits.Quota, Callable[[CapacityPlan], float]]] = [
        (limits.STANDARD_VCPUS, lambda p: p.vcpus),
        (limits.TARGETS_PER_LOAD_BALANCER, lambda p: p.targets_per_cell),
        (limits.TARGETS_PER_GROUP, lambda p: p.targets_per_cell),
        (limits.LOAD_BALANCERS, lambda p: p.cells),
        (limits.RESERVED_UNITS, lambda p: p.units.billed),
        (limits.RESERVED_UNITS_PER_LOAD_BALANCER, lambda p: p.units.billed / p.cells),
        (limits.NETWORK_INTERFACES, lambda p: p.most_nodes_per_cell * p.cells),
    ]
    for quota, need in needs:
        cells = []
        for planned in plans:
            needed = need(planned)
            text = f"{needed:,.0f}"
            cells.append(f"**{text}**" if question.markdown and needed > quota.default else text)
        table.add_row(quota.name, quota.code, f"{quota.default:,}", *cells)
    return table


TABLES: Final[dict[str, Callable[[Question], Table]]] = {
    "sizes": sizes,
    "costs": costs,
    "units": units,
    "nodes": nodes,
    "pacing": pacing,
    "quotas": quotas,
    "sagemaker": sagemaker,
}
