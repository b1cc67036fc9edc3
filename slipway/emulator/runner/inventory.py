"""What is deployed, read back from the embedded AWS through boto3, as tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from slipway.emulator.common.environment import client
from slipway.emulator.runner.backends.registry import backends
from slipway.emulator.runner.backends.tables import coloured, table_of
from slipway.emulator.runner.instance import Running


def tables(running: Running) -> Iterable[RenderableType]:
    """What runs on each backend, and the alarms."""
    for backend in backends():
        yield from backend.tables(running)
    yield _alarms(client("cloudwatch", running.workspace).describe_alarms())


def _alarms(described: Mapping[str, Any]) -> Table:
    table = table_of("Alarms", "alarm", "state", "when")
    for alarm in described["MetricAlarms"]:
        name, statistic = alarm.get("MetricName"), alarm.get("ExtendedStatistic") or alarm.get("Statistic")
        watched = f"{name} {statistic}" if name else "an expression"
        comparison = "<" if alarm["ComparisonOperator"].startswith("Less") else ">"
        table.add_row(
            _short(alarm["AlarmName"]),
            coloured(alarm["StateValue"]),
            f"{watched} {comparison} {alarm['Threshold']:g}",
        )
    for alarm in described.get("CompositeAlarms", []):
        table.add_row(_short(alarm["AlarmName"]), coloured(alarm["StateValue"]), alarm["AlarmRule"])
    return table


def _short(name: str) -> str:
    """An alarm's name; one that CloudFormation made up, which has no slash, without its random end."""
    return name if "/" in name else name.rpartition("-")[0] or name
