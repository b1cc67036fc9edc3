"""The alarms that roll an update back: the objectives, on the new fleet only."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.config import Objectives
from inference_constructs.observability import thresholds
from inference_constructs.observability.alarm_group import AlarmGroup
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook
from inference_constructs.observability.service_alarm import Condition
from inference_constructs.sagemaker.metrics import VariantMetrics

#: UpdateEndpoint, AutoRollbackConfiguration.
_MOST_ALARMS = 10
_CONSEQUENCE = ": SageMaker rolls the update back."


class RollbackAlarms(AlarmGroup):
    """Server errors and latency of each variant's new fleet, over the last minutes.

    They carry the dimension `EndpointConfigName`: an alarm on the whole endpoint would abort an update because of what
    the old fleet does (SageMaker Developer Guide, "deployment-guardrails-configuration"). They notify nobody; the
    deployment itself does. With many variants server errors come first, since SageMaker takes 10 alarms.

    CloudFormation names them. The endpoint's `DeploymentConfig` lists their names, and SageMaker rejects an update that
    changes it without a new endpoint configuration: a name of our own would change it for every endpoint that exists.

    Attributes:
        alarms: The alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metrics: Sequence[VariantMetrics],
        objectives: Objectives,
        runbook_base_url: str | None,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            metrics: The new fleet's metrics, for each production variant.
            objectives: The service's objectives; without any there are no alarms.
            runbook_base_url: Where the runbooks are published, None for their path in the repository.
        """
        super().__init__(scope, construct_id, settings=AlarmSettings(runbook_base_url=runbook_base_url))
        errors = [self._create_errors(each, objectives.availability) for each in metrics if objectives.availability]
        room = _MOST_ALARMS - len(errors)
        latency = [
            self._create_latency(each, objectives.latency_p99_ms)
            for each in metrics[:room]
            if objectives.latency_p99_ms
        ]
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = (*errors, *latency)

    def _create_errors(self, metrics: VariantMetrics, availability: float) -> aws_cloudwatch.Alarm:
        rate = thresholds.error_rate(availability)
        description = (
            f"The new version of {_who(metrics)} returns 5xx for more than {100 * rate:g} % of requests{_CONSEQUENCE}"
        )
        return self._rollback_alarm(
            f"ServerErrors-{metrics.variant_name}", metrics.server_error_rate(), rate, description
        )

    def _create_latency(self, metrics: VariantMetrics, latency_p99_ms: int) -> aws_cloudwatch.Alarm:
        threshold = thresholds.latency_microseconds(latency_p99_ms)
        description = (
            f"Model latency (p99) of the new version of {_who(metrics)} is above {latency_p99_ms} ms{_CONSEQUENCE}"
        )
        return self._rollback_alarm(f"Latency-{metrics.variant_name}", metrics.model_latency(), threshold, description)

    def _rollback_alarm(
        self, construct_id: str, metric: aws_cloudwatch.Metric, threshold: float, description: str
    ) -> aws_cloudwatch.Alarm:
        condition = Condition(metric=metric, threshold=threshold, bad_periods=2, of_periods=3)
        alarm = self._alarm(construct_id, condition, description, Runbook.ROLLED_BACK)
        reason = "its action is SageMaker's rollback; the endpoint's own alarms notify people"
        acknowledge(alarm, {"NIST.800.53.R5::NIST.800.53.R5-CloudWatchAlarmAction": reason})
        return alarm


def _who(metrics: VariantMetrics) -> str:
    return f"{metrics.endpoint_name} (variant {metrics.variant_name})"
