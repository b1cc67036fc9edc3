"""The one shape that every alarm of a service has."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch, aws_cloudwatch_actions, aws_sns
from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class Condition:
    """When an alarm rings.

    Attributes:
        metric: What it watches.
        threshold: The value above which a period is bad, in the metric's unit.
        bad_periods: How many periods must be bad …
        of_periods: … out of how many in a row.
        below: Bad is below the threshold, not above it.
        missing_is_bad: A period without a value is bad: for a metric that is always there while all is well.
    """

    metric: aws_cloudwatch.IMetric
    threshold: float
    bad_periods: int
    of_periods: int
    below: bool = False
    missing_is_bad: bool = False


class ServiceAlarm(Construct):
    """An alarm that says what happened and where its runbook is. No traffic is no reason to ring.

    Attributes:
        alarm: The alarm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        condition: Condition,
        description: str,
        runbook: str,
        topic: aws_sns.ITopic | None,
    ) -> None:
        """Create the alarm.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            condition: When it rings.
            description: What it means, as a sentence for whoever is called.
            runbook: Name of the page under `docs/runbooks/` that says what to do.
            topic: Who is told when it rings and when it is over.
        """
        super().__init__(scope, construct_id)
        metric = condition.metric
        compare, missing = aws_cloudwatch.ComparisonOperator, aws_cloudwatch.TreatMissingData
        self.alarm = aws_cloudwatch.Alarm(
            self,
            "Resource",
            alarm_description=f"{description} Runbook: docs/runbooks/{runbook}.md",
            metric=metric,
            threshold=condition.threshold,
            comparison_operator=compare.LESS_THAN_THRESHOLD if condition.below else compare.GREATER_THAN_THRESHOLD,
            evaluation_periods=condition.of_periods,
            datapoints_to_alarm=condition.bad_periods,
            treat_missing_data=missing.BREACHING if condition.missing_is_bad else missing.NOT_BREACHING,
        )
        if topic is not None:
            action = aws_cloudwatch_actions.SnsAction(topic)
            self.alarm.add_alarm_action(action)
            self.alarm.add_ok_action(action)
