"""What callers and operators of an endpoint need, whoever created it."""

import re
from typing import Unpack

import jsii
from aws_cdk import ArnFormat, Resource, Stack, Token, aws_cloudwatch, aws_iam, aws_sagemaker
from aws_cdk.interfaces import aws_sagemaker as references
from constructs import Construct

from inference_constructs.observability.metrics import MetricOptions
from inference_constructs.sagemaker.metrics import VariantMetrics

#: The variant of an endpoint that has one and does not name it.
MAIN_VARIANT = "main"
_ENDPOINT_ARN = re.compile(r"arn:[a-z-]+:sagemaker:[^:]*:[^:]*:endpoint/[A-Za-z0-9-]+")


@jsii.implements(aws_sagemaker.IEndpoint)
class EndpointBase(Resource):
    """An endpoint by its name: permission to invoke it, and its metrics.

    It is an `aws_sagemaker.IEndpoint`, so that API Gateway can integrate it (`aws_apigateway.SagemakerIntegration`).
    SageMaker publishes metrics by variant: `metric_…` are those of the first one, and `metrics(variant_name)` has them
    of any. Each takes the options of `aws_cloudwatch.MetricOptions`, and is over one minute unless they say otherwise.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        endpoint_arn: str | None = None,
        variant_name: str = MAIN_VARIANT,
    ) -> None:
        """Refer to an endpoint.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: Its name.
            endpoint_arn: Its ARN, which may name another account and region. Default: the endpoint of this name in the
                stack's account and region.
            variant_name: The variant whose metrics are meant where none is named. Default: `main`.
        """
        super().__init__(scope, construct_id, environment_from_arn=endpoint_arn)
        self._endpoint_name = endpoint_name
        self._endpoint_arn = endpoint_arn or _arn_of(self, endpoint_name)
        self._variant_name = variant_name

    @property
    def endpoint_name(self) -> str:
        """The name that callers use."""
        return self._endpoint_name

    @property
    def endpoint_arn(self) -> str:
        """Its ARN."""
        return self._endpoint_arn

    @property
    def endpoint_ref(self) -> references.EndpointReference:
        """A reference to it, as the CDK's generated constructs take it."""
        return references.EndpointReference(endpoint_arn=self.endpoint_arn)

    def grant_invoke(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal invoke this endpoint, and no other.

        IAM has no condition for a variant: who may invoke the endpoint may name any of its variants.

        Args:
            grantee: Who.
        """
        return self._grant(grantee, "sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream")

    def grant_describe(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal read the endpoint's state, configuration and variants, as operators do.

        Args:
            grantee: Who.
        """
        return self._grant(grantee, "sagemaker:DescribeEndpoint")

    def metrics(self, variant_name: str | None = None) -> VariantMetrics:
        """The metrics of a variant.

        Args:
            variant_name: The variant. Default: the first one, or `main` for an imported endpoint.
        """
        return VariantMetrics(endpoint_name=self.endpoint_name, variant_name=variant_name or self._variant_name)

    def metric_model_latency(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Time the container takes to answer, in **microseconds**; p99."""
        return self.metrics().model_latency(**options)

    def metric_overhead_latency(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Time that SageMaker adds around the container's answer, in **microseconds**; p99."""
        return self.metrics().overhead_latency(**options)

    def metric_invocations(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Requests, as a sum per period."""
        return self.metrics().invocations(**options)

    def metric_concurrent_requests(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Requests in flight at a model; maximum."""
        return self.metrics().concurrent_requests(**options)

    def metric_server_error_rate(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Share of requests that failed with a 5xx, from 0 to 1; average."""
        return self.metrics().server_error_rate(**options)

    def metric_client_error_rate(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Share of requests that were answered with a 4xx, from 0 to 1; average."""
        return self.metrics().client_error_rate(**options)

    def metric_cpu_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """CPU time per instance in percent, **summed over its vCPUs**; average."""
        return self.metrics().cpu_utilization(**options)

    def metric_memory_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Memory per instance in percent; average."""
        return self.metrics().memory_utilization(**options)

    def metric_gpu_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """GPU time per instance in percent, **summed over its GPUs**; average."""
        return self.metrics().gpu_utilization(**options)

    def metric_gpu_memory_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """GPU memory per instance in percent, **summed over its GPUs**; average."""
        return self.metrics().gpu_memory_utilization(**options)

    def _grant(self, grantee: aws_iam.IGrantable, *actions: str) -> aws_iam.Grant:
        return aws_iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[self.endpoint_arn])


def endpoint_name_in(scope: Construct, endpoint_arn: str) -> str:
    """The name of the endpoint that an ARN is of.

    Args:
        scope: Where the ARN is used.
        endpoint_arn: The ARN, which may be a token.

    Raises:
        ValueError: It is no ARN of an endpoint.
    """
    if not Token.is_unresolved(endpoint_arn) and not _ENDPOINT_ARN.fullmatch(endpoint_arn):
        message = f"{endpoint_arn!r} is not an endpoint; accepted: arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME"
        raise ValueError(message)
    return str(Stack.of(scope).split_arn(endpoint_arn, ArnFormat.SLASH_RESOURCE_NAME).resource_name)


def _arn_of(scope: Construct, endpoint_name: str) -> str:
    return Stack.of(scope).format_arn(
        service="sagemaker",
        resource="endpoint",
        resource_name=endpoint_name,
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )
