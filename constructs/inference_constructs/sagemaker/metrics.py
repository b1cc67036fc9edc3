"""CloudWatch metrics of one variant of an endpoint, with the units that SageMaker publishes them in.

Source: SageMaker Developer Guide, "Monitor Amazon SageMaker with Amazon CloudWatch".
"""

from dataclasses import dataclass

from aws_cdk import Duration, aws_cloudwatch

_INVOCATIONS = "AWS/SageMaker"
_INSTANCES = "/aws/sagemaker/Endpoints"
_PERIOD = Duration.minutes(1)


@dataclass(frozen=True, kw_only=True)
class VariantMetrics:
    """The metrics of one variant, each over one minute.

    Attributes:
        endpoint_name: The endpoint.
        variant_name: The variant.
    """

    endpoint_name: str
    variant_name: str

    def model_latency(self, statistic: str = "p99") -> aws_cloudwatch.Metric:
        """Time the container takes to answer, in **microseconds**."""
        return self._metric(_INVOCATIONS, "ModelLatency", statistic)

    def overhead_latency(self, statistic: str = "p99") -> aws_cloudwatch.Metric:
        """Time that SageMaker adds around the container's answer, in **microseconds**."""
        return self._metric(_INVOCATIONS, "OverheadLatency", statistic)

    def invocations(self) -> aws_cloudwatch.Metric:
        """Requests, as a number per period."""
        return self._metric(_INVOCATIONS, "Invocations", "Sum")

    def server_error_rate(self) -> aws_cloudwatch.Metric:
        """Share of requests that the container answered with a 5xx, from 0 to 1: each request counts as 0 or 1."""
        return self._metric(_INVOCATIONS, "Invocation5XXErrors", "Average")

    def client_error_rate(self) -> aws_cloudwatch.Metric:
        """Share of requests that the container answered with a 4xx, from 0 to 1."""
        return self._metric(_INVOCATIONS, "Invocation4XXErrors", "Average")

    def cpu_utilization(self) -> aws_cloudwatch.Metric:
        """CPU time per instance in percent, **summed over its vCPUs**: four of them range from 0 to 400."""
        return self._metric(_INSTANCES, "CPUUtilization", "Average")

    def memory_utilization(self) -> aws_cloudwatch.Metric:
        """Memory per instance in percent, from 0 to 100."""
        return self._metric(_INSTANCES, "MemoryUtilization", "Average")

    def _metric(self, namespace: str, name: str, statistic: str) -> aws_cloudwatch.Metric:
        return aws_cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map={"EndpointName": self.endpoint_name, "VariantName": self.variant_name},
            statistic=statistic,
            period=_PERIOD,
        )
