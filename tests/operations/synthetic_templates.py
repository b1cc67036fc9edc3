"""Templates as the constructs make them, cut down to what a comparison reads, and what is live to compare with."""

import json
from typing import Any

from slipway.operations.sagemaker.plans import Plan, plan_of
from slipway.operations.templates.template_values import Resolver
from tests.operations.stubbed import ACCOUNT, CREATED, ENDPOINT, REGION, STACK, Stubbed

RESOLVER = Resolver.of(ACCOUNT, REGION)
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/slipway/serving:1"
DATA = "s3://models/1.tar.gz"


def variant(name: str = "main", **properties: Any) -> dict[str, Any]:
    """A production variant of a template; its model is the resource `Model-{name}`."""
    return {
        "VariantName": name,
        "InstanceType": "ml.c7i.large",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1,
        "ModelName": {"Fn::GetAtt": [f"Model-{name}", "ModelName"]},
        **properties,
    }


def template(
    *variants: dict[str, Any], scaled: tuple[str, ...] = ("main",), data: str = DATA, **endpoint: Any
) -> dict[str, Any]:
    """A template with an endpoint of these variants."""
    variants = variants or (variant(),)
    models = {
        written["ModelName"]["Fn::GetAtt"][0]: {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "PrimaryContainer": {
                    "Image": {"Fn::Sub": IMAGE.replace(ACCOUNT, "${AWS::AccountId}").replace(REGION, "${AWS::Region}")},
                    "ModelDataSource": {"S3DataSource": {"S3Uri": data}},
                },
                "VpcConfig": {"Subnets": [{"Fn::GetStackOutput": {"OutputName": "Subnet"}}]},
                "Tags": [{"Key": "project", "Value": "slipway"}],
            },
        }
        for written in variants
    }
    targets = {
        f"Scaling-{name}": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ResourceId": {
                    "Fn::Join": ["", ["endpoint/", {"Fn::GetAtt": ["Endpoint", "EndpointName"]}, f"/variant/{name}"]]
                }
            },
        }
        for name in scaled
    }
    return {
        "Resources": {
            **models,
            **targets,
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {"ProductionVariants": list(variants), "Tags": [{"Key": "a", "Value": "b"}]},
            },
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {
                    "EndpointName": ENDPOINT,
                    "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                    "RetainAllVariantProperties": True,
                    "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
                    **endpoint,
                },
            },
        }
    }


def plan(*variants: dict[str, Any], **changes: Any) -> Plan:
    return plan_of(template(*variants, **changes), ENDPOINT, RESOLVER)


def live(
    stubbed: Stubbed, *variants: dict[str, Any], scaled: tuple[str, ...] = ("main",), config: str = "config-new"
) -> None:
    """What runs, as the configuration's, the models' and the scalable targets' descriptions have it."""
    variants = variants or (variant(),)
    written = [{**one, "ModelName": f"model-{one['VariantName']}"} for one in variants]
    stubbed.answer(
        "sagemaker",
        "describe_endpoint_config",
        {
            "EndpointConfigName": config,
            "EndpointConfigArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/{config}",
            "ProductionVariants": written,
            "CreationTime": CREATED,
        },
        EndpointConfigName=config,
    )
    for one in written:
        container = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": _source(DATA)}}
        model = {
            "ModelName": one["ModelName"],
            "PrimaryContainer": container,
            "CreationTime": CREATED,
            "ModelArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/{one['ModelName']}",
        }
        stubbed.answer("sagemaker", "describe_model", model, ModelName=one["ModelName"])
    prefix = f"endpoint/{ENDPOINT}/variant/"
    targets = [
        {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"{prefix}{name}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "MinCapacity": 1,
            "MaxCapacity": 4,
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/scaling",
            "CreationTime": CREATED,
        }
        for name in scaled
    ]
    stubbed.answer(
        "autoscaling",
        "describe_scalable_targets",
        {"ScalableTargets": targets},
        ServiceNamespace="sagemaker",
        ResourceIds=[f"{prefix}{one['VariantName']}" for one in variants],
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )


def deployed(stubbed: Stubbed, body: dict[str, Any]) -> None:
    """The template that was deployed last."""
    stubbed.answer(
        "cloudformation", "get_template", {"TemplateBody": json.dumps(body)}, StackName=STACK, TemplateStage="Original"
    )


def _source(uri: str) -> dict[str, str]:
    return {"S3Uri": uri, "S3DataType": "S3Object", "CompressionType": "Gzip"}
