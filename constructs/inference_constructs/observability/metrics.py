"""What all metrics have in common: one minute by default, and options that whoever asks for one may override."""

from collections.abc import Mapping
from typing import TypedDict

from aws_cdk import Duration, aws_cloudwatch

#: What alarms evaluate, and the finest period that CloudWatch keeps for 15 days.
PERIOD = Duration.minutes(1)


class MetricOptions(TypedDict, total=False):
    """Options of a metric, as `aws_cloudwatch.MetricOptions` has them. What is not given stays as it is published.

    Attributes:
        account: Where the metric is. Default: the stack's account.
        color: Its colour in a graph, as `#rrggbb`. Default: CloudWatch's choice.
        dimensions_map: What selects it. Default: the dimensions of the object that it is a metric of.
        id: Its name in a math expression. Default: none.
        label: Its name in a graph. Default: CloudWatch's choice.
        period: How long each data point is. Default: one minute.
        region: Where the metric is. Default: the stack's region.
        stack_account: The account of the stack that shows it. Default: the stack's account.
        stack_region: The region of the stack that shows it. Default: the stack's region.
        statistic: Such as `p99`, `Average` or `Sum`. Default: the one that the method names.
        unit: Only data points of this unit. Default: all data points.
        visible: Whether a graph shows it. Default: it does.
    """

    account: str
    color: str
    dimensions_map: Mapping[str, str]
    id: str
    label: str
    period: Duration
    region: str
    stack_account: str
    stack_region: str
    statistic: str
    unit: aws_cloudwatch.Unit
    visible: bool


class ExpressionOptions(TypedDict, total=False):
    """Options of a metric that is computed from others, as `aws_cloudwatch.MathExpressionOptions` has them.

    Attributes:
        color: Its colour in a graph, as `#rrggbb`. Default: CloudWatch's choice.
        label: Its name in a graph. Default: the one that the method names.
        period: How long each data point is. Default: one minute.
        search_account: Where search expressions look. Default: the stack's account.
        search_region: Where search expressions look. Default: the stack's region.
    """

    color: str
    label: str
    period: Duration
    search_account: str
    search_region: str


def metric(
    namespace: str, name: str, *, dimensions: Mapping[str, str], statistic: str, options: MetricOptions
) -> aws_cloudwatch.Metric:
    """A metric over one minute, unless the options say otherwise.

    Args:
        namespace: Who publishes it.
        name: Its name there.
        dimensions: What selects it.
        statistic: What is taken of its values.
        options: What is overridden.
    """
    merged: MetricOptions = {"dimensions_map": dimensions, "statistic": statistic, "period": PERIOD, **options}
    return aws_cloudwatch.Metric(namespace=namespace, metric_name=name, **merged)


def expression(
    formula: str, *, metrics: Mapping[str, aws_cloudwatch.IMetric], label: str, options: ExpressionOptions
) -> aws_cloudwatch.MathExpression:
    """A metric that is computed from others, over one minute unless the options say otherwise.

    Args:
        formula: The expression.
        metrics: The metrics in it, by the names that it uses.
        label: Its name in a graph.
        options: What is overridden.
    """
    merged: ExpressionOptions = {"label": label, "period": PERIOD, **options}
    return aws_cloudwatch.MathExpression(expression=formula, using_metrics={**metrics}, **merged)
