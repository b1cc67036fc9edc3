"""The alarms of one variant of an endpoint."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch
from constructs import Construct

from inference_constructs.config import InstanceType, Objectives
from inference_constructs.observability import thresholds
from inference_constructs.observability.alarm_group import AlarmGroup
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook
from inference_constructs.observability.service_alarm import Condition
from inference_constructs.sagemaker.metrics import VariantMetrics


class VariantAlarms(AlarmGroup):
    """Latency and server errors against the objectives; CPU, memory and GPUs against saturation.

    Attributes:
        alarms: Every alarm, those of the objectives first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metrics: VariantMetrics,
        objectives: Objectives,
        instances: Sequence[InstanceType],
        settings: AlarmSettings,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            metrics: The metrics to watch.
            objectives: The service's objectives; without an objective its alarm is left out.
            instances: The types that the variant may run on, none if serverless: then there is no saturation to watch.
            settings: Name prefix, notifications and the runbooks' address.
        """
        super().__init__(scope, construct_id, settings=settings, variant=metrics.variant_name)
        self._metrics = metrics
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = (
            *self._create_latency_alarm(objectives.latency_p99_ms),
            *self._create_server_error_alarm(objectives.availability),
            *self._create_saturation_alarms(instances),
        )

    def _create_latency_alarm(self, latency_p99_ms: int | None) -> list[aws_cloudwatch.Alarm]:
        if latency_p99_ms is None:
            return []
        condition = Condition(
            metric=self._metrics.model_latency(statistic="p99"),
            threshold=thresholds.latency_microseconds(latency_p99_ms),
            bad_periods=3,
            of_periods=5,
        )
        description = f"Model latency (p99) of {self._who} is above {latency_p99_ms} ms for 3 of 5 minutes."
        return [self._alarm("HighLatency", condition, description, Runbook.HIGH_LATENCY)]

    def _create_server_error_alarm(self, availability: float | None) -> list[aws_cloudwatch.Alarm]:
        if availability is None:
            return []
        rate = thresholds.error_rate(availability)
        condition = Condition(metric=self._metrics.server_error_rate(), threshold=rate, bad_periods=3, of_periods=5)
        description = (
            f"{self._who} returns 5xx for more than {100 * rate:g} % of requests for 3 of 5 minutes."
            f" {thresholds.burn_rate_sentence(availability)}"
        )
        return [self._alarm("ServerErrors", condition, description, Runbook.SERVER_ERRORS)]

    def _create_saturation_alarms(self, instances: Sequence[InstanceType]) -> list[aws_cloudwatch.Alarm]:
        """Of what is summed over vCPUs or GPUs only where all types have as many: one threshold is for all of them."""
        metrics = self._metrics
        cores, gpus = {each.vcpus for each in instances}, {each.gpus for each in instances}
        alarms = []
        if len(cores) == 1:
            (number,) = cores
            alarms.append(self._create_saturation_alarm("Cpu", metrics.cpu_utilization(), number, f"{number} vCPUs"))
        if instances:
            alarms.append(self._create_saturation_alarm("Memory", metrics.memory_utilization(), 1, "memory"))
        if len(gpus) == 1 and gpus != {0}:  # not their memory: many frameworks take all of it from the start
            (number,) = gpus
            alarms.append(self._create_saturation_alarm("Gpu", metrics.gpu_utilization(), number, f"{number} GPUs"))
        return alarms

    def _create_saturation_alarm(
        self, name: str, metric: aws_cloudwatch.Metric, parts: int, of_what: str
    ) -> aws_cloudwatch.Alarm:
        threshold = thresholds.saturation_percent(parts)
        condition = Condition(metric=metric, threshold=threshold, bad_periods=5, of_periods=5)
        description = (
            f"Instances of {self._who} have used more than {thresholds.SATURATION_PERCENT} % of their {of_what}"
        )
        summed = f" ({threshold} % in SageMaker's metric, which is a sum)" if parts > 1 else ""
        return self._alarm(f"{name}Saturation", condition, f"{description}{summed} for 5 minutes.", Runbook.SATURATION)

    @property
    def _who(self) -> str:
        return f"{self._metrics.endpoint_name} (variant {self._metrics.variant_name})"
