"""Alarms that go off later than before, or notify nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slipway.operations.template_diff.capacity import follows_capacity

_ALARMS: Final = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_LATER: Final = ("EvaluationPeriods", "DatapointsToAlarm", "Period")
_ACTIONS: Final = ("AlarmActions", "InsufficientDataActions")


def loosened(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What alarms, and the rollbacks that follow them, notice less of, a sentence each."""
    for logical_id, resource in after.items():
        if logical_id not in before:
            continue
        old, new = before[logical_id].get("Properties", {}), resource.get("Properties", {})
        if resource["Type"] in _ALARMS:
            if _beyond(old, new) and not follows_capacity(logical_id, before, after):
                was, now = old.get("Threshold"), new.get("Threshold")
                yield f"{logical_id} ({resource['Type']}): goes off at {now}, before at {was}"
            yield from (f"{logical_id} ({resource['Type']}): {why}" for why in _why(old, new))
        if resource["Type"] == "AWS::SageMaker::Endpoint":
            lost = [name for name in _rollback_alarms(old) if name not in _rollback_alarms(new)]
            if len(_rollback_alarms(new)) < len(_rollback_alarms(old)):
                yield f"{logical_id} ({resource['Type']}): {len(lost)} alarms do not roll a deployment back any more"


def _why(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in _LATER:
        was, now = old.get(key), new.get(key)
        if isinstance(was, (int, float)) and isinstance(now, (int, float)) and now > was:
            yield f"{key} is {now}, before {was}"
    if new.get("ActionsEnabled", True) in (False, "false") and old.get("ActionsEnabled", True) not in (False, "false"):
        yield "notifies nobody (ActionsEnabled)"
    for key in _ACTIONS:
        if len(new.get(key, [])) < len(old.get(key, [])):
            yield f"{key} has {len(new.get(key, []))} receivers, before {len(old.get(key, []))}"
    if old.get("TreatMissingData") == "breaching" != new.get("TreatMissingData"):
        yield f"missing data is {new.get('TreatMissingData', 'missing')}, before breaching"
    for key in ("ComparisonOperator", "AlarmRule"):
        if old.get(key) != new.get(key):
            yield f"another {key}"


def _beyond(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether more has to happen before it goes off."""
    was, now = old.get("Threshold"), new.get("Threshold")
    if not isinstance(was, (int, float)) or not isinstance(now, (int, float)):
        return was != now
    return now < was if "LessThan" in str(new.get("ComparisonOperator")) else now > was


def _rollback_alarms(endpoint: Mapping[str, Any]) -> list[str]:
    config = endpoint.get("DeploymentConfig", {})
    alarms = config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return [str(each.get("AlarmName")) for each in alarms]
