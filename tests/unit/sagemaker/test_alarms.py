"""Alarms ring at the right value in the right unit."""

from typing import Any

import pytest
from aws_cdk import aws_cloudwatch
from aws_cdk.assertions import Template

from inference_constructs.config import Objectives
from inference_constructs.observability import thresholds
from inference_constructs.sagemaker.metrics import VariantMetrics
from tests.conftest import ROOT
from tests.templates import resources
from tests.unit.sagemaker.endpoints import deployed

INVOCATIONS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
#: SageMaker Developer Guide, "Amazon SageMaker AI metrics in Amazon CloudWatch": endpoint invocation metrics, and
#: endpoint instance metrics, by endpoint and variant.
PUBLISHED = {
    *((INVOCATIONS, name) for name in ("ConcurrentRequestsPerModel", "Invocation4XXErrors", "Invocation5XXErrors")),
    *((INVOCATIONS, name) for name in ("InvocationModelErrors", "Invocations", "InvocationsPerInstance")),
    *((INVOCATIONS, name) for name in ("ModelLatency", "ModelSetupTime", "OverheadLatency")),
    *((INSTANCES, name) for name in ("CPUUtilization", "DiskUtilization", "GPUMemoryUtilization", "GPUUtilization")),
    (INSTANCES, "MemoryUtilization"),
}


@pytest.fixture(scope="module")
def alarms() -> dict[str, dict[str, Any]]:
    """Of an endpoint that promises 100 ms and 99.9 %, on instances with 48 vCPUs and 4 GPUs."""
    return by_metric(deployed(instance_type="ml.g5.12xlarge").template)


def by_metric(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms that tell somebody."""
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    return {alarm["MetricName"]: alarm for alarm in alarms if "AlarmActions" in alarm}


def test_latency_is_watched_at_low_traffic_too(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["ModelLatency"]
    assert "EvaluateLowSampleCountPercentile" not in alarm, "ignore would silence it below 1000 requests a minute"
    assert "100 ms" in alarm["AlarmDescription"]


def test_each_rings_at_this_value_after_so_many_minutes(alarms: dict[str, dict[str, Any]]) -> None:
    """SageMaker fact 11: microseconds, a rate, and percent, summed over 48 vCPUs or 4 GPUs, not so for memory.

    Of instances the average is taken: one that has nothing to do does not hide what the others have.
    """
    found = {
        name: (
            (alarm["Namespace"], alarm.get("Statistic") or alarm["ExtendedStatistic"], alarm["Period"]),
            alarm["Threshold"],
            f"{alarm['DatapointsToAlarm']} of {alarm['EvaluationPeriods']}",
        )
        for name, alarm in alarms.items()
    }
    assert found == {
        "ModelLatency": ((INVOCATIONS, "p99", 60), 100_000, "3 of 5"),
        "Invocation5XXErrors": ((INVOCATIONS, "Average", 60), 0.0144, "3 of 5"),
        "CPUUtilization": ((INSTANCES, "Average", 60), 90 * 48, "5 of 5"),
        "MemoryUtilization": ((INSTANCES, "Average", 60), 90, "5 of 5"),
        "GPUUtilization": ((INSTANCES, "Average", 60), 90 * 4, "5 of 5"),
    }


def test_every_metric_is_one_that_sagemaker_publishes() -> None:
    """CloudWatch takes an alarm on any name: what nobody publishes is missing for ever, and missing is quiet."""
    metrics = VariantMetrics(endpoint_name="dev-triage", variant_name="main")
    named = [getattr(metrics, name) for name in vars(VariantMetrics) if not name.startswith("_")]
    found = [method() for method in named if callable(method)]
    asked = {(each.namespace, each.metric_name) for each in found if isinstance(each, aws_cloudwatch.Metric)}
    assert len(asked) == len(found)
    assert asked - PUBLISHED == set()


def test_every_alarm_watches_its_variant_and_tells_when_it_rings_and_when_it_is_over(
    alarms: dict[str, dict[str, Any]],
) -> None:
    for alarm in alarms.values():
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
        assert dimensions == {"EndpointName": "dev-triage", "VariantName": "main"}
        assert alarm["TreatMissingData"] == "notBreaching", "no traffic is no reason to ring"
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert len(alarm["AlarmActions"]) == len(alarm["OKActions"]) == 1


def test_every_alarm_leads_to_a_runbook_that_is_there(alarms: dict[str, dict[str, Any]]) -> None:
    for alarm in alarms.values():
        _, _, runbook = alarm["AlarmDescription"].partition("Runbook: ")
        assert (ROOT / runbook).is_file(), f"{runbook} is missing"


@pytest.mark.parametrize(
    ("objectives", "missing"),
    [
        (Objectives(availability=99.9), {"ModelLatency"}),
        (Objectives(latency_p99_ms=10), {"Invocation5XXErrors"}),
        (Objectives(), {"ModelLatency", "Invocation5XXErrors"}),
    ],
)
def test_what_is_not_promised_is_not_alarmed(objectives: Objectives, missing: set[str]) -> None:
    everything = {"ModelLatency", "Invocation5XXErrors", "CPUUtilization", "MemoryUtilization"}
    assert set(by_metric(deployed(objectives=objectives).template)) == everything - missing


@pytest.mark.parametrize(("availability", "rate"), [(99.99, 0.00144), (99.9, 0.0144), (99, 0.144), (90, 0.5)])
def test_an_error_rate_derives_from_the_availability(availability: float, rate: float) -> None:
    assert thresholds.error_rate(availability) == pytest.approx(rate)
