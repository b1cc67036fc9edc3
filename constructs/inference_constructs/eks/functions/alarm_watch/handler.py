"""Two custom resources of CloudFormation: pods that roll out, and traffic that moves. Alarms end both.

`Custom::SlipwayRollout` is complete when the pods of a Deployment have rolled out, and then for as long as its rollout
bakes. `Custom::SlipwayBake` is complete when the traffic that a variant has gained has baked. Both fail as soon as an
alarm goes off, and the stack rolls back: pods by the first, weights by the second.

Only updates are held up by alarms. A new service has no callers yet. A rollback goes on whatever rings: what rings are
the answers of the version that is being taken back, and nothing is left to go back to.

The CDK's provider framework calls `handle` once with the request, and then again and again with the same request and
what the first call answered, until it says that it is complete, or raises an error with the reason of the failure.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .aws_api import AwsCalls, LookError, RingingAlarm
from .weights import gained

#: CloudFormation takes answers of up to 4096 bytes, and the framework adds the places in its own code.
_LONGEST_BYTES: Final = 1500
_LONGEST_REASON: Final = 500
#: Permissions take seconds to be known everywhere.
SETTLING: Final = timedelta(minutes=2)
_MINUTE_S: Final = 60
_UPDATING: Final = "UPDATE_IN_PROGRESS"
_RUNBOOK: Final = "What to do: docs/runbooks/rolled-back.md."

_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)


class TakenBackError(Exception):
    """A rollout, or a step of traffic, that is to be taken back; the text becomes the reason of the stack's failure."""


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's form
    """Begin to watch, or look once.

    Raises:
        TakenBackError: It has failed.
    """
    asked = event["ResourceProperties"]
    if event["RequestType"] == "Delete":
        # Of one whose creation it cancelled, since another resource failed, CloudFormation gives an id of its own, and
        # the framework takes no other.
        return {"PhysicalResourceId": event["PhysicalResourceId"], "IsComplete": True}
    if "Began" not in event:
        name = f"{asked['Namespace']}/{asked.get('Deployment', 'traffic')}"
        return {"PhysicalResourceId": name, "Began": datetime.now(UTC).timestamp()}
    return {"IsComplete": look(aws(), event, now=datetime.now(UTC))}


def aws() -> AwsCalls:
    """The services, as the role of this function reaches them."""
    return AwsCalls(
        describe_alarms=boto3.client("cloudwatch").describe_alarms,
        describe_stacks=boto3.client("cloudformation").describe_stacks,
        invoke=boto3.client("lambda").invoke,
        pods_function=os.environ["PODS_FUNCTION"],
    )


def look(services: AwsCalls, event: Mapping[str, Any], *, now: datetime) -> bool:
    """Look once.

    Args:
        services: Those of AWS.
        event: The request, with what the first call answered.
        now: When it is.

    Returns:
        Whether CloudFormation may go on.

    Raises:
        TakenBackError: It is to go back.
    """
    asked, began = event["ResourceProperties"], datetime.fromtimestamp(event["Began"], UTC)
    names = _watched(event)
    try:
        off = [alarm for alarm in services.ringing(names) if alarm.since >= began.replace(microsecond=0)]
    except (BotoCoreError, ClientError) as error:
        _log.warning("the alarms cannot be read: %s", error)
        if now - began < SETTLING:
            return False
        # Nothing that cannot be seen is let pass.
        off = [RingingAlarm(", ".join(names), f"they cannot be read: {error}", now)]
    if off and _is_update(services, event):
        raise TakenBackError(_sentence(asked, off, now - began))
    since: datetime | None = began
    if "Deployment" in asked:
        try:
            found = services.look_at_pods(event)
        except LookError as error:
            raise TakenBackError(str(error)) from None
        if not found["IsComplete"]:
            return False
        since = datetime.fromtimestamp(found["Since"], UTC) if found.get("Since") else None
    # Pods that were complete before the change was applied are no new ones. Kubernetes tells whole seconds.
    if not _bakes(event) or since is None or since < began.replace(microsecond=0):
        return True
    baked = now >= since + timedelta(seconds=float(asked.get("BakeSeconds", 0)))
    return baked or _is_update(services, event) is False


def _watched(event: Mapping[str, Any]) -> Sequence[str]:
    """The alarms that count for this change."""
    asked, before = event["ResourceProperties"], event.get("OldResourceProperties", {})
    if "Deployment" in asked:
        same = asked.get("Applied") == before.get("Applied")
        return [] if same else list(asked.get("Alarms", []))
    return [name for variant in gained(before.get("Weights"), asked["Weights"]) for name in asked["Alarms"][variant]]


def _bakes(event: Mapping[str, Any]) -> bool:
    """Whether the change brings traffic to something: to a variant that gains some, or to new pods of one that has it.

    Pods whose variant has no traffic yet bake when it gets some.
    """
    before = event.get("OldResourceProperties", {})
    return bool(_watched(event)) and ("Deployment" not in event["ResourceProperties"] or bool(before.get("Alarms")))


def _is_update(services: AwsCalls, event: Mapping[str, Any]) -> bool | None:
    """Whether the stack is being updated, and neither created nor rolled back; None if that cannot be read."""
    try:
        return services.stack_status(event["StackId"]) == _UPDATING
    except (BotoCoreError, ClientError) as error:
        _log.warning("the stack cannot be read: %s", error)
        return None


def _sentence(asked: Mapping[str, Any], off: Sequence[RingingAlarm], after: timedelta) -> str:
    if "Deployment" in asked:
        subject = f"rollout of the Deployment {asked['Namespace']}/{asked['Deployment']}"
    else:
        subject = f"traffic of {asked['Namespace']} ({asked['Weights']})"
    alarms = "; ".join(f"{alarm.name}: {_short(alarm.reason)}" for alarm in off)
    minutes = after.total_seconds() / _MINUTE_S
    sentence = (
        f"The {subject} is taken back: {minutes:.0f} minutes after the change the alarms of the new version are in"
        f" ALARM: {alarms}. {_RUNBOOK}"
    )
    return sentence.encode()[:_LONGEST_BYTES].decode(errors="ignore")


def _short(words: str) -> str:
    words = " ".join(words.split()).rstrip(".")
    return words if len(words) <= _LONGEST_REASON else f"{words[:_LONGEST_REASON]}…"
