"""The alarms of one variant of an endpoint."""

from aws_cdk import aws_cloudwatch, aws_sns
from constructs import Construct

from inference_constructs.config import InstanceType, Objectives
from inference_constructs.observability import thresholds
from inference_constructs.observability.service_alarm import Condition, ServiceAlarm
from inference_constructs.sagemaker.metrics import VariantMetrics


class VariantAlarms(Construct):
    """Latency and server errors against the objectives; CPU, memory and GPUs against saturation.

    Attributes:
        alarms: Every alarm, those that an objective was given for first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metrics: VariantMetrics,
        objectives: Objectives,
        instance: InstanceType | None,
        topic: aws_sns.ITopic | None,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            metrics: What to watch.
            objectives: What was promised; without an objective its alarm is left out.
            instance: What the variant runs on, None if serverless: there is nothing to saturate then.
            topic: Who is told.
        """
        super().__init__(scope, construct_id)
        self._metrics = metrics
        self._topic = topic
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = (
            *self._create_latency_alarm(objectives.latency_p99_ms),
            *self._create_server_error_alarm(objectives.availability),
            *(self._create_saturation_alarms(instance) if instance is not None else ()),
        )

    def _create_latency_alarm(self, latency_p99_ms: int | None) -> list[aws_cloudwatch.Alarm]:
        if latency_p99_ms is None:
            return []
        condition = Condition(
            metric=self._metrics.model_latency("p99"),
            threshold=thresholds.latency_microseconds(latency_p99_ms),
            bad_periods=3,
            of_periods=5,
        )
        description = f"The model of {self._who} takes longer than {latency_p99_ms} ms for 1 of 100 requests."
        return [self._alarm("Latency", condition, description, "high-latency")]

    def _create_server_error_alarm(self, availability: float | None) -> list[aws_cloudwatch.Alarm]:
        if availability is None:
            return []
        rate = thresholds.error_rate(availability)
        condition = Condition(metric=self._metrics.server_error_rate(), threshold=rate, bad_periods=3, of_periods=5)
        description = (
            f"More than {100 * rate:g} % of the requests to {self._who} fail: {thresholds.PAGING_BURN_RATE:g} times"
            f" what an availability of {availability:g} % allows."
        )
        return [self._alarm("ServerErrors", condition, description, "server-errors")]

    def _create_saturation_alarms(self, instance: InstanceType) -> list[aws_cloudwatch.Alarm]:
        metrics, cores, gpus = self._metrics, instance.vcpus, instance.gpus
        alarms = [
            self._create_saturation_alarm("Cpu", metrics.cpu_utilization(), cores, f"their {cores} vCPUs"),
            self._create_saturation_alarm("Memory", metrics.memory_utilization(), 1, "their memory"),
        ]
        if gpus:  # not their memory: many frameworks take all of it from the start
            alarms.append(self._create_saturation_alarm("Gpu", metrics.gpu_utilization(), gpus, f"their {gpus} GPUs"))
        return alarms

    def _create_saturation_alarm(
        self, name: str, metric: aws_cloudwatch.Metric, parts: int, of_what: str
    ) -> aws_cloudwatch.Alarm:
        threshold = thresholds.saturation_percent(parts)
        condition = Condition(metric=metric, threshold=threshold, bad_periods=5, of_periods=5)
        description = f"The instances of {self._who} use more than {thresholds.SATURATION_PERCENT} % of {of_what}"
        summed = f" ({threshold} % as SageMaker sums it)" if parts > 1 else ""
        return self._alarm(f"{name}Saturation", condition, f"{description}{summed}.", "saturation")

    @property
    def _who(self) -> str:
        return f"{self._metrics.endpoint_name} (variant {self._metrics.variant_name})"

    def _alarm(self, construct_id: str, condition: Condition, description: str, runbook: str) -> aws_cloudwatch.Alarm:
        return ServiceAlarm(
            self, construct_id, condition=condition, description=description, runbook=runbook, topic=self._topic
        ).alarm
