"""The CloudFormation stack of a service: what its last deployment came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from slipway.operations.aws.clients import Aws, error_message

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

_GOOD: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_ALARMS: Final = frozenset({"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"})


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A deployed stack.

    Attributes:
        name: Its name.
        status: CloudFormation's word for its state.
        status_reason: CloudFormation's sentence about it, often empty.
        outputs: Its outputs, by name.
        changed: When it was last created or updated.
    """

    name: str
    status: str
    status_reason: str
    outputs: Mapping[str, str]
    changed: datetime

    @property
    def config_name(self) -> str | None:
        """The endpoint configuration that the last deployment made."""
        return self.outputs.get("EndpointConfigName")

    @property
    def settled(self) -> bool:
        """Whether no deployment is under way."""
        return not self.status.endswith("_IN_PROGRESS")

    @property
    def good(self) -> bool:
        """Whether its last deployment succeeded, as far as CloudFormation knows."""
        return self.status in _GOOD


def find_stack(aws: Aws, name: str) -> Stack | None:
    """Describe a stack, None if none of this name was ever deployed."""
    try:
        (found,) = aws.cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in error_message(error):
            return None
        raise
    if found["StackStatus"] == "REVIEW_IN_PROGRESS":  # a change set was looked at, and never carried out
        return None
    return Stack(
        name=name,
        status=found["StackStatus"],
        status_reason=found.get("StackStatusReason", ""),
        outputs={output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())},
        changed=found.get("LastUpdatedTime", found["CreationTime"]),
    )


@dataclass(frozen=True, kw_only=True)
class Story:
    """How the last deployment of a stack went.

    Attributes:
        began: When it began.
        first_failure: What failed first, in CloudFormation's words; empty without a reason.
    """

    began: datetime
    first_failure: str


def story_of(aws: Aws, stack: Stack) -> Story:
    """Read what happened to a stack since its last deployment began."""
    pages = aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack.name)
    began, first_failure = stack.changed, stack.status_reason
    for event in (event for page in pages for event in page["StackEvents"]):  # the newest first
        reason = event.get("ResourceStatusReason")
        # The earliest failure is the cause; what CloudFormation cancels on account of it comes after.
        if reason and event.get("ResourceStatus", "").endswith("_FAILED"):
            first_failure = f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): {reason}"
        began = min(began, event["Timestamp"])
        if _begins_deployment(event):
            break
    return Story(began=began, first_failure=first_failure)


def alarms_of(aws: Aws, stack: Stack) -> tuple[str, ...]:
    """The names of the alarms that a stack holds."""
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.name)
    return tuple(
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] in _ALARMS and "PhysicalResourceId" in resource
    )


def _begins_deployment(event: StackEventTypeDef) -> bool:
    is_the_stack = event.get("PhysicalResourceId") == event["StackId"]
    return is_the_stack and event.get("ResourceStatus") in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
