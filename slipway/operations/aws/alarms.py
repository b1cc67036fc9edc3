"""Alarms in ALARM now, or during a deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slipway.operations.aws.clients import Aws

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_cloudwatch.type_defs import CompositeAlarmTypeDef, MetricAlarmTypeDef

#: The most names that DescribeAlarms takes, and the most alarms that it gives. Unless asked for as many it gives 50.
_ALARMS_PER_CALL: Final = 100


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm that is, or was, in ALARM.

    Attributes:
        name: Its name.
        rings: Whether it still is.
        since: When it began.
        reason: Why, in CloudWatch's words.
        description: Its description, with its runbook; empty if unknown.
    """

    name: str
    rings: bool
    since: datetime
    reason: str
    description: str = ""

    def __str__(self) -> str:
        verb = "is" if self.rings else "was"
        return f"{self.name} {verb} in ALARM since {self.since:%Y-%m-%d %H:%M:%S %Z}: {self.reason}"


def ringing(aws: Aws, names: Sequence[str]) -> tuple[Alarm, ...]:
    """Those of the named alarms that are in ALARM now."""
    return tuple(_alarm(found) for found in described(aws, names) if found.get("StateValue") == "ALARM")


def rung_since(aws: Aws, names: Sequence[str], since: datetime) -> tuple[Alarm, ...]:
    """Those of the named alarms that are in ALARM now, or were at some time since then.

    An alarm that watches a new fleet is quiet again when SageMaker has rolled that fleet back, so its state alone
    does not tell.
    """
    now = ringing(aws, names)
    quiet = [name for name in names if name not in {alarm.name for alarm in now}]
    return (*now, *(alarm for name in quiet for alarm in _in_history(aws, name, since)))


def described(aws: Aws, names: Sequence[str]) -> Iterator[MetricAlarmTypeDef | CompositeAlarmTypeDef]:
    """Those of the named alarms that there are, as CloudWatch describes them."""
    for first in range(0, len(names), _ALARMS_PER_CALL):
        found = aws.cloudwatch.describe_alarms(
            AlarmNames=list(names[first : first + _ALARMS_PER_CALL]),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=_ALARMS_PER_CALL,
        )
        yield from found["MetricAlarms"]
        yield from found["CompositeAlarms"]


def _alarm(found: MetricAlarmTypeDef | CompositeAlarmTypeDef) -> Alarm:
    return Alarm(
        name=found["AlarmName"],
        rings=True,
        since=found["StateUpdatedTimestamp"],
        reason=found.get("StateReason", "no reason given"),
        description=found.get("AlarmDescription", ""),
    )


def _in_history(aws: Aws, name: str, since: datetime) -> Iterator[Alarm]:
    """The last time that an alarm went into ALARM since then, if it did."""
    found = aws.cloudwatch.describe_alarm_history(
        AlarmName=name, HistoryItemType="StateUpdate", StartDate=since, ScanBy="TimestampDescending"
    )
    for item in found["AlarmHistoryItems"]:
        state = json.loads(item.get("HistoryData") or "{}").get("newState", {})
        if state.get("stateValue") == "ALARM" and item["Timestamp"] >= since:
            yield Alarm(
                name=name, rings=False, since=item["Timestamp"], reason=state.get("stateReason", "no reason given")
            )
            return
