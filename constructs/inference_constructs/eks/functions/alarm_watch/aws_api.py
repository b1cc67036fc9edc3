"""What the function asks AWS: alarms, the status of a stack, and how far pods are."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

#: DescribeAlarms takes so many names at once.
_PER_CALL: Final = 100


class LookError(Exception):
    """What looks at pods has failed, or found that their rollout has."""


@dataclass(frozen=True)
class RingingAlarm:
    """An alarm in ALARM.

    Attributes:
        name: Its name.
        reason: Why, in CloudWatch's words.
        since: When it went off.
    """

    name: str
    reason: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class AwsCalls:
    """The calls of AWS that are needed, as boto3 takes them.

    Attributes:
        describe_alarms: CloudWatch's.
        describe_stacks: CloudFormation's.
        invoke: Lambda's.
        pods_function: The name of the function that looks at pods.
    """

    describe_alarms: Callable[..., Any]
    describe_stacks: Callable[..., Any]
    invoke: Callable[..., Any]
    pods_function: str

    def ringing(self, names: Sequence[str]) -> list[RingingAlarm]:
        """Those of the alarms that are in ALARM."""
        found: list[RingingAlarm] = []
        for start in range(0, len(names), _PER_CALL):
            part = names[start : start + _PER_CALL]
            answer = self.describe_alarms(AlarmNames=part, AlarmTypes=["MetricAlarm"])
            found += _in_alarm(answer.get("MetricAlarms", []))
        return found

    def stack_status(self, stack_id: str) -> str:
        """The status of a stack, such as `UPDATE_IN_PROGRESS`."""
        (stack,) = self.describe_stacks(StackName=stack_id)["Stacks"]
        return str(stack["StackStatus"])

    def look_at_pods(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the function in the cluster's network answers.

        Raises:
            LookError: It has failed.
        """
        answer = self.invoke(FunctionName=self.pods_function, Payload=json.dumps(dict(event)).encode())
        content: Mapping[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise LookError(str(content.get("errorMessage", content)))
        return content


def _in_alarm(described: Iterable[Mapping[str, Any]]) -> list[RingingAlarm]:
    return [
        RingingAlarm(
            each["AlarmName"],
            each.get("StateReason", ""),
            each.get("StateTransitionedTimestamp") or each["StateUpdatedTimestamp"],
        )
        for each in described
        if each["StateValue"] == "ALARM"
    ]
