"""AWS clients that answer what a test gives them, checked against the shapes of the real API."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from slipway.operations.aws.clients import Aws

CREATED = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEGAN = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, 10, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "us-east-1"
ENDPOINT, STACK = "dev-tumor-triage", "slipway-dev-service-tumor-triage"
STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1"

_SERVICES = {
    "sts": "sts",
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
    "sagemaker": "sagemaker",
    "runtime": "sagemaker-runtime",
    "autoscaling": "application-autoscaling",
    "eks": "eks",
    "elbv2": "elbv2",
}


@dataclasses.dataclass(frozen=True)
class Stubbed:
    """Clients, and what answers for each of them."""

    aws: Aws
    stubs: dict[str, Stubber]

    def answer(self, client: str, operation: str, answer: dict[str, Any], **expected: Any) -> None:
        self.stubs[client].add_response(operation, answer, expected or None)

    def refuse(self, client: str, operation: str, code: str, message: str, **fields: Any) -> None:
        self.stubs[client].add_client_error(operation, code, message, modeled_fields=fields or None)

    # What most tests need, in the words of the domain.

    def stack(self, status: str = "UPDATE_COMPLETE", *, config: str | None = "config-new") -> None:
        outputs = [{"OutputKey": "EndpointConfigName", "OutputValue": config}] if config else []
        described = {
            "StackName": STACK,
            "StackId": STACK_ID,
            "CreationTime": CREATED,
            "LastUpdatedTime": BEGAN,
            "StackStatus": status,
            "Outputs": outputs,
        }
        self.answer("cloudformation", "describe_stacks", {"Stacks": [described]}, StackName=STACK)

    def no_stack(self) -> None:
        message = f"Stack with id {STACK} does not exist"
        self.refuse("cloudformation", "describe_stacks", "ValidationError", message)

    def events(self, *newest_first: tuple[str, str, str]) -> None:
        """Stack events: logical id, status and reason; the stack's own has the id `stack`."""
        events = [
            {
                "StackId": STACK_ID,
                "StackName": STACK,
                "EventId": str(number),
                "LogicalResourceId": STACK if logical_id == "stack" else logical_id,
                "PhysicalResourceId": STACK_ID if logical_id == "stack" else "physical",
                "ResourceType": "AWS::CloudFormation::Stack" if logical_id == "stack" else "AWS::SageMaker::Endpoint",
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": BEGAN,
            }
            for number, (logical_id, status, reason) in enumerate(newest_first)
        ]
        self.answer("cloudformation", "describe_stack_events", {"StackEvents": events}, StackName=STACK)

    def resources(self, *alarms: str) -> None:
        """The stack's resources: these alarms, and something else."""
        kinds = {**dict.fromkeys(alarms, "AWS::CloudWatch::Alarm"), "the-endpoint": "AWS::SageMaker::Endpoint"}
        summaries = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": name,
                "ResourceType": kind,
                "LastUpdatedTimestamp": BEGAN,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name, kind in kinds.items()
        ]
        self.answer("cloudformation", "list_stack_resources", {"StackResourceSummaries": summaries}, StackName=STACK)

    def endpoint(self, status: str = "InService", *, config: str = "config-new", **described: Any) -> None:
        answer = {
            "EndpointName": ENDPOINT,
            "EndpointArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{ENDPOINT}",
            "EndpointConfigName": config,
            "EndpointStatus": status,
            "ProductionVariants": [live_variant()],
            "CreationTime": CREATED,
            "LastModifiedTime": LATER,
            **described,
        }
        self.answer("sagemaker", "describe_endpoint", answer, EndpointName=ENDPOINT)

    def no_endpoint(self) -> None:
        self.refuse("sagemaker", "describe_endpoint", "ValidationException", 'Could not find endpoint "arn:aws:…".')

    def alarms(self, **states: str) -> None:
        """The alarms of these names and states."""
        described = [
            {
                "AlarmName": name,
                "StateValue": state,
                "StateReason": "Threshold crossed",
                "StateUpdatedTimestamp": LATER,
            }
            for name, state in states.items()
        ]
        self.answer(
            "cloudwatch",
            "describe_alarms",
            {"MetricAlarms": described, "CompositeAlarms": []},
            AlarmNames=list(states),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=100,
        )

    def alarm_history(self, name: str, *items: tuple[datetime, str]) -> None:
        """The history of an alarm: when it changed, and CloudWatch's JSON about it."""
        history = [
            {"AlarmName": name, "Timestamp": when, "HistoryItemType": "StateUpdate", "HistoryData": data}
            for when, data in items
        ]
        self.answer(
            "cloudwatch",
            "describe_alarm_history",
            {"AlarmHistoryItems": history},
            AlarmName=name,
            HistoryItemType="StateUpdate",
            StartDate=ANY,
            ScanBy="TimestampDescending",
        )


def live_variant(name: str = "main", *, current: int = 2, desired: int = 2, weight: float = 1) -> dict[str, Any]:
    """A `ProductionVariantSummary`."""
    return {
        "VariantName": name,
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": current,
        "DesiredInstanceCount": desired,
    }


@cache
def _clients() -> dict[str, Any]:
    """Made once: reading SageMaker's model of its API takes most of a second."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106
    make: Any = session.client
    return {field: make(service) for field, service in _SERVICES.items()}


@contextmanager
def stubbed_aws() -> Iterator[Stubbed]:
    """Clients for which every call has to be foreseen, and every foreseen call has to be made."""
    clients = _clients()
    stubs = {field: Stubber(client) for field, client in clients.items()}
    with ExitStack() as stack:
        for stub in stubs.values():
            stack.enter_context(stub)
        yield Stubbed(Aws(**clients), stubs)
    for stub in stubs.values():
        stub.assert_no_pending_responses()
