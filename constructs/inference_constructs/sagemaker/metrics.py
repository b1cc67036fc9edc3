"""CloudWatch metrics of one variant of an endpoint, with the units that SageMaker publishes them in.

Source: SageMaker Developer Guide, "Monitor Amazon SageMaker with Amazon CloudWatch".
"""

from dataclasses import dataclass
from typing import Unpack

from aws_cdk import aws_cloudwatch

from inference_constructs.observability.metrics import MetricOptions, metric

INVOCATIONS = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"


@dataclass(frozen=True, kw_only=True)
class VariantMetrics:
    """The metrics of one variant, each over one minute unless its options say otherwise.

    Attributes:
        endpoint_name: The endpoint.
        variant_name: The variant.
        endpoint_config_name: Given, only what the fleet of this configuration does is counted: the new fleet's share,
            while an update is under way. SageMaker publishes invocation metrics with it, no instance metrics.
            Default: what all fleets of the variant do.
    """

    endpoint_name: str
    variant_name: str
    endpoint_config_name: str | None = None

    @property
    def dimensions(self) -> dict[str, str]:
        """What selects them in CloudWatch."""
        config = {"EndpointConfigName": self.endpoint_config_name} if self.endpoint_config_name else {}
        return {"EndpointName": self.endpoint_name, "VariantName": self.variant_name, **config}

    def model_latency(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Time the container takes to answer, in **microseconds**."""
        return self._metric(INVOCATIONS, "ModelLatency", "p99", options)

    def overhead_latency(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Time that SageMaker adds around the container's answer, in **microseconds**."""
        return self._metric(INVOCATIONS, "OverheadLatency", "p99", options)

    def invocations(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Requests, as a number per period."""
        return self._metric(INVOCATIONS, "Invocations", "Sum", options)

    def concurrent_requests(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Requests in flight at a model, at most: SageMaker publishes no average of it."""
        return self._metric(INVOCATIONS, "ConcurrentRequestsPerModel", "Maximum", options)

    def server_error_rate(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Share of requests that the container answered with a 5xx, from 0 to 1: each request counts as 0 or 1."""
        return self._metric(INVOCATIONS, "Invocation5XXErrors", "Average", options)

    def client_error_rate(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Share of requests that the container answered with a 4xx, from 0 to 1."""
        return self._metric(INVOCATIONS, "Invocation4XXErrors", "Average", options)

    def cpu_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """CPU time per instance in percent, **summed over its vCPUs**: four of them range from 0 to 400."""
        return self._metric(INSTANCES, "CPUUtilization", "Average", options)

    def memory_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Memory per instance in percent, from 0 to 100."""
        return self._metric(INSTANCES, "MemoryUtilization", "Average", options)

    def gpu_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """GPU time per instance in percent, **summed over its GPUs**: four of them range from 0 to 400."""
        return self._metric(INSTANCES, "GPUUtilization", "Average", options)

    def gpu_memory_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """GPU memory per instance in percent, **summed over its GPUs**: four of them range from 0 to 400."""
        return self._metric(INSTANCES, "GPUMemoryUtilization", "Average", options)

    def _metric(self, namespace: str, name: str, statistic: str, options: MetricOptions) -> aws_cloudwatch.Metric:
        return metric(namespace, name, dimensions=self.dimensions, statistic=statistic, options=options)
