"""The alarms of a service and of a cluster, each synthesised once, and ways to look into one."""

import functools
from typing import Any

from aws_cdk import aws_sns
from aws_cdk.assertions import Template

from inference_constructs.eks.cluster.alarms import ClusterAlarms
from inference_constructs.observability.alarm_settings import AlarmSettings
from tests.unit.eks import services
from tests.unit.eks.services import CLUSTER, Deployed

Alarm = dict[str, Any]
VARIANTS = ("main", "candidate")


@functools.cache
def service() -> Deployed:
    """A service with two variants, which promises 100 ms and 99.9 %."""
    return services.deployed(second="candidate")


@functools.cache
def of_a_cluster(*, on_auto_mode: bool) -> dict[str, Alarm]:
    stack = services.empty_stack()
    settings = AlarmSettings(topic=aws_sns.Topic(stack, "Topic"))
    ClusterAlarms(stack, "Alarms", cluster_name=CLUSTER, on_auto_mode=on_auto_mode, settings=settings)
    found = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    return {name.removeprefix("Alarms")[:-8]: alarm["Properties"] for name, alarm in found.items()}


def by_name(template: Template) -> dict[str, Alarm]:
    """Alarms by the name of their construct, behind that of their variant: `main.HighLatency`, `LoadBalancerErrors`."""
    found = template.find_resources("AWS::CloudWatch::Alarm")
    names = {name: name.removeprefix("ServiceAlarms")[:-8] for name in found}
    for variant in VARIANTS:
        names = {name: short.replace(f"Fleet{variant}", f"{variant}.") for name, short in names.items()}
    return {names[name]: alarm["Properties"] for name, alarm in found.items()}


def dimensions(alarm: Alarm) -> dict[str, Any]:
    """What an alarm, or a metric in one, is selected by."""
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def rate_of(alarm: Alarm) -> tuple[str, dict[str, dict[str, Any]]]:
    """The expression of an alarm, and the metrics in it."""
    (expression,) = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]
    return expression, {each["Id"]: each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each}
