"""An alarm with a runbook."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch, aws_cloudwatch_actions
from constructs import Construct

from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook


@dataclass(frozen=True, kw_only=True)
class Condition:
    """When an alarm goes off.

    Attributes:
        metric: The metric to watch.
        threshold: The value above which a period is bad, in the metric's unit.
        bad_periods: How many periods must be bad …
        of_periods: … out of how many in a row.
        below: A period is bad below the threshold, not above it. Default: above it.
        missing_is_bad: A period without a value is bad: for a metric that is always published while all is well.
            Default: it is good.
    """

    metric: aws_cloudwatch.IMetric
    threshold: float
    bad_periods: int
    of_periods: int
    below: bool = False
    missing_is_bad: bool = False


class ServiceAlarm(Construct):
    """An alarm whose name says where it is and what is wrong, and whose description links to a runbook.

    Without traffic there is no data, which is not breaching.

    The symptom is the construct's id, so that the alarm's name and its logical id change together. CloudFormation
    creates an alarm under a new logical id before it deletes the old one, and fails if the name is still taken.

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
        runbook: Runbook,
        settings: AlarmSettings,
        variant: str | None = None,
    ) -> None:
        """Create the alarm.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there: the symptom, such as `HighLatency`, which is part of the alarm's name too.
            condition: When it goes off.
            description: What is wrong, where and by how much, as a sentence for the person on call.
            runbook: The page that explains what to do.
            settings: Name prefix, notifications and the runbooks' address.
            variant: The variant that the alarm watches. Default: a whole service or cluster.
        """
        super().__init__(scope, construct_id)
        metric = condition.metric
        compare, missing = aws_cloudwatch.ComparisonOperator, aws_cloudwatch.TreatMissingData
        self.alarm = aws_cloudwatch.Alarm(
            self,
            "Resource",
            alarm_name=settings.alarm_name(construct_id, variant),
            alarm_description=f"{description} Runbook: {runbook.link(settings.runbook_base_url)}",
            metric=metric,
            threshold=condition.threshold,
            comparison_operator=compare.LESS_THAN_THRESHOLD if condition.below else compare.GREATER_THAN_THRESHOLD,
            evaluation_periods=condition.of_periods,
            datapoints_to_alarm=condition.bad_periods,
            treat_missing_data=missing.BREACHING if condition.missing_is_bad else missing.NOT_BREACHING,
        )
        if settings.topic is not None:
            action = aws_cloudwatch_actions.SnsAction(settings.topic)
            self.alarm.add_alarm_action(action)
            self.alarm.add_ok_action(action)
