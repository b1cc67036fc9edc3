"""What callers and operators do with an endpoint: import it, get permissions, watch metrics, put an API before it."""

import inspect
from typing import Any, get_type_hints

import pytest
from aws_cdk import Duration, Stack, aws_apigateway, aws_cloudwatch, aws_iam
from aws_cdk.assertions import Match, Template

from inference_constructs.config import DataCapture
from inference_constructs.observability.metrics import ExpressionOptions, MetricOptions
from inference_constructs.sagemaker import EndpointBase, SageMakerEndpoint
from tests.templates import only, statements, strings_in
from tests.unit.sagemaker.endpoints import deployed, empty_stack, endpoint_of, variant

ARN = "arn:aws:sagemaker:eu-west-1:444455556666:endpoint/triage"
METRICS = sorted(name for name in vars(EndpointBase) if name.startswith("metric_"))


def caller(stack: Stack) -> aws_iam.Role:
    return aws_iam.Role(stack, "Caller", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))


def granted(stack: Stack) -> tuple[set[str], str]:
    """The actions of the caller's one statement, and its resource."""
    (statement,) = only(Template.from_stack(stack), "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    actions = statement["Action"]
    return {actions} if isinstance(actions, str) else set(actions), "".join(strings_in(statement["Resource"]))


def test_an_endpoint_of_this_account_is_imported_by_its_name() -> None:
    stack = empty_stack()
    endpoint = SageMakerEndpoint.from_endpoint_name(stack, "Endpoint", endpoint_name="dev-triage")
    assert endpoint.endpoint_name == "dev-triage"
    endpoint.grant_invoke(caller(stack))
    actions, resource = granted(stack)
    assert actions == {"sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"}
    assert resource.endswith(":sagemaker:us-east-1:111122223333:endpoint/dev-triage")


def test_an_endpoint_of_another_account_is_imported_by_its_arn() -> None:
    stack = empty_stack()
    endpoint = SageMakerEndpoint.from_endpoint_arn(stack, "Endpoint", endpoint_arn=ARN)
    assert (endpoint.endpoint_name, endpoint.endpoint_arn) == ("triage", ARN)
    assert (endpoint.env.account, endpoint.env.region) == ("444455556666", "eu-west-1")
    endpoint.grant_describe(caller(stack))
    assert granted(stack) == ({"sagemaker:DescribeEndpoint"}, ARN)


@pytest.mark.parametrize("arn", ["triage", "arn:aws:sagemaker:eu-west-1:444455556666:model/triage", f"{ARN}/1"])
def test_what_is_no_arn_of_an_endpoint_is_rejected(arn: str) -> None:
    with pytest.raises(ValueError, match=r"is not an endpoint; accepted: arn:aws:sagemaker:"):
        SageMakerEndpoint.from_endpoint_arn(empty_stack(), "Endpoint", endpoint_arn=arn)


def test_an_imported_endpoint_creates_nothing() -> None:
    stack = empty_stack()
    SageMakerEndpoint.from_endpoint_name(stack, "Endpoint", endpoint_name="dev-triage")
    assert "Resources" not in Template.from_stack(stack).to_json()


def test_who_may_read_captured_data_may_use_its_key() -> None:
    stack = empty_stack()
    endpoint = endpoint_of(stack, [variant(stack)], data_capture=DataCapture(requests=True)).endpoint
    assert endpoint.captured_data is not None
    endpoint.captured_data.grant_read(caller(stack))
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    actions = {action for each in policy["Properties"]["PolicyDocument"]["Statement"] for action in each["Action"]}
    assert {"s3:GetObject*", "s3:List*"} <= actions
    assert any("kms:Decrypt" in str(each["Action"]) for each in statements(Template.from_stack(stack)))


def test_an_endpoint_without_data_capture_has_no_captured_data() -> None:
    assert deployed().endpoint.captured_data is None


@pytest.mark.parametrize("imported", [False, True], ids=["created", "imported"])
def test_api_gateway_integrates_an_endpoint(imported: bool) -> None:  # noqa: FBT001 - a test's parameter
    stack = empty_stack()
    endpoint = (
        SageMakerEndpoint.from_endpoint_name(stack, "Endpoint", endpoint_name="dev-triage")
        if imported
        else endpoint_of(stack, [variant(stack)]).endpoint
    )
    api = aws_apigateway.RestApi(stack, "Api")
    api.root.add_method("POST", aws_apigateway.SagemakerIntegration(endpoint))
    template = Template.from_stack(stack)
    integration = only(template, "AWS::ApiGateway::Method")["Integration"]
    assert "".join(strings_in(integration["Uri"])).endswith(":runtime.sagemaker:path/endpoints/dev-triage/invocations")
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Action": ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"],
                        "Resource": {"Fn::Join": ["", Match.array_with([Match.string_like_regexp("dev-triage$")])]},
                    }
                ]
            }
        },
    )


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_takes_options_and_is_of_the_first_variant(name: str) -> None:
    endpoint = SageMakerEndpoint.from_endpoint_name(empty_stack(), "E", endpoint_name="dev-triage", variant_name="a")
    usual = getattr(endpoint, name)()
    other = getattr(endpoint, name)(statistic="p50", period=Duration.minutes(5), label="Mine")
    assert dict(usual.dimensions) == {"EndpointName": "dev-triage", "VariantName": "a"}
    assert usual.period.to_seconds() == 60
    assert (other.statistic, other.period.to_seconds(), other.label) == ("p50", 300, "Mine")
    assert (other.namespace, other.metric_name) == (usual.namespace, usual.metric_name)


def test_the_metrics_have_the_names_and_statistics_of_the_developer_guide() -> None:
    endpoint = SageMakerEndpoint.from_endpoint_name(empty_stack(), "E", endpoint_name="dev-triage")
    found = {name: getattr(endpoint, name)() for name in METRICS}
    assert {name: (metric.metric_name, metric.statistic) for name, metric in found.items()} == {
        "metric_client_error_rate": ("Invocation4XXErrors", "Average"),
        "metric_concurrent_requests": ("ConcurrentRequestsPerModel", "Maximum"),
        "metric_cpu_utilization": ("CPUUtilization", "Average"),
        "metric_gpu_memory_utilization": ("GPUMemoryUtilization", "Average"),
        "metric_gpu_utilization": ("GPUUtilization", "Average"),
        "metric_invocations": ("Invocations", "Sum"),
        "metric_memory_utilization": ("MemoryUtilization", "Average"),
        "metric_model_latency": ("ModelLatency", "p99"),
        "metric_overhead_latency": ("OverheadLatency", "p99"),
        "metric_server_error_rate": ("Invocation5XXErrors", "Average"),
    }


def test_metrics_of_another_variant_and_with_other_dimensions() -> None:
    endpoint = deployed(second="challenger").endpoint
    assert dict(endpoint.metric_invocations().dimensions or {})["VariantName"] == "main"
    assert dict(endpoint.metrics("challenger").invocations().dimensions or {})["VariantName"] == "challenger"
    other = endpoint.metric_invocations(dimensions_map={"EndpointName": "other", "VariantName": "v"})
    assert dict(other.dimensions or {}) == {"EndpointName": "other", "VariantName": "v"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (MetricOptions, aws_cloudwatch.MetricOptions),
        (ExpressionOptions, aws_cloudwatch.MathExpressionOptions),
    ],
    ids=["metrics", "expressions"],
)
def test_the_options_are_those_of_the_cdk(ours: type, theirs: type) -> None:
    accepted = set(inspect.signature(inspect.getattr_static(theirs, "__init__")).parameters) - {"self"}
    assert set(get_type_hints(ours)) == accepted


def test_metrics_of_an_endpoint_can_be_alarmed_on() -> None:
    stack = empty_stack()
    endpoint = SageMakerEndpoint.from_endpoint_name(stack, "Endpoint", endpoint_name="dev-triage")
    aws_cloudwatch.Alarm(
        stack,
        "Alarm",
        metric=endpoint.metric_model_latency(statistic="p90", unit=aws_cloudwatch.Unit.MICROSECONDS),
        threshold=1,
        evaluation_periods=1,
    )
    alarm: dict[str, Any] = only(Template.from_stack(stack), "AWS::CloudWatch::Alarm")
    assert (alarm["ExtendedStatistic"], alarm["Unit"], alarm["Period"]) == ("p90", "Microseconds", 60)
