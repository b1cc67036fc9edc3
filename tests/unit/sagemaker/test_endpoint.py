"""Model, configuration and endpoint: what the template says of them, and why."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_iam
from aws_cdk.assertions import Match, Template

from inference_constructs.config import Scaling
from tests.templates import only, resources, strings_in
from tests.unit.sagemaker.endpoints import Deployed, deployed

KEY_ARN = {"Fn::GetAtt": [Match.string_like_regexp("^Key"), "Arn"]}


@pytest.fixture(scope="module")
def usual() -> Template:
    return deployed().template


def source(template: Template) -> dict[str, Any]:
    """Where the one model is loaded from."""
    container: dict[str, Any] = only(template, "AWS::SageMaker::Model")["PrimaryContainer"]
    return dict(container["ModelDataSource"]["S3DataSource"])


def test_the_endpoint_has_the_name_that_callers_know(usual: Template) -> None:
    """SageMaker fact 1: a literal name keeps alarms and rollbacks free of a cycle."""
    assert only(usual, "AWS::SageMaker::Endpoint")["EndpointName"] == "dev-triage"


def test_models_and_configurations_are_never_named(usual: Template) -> None:
    """SageMaker fact 9: they are immutable, and a replacement under the same name collides."""
    assert "ModelName" not in only(usual, "AWS::SageMaker::Model")
    assert "EndpointConfigName" not in only(usual, "AWS::SageMaker::EndpointConfig")


def test_a_changed_model_makes_a_new_model_and_a_new_configuration(tmp_path: Path) -> None:
    """SageMaker fact 9: a changed artifact has a changed key; the configuration follows, the endpoint's name stays."""
    (tmp_path / "model.onnx").write_text("one")
    before = deployed(model_folder=tmp_path).template
    (tmp_path / "model.onnx").write_text("two")
    after = deployed(model_folder=tmp_path).template
    assert source(before)["S3Uri"] != source(after)["S3Uri"]
    name = [only(template, "AWS::SageMaker::Endpoint")["EndpointName"] for template in (before, after)]
    assert name[0] == name[1]


def test_the_model_runs_isolated_in_subnets_of_two_zones(usual: Template) -> None:
    """SageMaker fact 15."""
    model = only(usual, "AWS::SageMaker::Model")
    assert model["EnableNetworkIsolation"] is True
    assert model["VpcConfig"]["Subnets"] == ["subnet-1", "subnet-2"]


def test_the_model_is_an_archive_whatever_its_key_ends_with(usual: Template) -> None:
    """ModelDataUrl asks for a key that ends with .tar.gz, which the CDK's assets do not have."""
    uri = "s3://models/triage/1/model.tar.gz"
    assert source(usual) == {"S3Uri": uri, "S3DataType": "S3Object", "CompressionType": "Gzip"}
    assert "ModelDataUrl" not in only(usual, "AWS::SageMaker::Model")["PrimaryContainer"]


def test_volumes_are_encrypted_with_the_key(usual: Template) -> None:
    usual.has_resource_properties("AWS::SageMaker::EndpointConfig", {"KmsKeyId": KEY_ARN})


@pytest.mark.parametrize("instance_type", ["ml.m5d.large", "ml.g5.xlarge", "ml.g4dn.xlarge", "ml.p4d.24xlarge"])
def test_instances_with_local_nvme_storage_get_no_key(instance_type: str) -> None:
    """SageMaker fact 10: with a key the configuration would be refused."""
    template = deployed(instance_type=instance_type).template
    assert "KmsKeyId" not in only(template, "AWS::SageMaker::EndpointConfig")
    assert "kms:CreateGrant" not in list(strings_in(resources(template, "AWS::IAM::ManagedPolicy")))


def test_an_update_keeps_the_live_number_of_instances(usual: Template) -> None:
    """SageMaker fact 6: without it every update sets the fleet back to its initial size; weights are to be updated."""
    endpoint = only(usual, "AWS::SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_a_fixed_number_of_instances_is_what_the_template_says() -> None:
    endpoint = only(deployed(scaling=Scaling(min=3, max=3)).template, "AWS::SageMaker::Endpoint")
    excluded = {each["VariantPropertyType"] for each in endpoint["ExcludeRetainedVariantProperties"]}
    assert excluded == {"DesiredInstanceCount", "DesiredWeight"}, "nothing is retained"


def test_requests_go_where_fewest_are_waiting(usual: Template) -> None:
    (variant,) = only(usual, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["RoutingConfig"] == {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c7i.large", 2)


def test_containers_write_to_a_log_group_that_is_there_first_and_encrypted(usual: Template) -> None:
    usual.has_resource_properties(
        "AWS::Logs::LogGroup",
        {"LogGroupName": "/aws/sagemaker/Endpoints/dev-triage", "RetentionInDays": 90, "KmsKeyId": KEY_ARN},
    )
    (log_group,) = usual.find_resources("AWS::Logs::LogGroup")
    (endpoint,) = usual.find_resources("AWS::SageMaker::Endpoint").values()
    assert log_group in endpoint["DependsOn"]


def test_the_model_waits_for_its_permissions(usual: Template) -> None:
    (policy,) = usual.find_resources("AWS::IAM::ManagedPolicy")
    (model,) = usual.find_resources("AWS::SageMaker::Model").values()
    assert policy in model["DependsOn"]


def test_nothing_comes_in_and_only_https_goes_out(usual: Template) -> None:
    group = only(usual, "AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [(443, 443)]


def test_grant_invoke_is_for_this_endpoint_only() -> None:
    service = deployed()
    caller = aws_iam.Role(service.stack, "Caller", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
    service.endpoint.grant_invoke(caller)
    (policy,) = resources(service.template, "AWS::IAM::Policy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert set(statement["Action"]) == {"sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"}
    assert "".join(strings_in(statement["Resource"])).endswith(":sagemaker:us-east-1:111122223333:endpoint/dev-triage")


def test_two_variants_share_one_endpoint_and_scale_on_their_own() -> None:
    """SageMaker fact 12: a policy per variant."""
    service: Deployed = deployed(second="challenger")
    config = only(service.template, "AWS::SageMaker::EndpointConfig")
    assert [variant["VariantName"] for variant in config["ProductionVariants"]] == ["main", "challenger"]
    service.template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 2)
    service.template.resource_count_is("AWS::ApplicationAutoScaling::ScalingPolicy", 2)
    service.template.resource_count_is("AWS::CloudWatch::Alarm", 2 * 4 + 2 * 2)
