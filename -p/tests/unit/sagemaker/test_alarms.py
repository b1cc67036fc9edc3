"""Alarms ring at the right value in the right unit."""

from typing import Any

import pytest
from aws_cdk.assertions import Template

from inference_constructs.observability import thresholds
from inference_constructs.spec import Objectives
from tests.conftest import ROOT
from tests.templates import resources
from tests.unit.sagemaker.endpoints import deployed


@pytest.fixture(scope="module")
def alarms() -> dict[str, dict[str, Any]]:
    return by_metric(deployed().template)


def by_metric(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms that tell somebody."""
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    return {alarm["MetricName"]: alarm for alarm in alarms if "AlarmActions" in alarm}


def test_latency_is_compared_in_microseconds(alarms: dict[str, dict[str, Any]]) -> None:
    """SageMaker fact 11: 100 ms are 100000 of ModelLatency's units."""
    alarm = alarms["ModelLatency"]
    assert alarm["Threshold"] == 100_000
    assert alarm["ExtendedStatistic"] == "p99"
    assert alarm["Namespace"] == "AWS/SageMaker"
    assert "EvaluateLowSampleCountPercentile" not in alarm, "ignore would silence it below 1000 requests a minute"
    assert "100 ms" in alarm["AlarmDescription"]


def test_the_average_of_5xx_errors_is_compared_as_a_rate(alarms: dict[str, dict[str, Any]]) -> None:
    """SageMaker fact 11: an availability of 99.9 % leaves 0.1 %, and 14.4 times that is too fast."""
    alarm = alarms["Invocation5XXErrors"]
    assert alarm["Statistic"] == "Average"
    assert alarm["Threshold"] == 0.0144
    assert alarm["Namespace"] == "AWS/SageMaker"


def test_cpu_is_compared_with_the_sum_over_all_vcpus() -> None:
    """SageMaker fact 11: an instance with 16 vCPUs ranges from 0 to 1600 %."""
    alarm = by_metric(deployed(instance_type="ml.c7i.4xlarge").template)["CPUUtilization"]
    assert alarm["Threshold"] == 90 * 16
    assert alarm["Namespace"] == "/aws/sagemaker/Endpoints"
    assert alarm["Statistic"] == "Average"


def test_memory_is_compared_in_percent(alarms: dict[str, dict[str, Any]]) -> None:
    assert alarms["MemoryUtilization"]["Threshold"] == 90
    assert alarms["MemoryUtilization"]["Namespace"] == "/aws/sagemaker/Endpoints"


def test_every_alarm_watches_its_variant_and_tells_when_it_rings_and_when_it_is_over(
    alarms: dict[str, dict[str, Any]],
) -> None:
    assert len(alarms) == 4
    for alarm in alarms.values():
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
        assert dimensions == {"EndpointName": "dev-triage", "VariantName": "main"}
        assert alarm["TreatMissingData"] == "notBreaching", "no traffic is no reason to ring"
        assert alarm["Period"] == 60
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
