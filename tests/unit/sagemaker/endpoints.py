"""Endpoints in stacks of their own, to look at their templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import Environment, RemovalPolicy, Stack, aws_ec2, aws_kms, aws_sns
from aws_cdk.assertions import Template

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.model_data import ModelData
from inference_constructs.common.retention import Retention
from inference_constructs.config import Compute, Objectives, Scaling
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.sagemaker import Container, SageMakerEndpoint, Variant
from tests.templates import unvalidated_app

IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"
ARCHIVE = "s3://models/triage/1/model.tar.gz"
PROMISED = Objectives(latency_p99_ms=100, availability=99.9)
CPU = Compute(instance_type="ml.c7i.large")


@dataclass(frozen=True)
class Deployed:
    """An endpoint, its stack, and its template on demand."""

    stack: Stack
    endpoint: SageMakerEndpoint

    @property
    def template(self) -> Template:
        return Template.from_stack(self.stack)


def variant(
    stack: Stack,
    name: str = "main",
    *,
    compute: Compute = CPU,
    instance_type: str | None = None,
    scaling: Scaling | None = None,
    s3_uri: str = ARCHIVE,
    model_folder: Path | None = None,
    weight: float = 1,
) -> Variant:
    """A variant with values that fit; a test names those it is about."""
    model = (
        ModelData.from_folder(stack, f"Model{name}", folder=model_folder)
        if model_folder
        else ModelData.from_s3_uri(stack, f"Model{name}", s3_uri=s3_uri)
    )
    image = ContainerImage.from_uri(stack, f"Image{name}", uri=IMAGE)
    return Variant(
        name=name,
        containers=(Container(model=model, image=image),),
        compute=Compute(instance_type=instance_type) if instance_type else compute,
        scaling=scaling or Scaling(min=2, max=20, target=8),
        weight=weight,
    )


def empty_stack() -> Stack:
    return Stack(unvalidated_app(), "Service", env=Environment(account="111122223333", region="us-east-1"))


def isolated_vpc(stack: Stack, zones: Sequence[str] = ("us-east-1a", "us-east-1b")) -> aws_ec2.IVpc:
    return aws_ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=list(zones),
        isolated_subnet_ids=[f"subnet-{number}" for number, _ in enumerate(zones, start=1)],
    )


def endpoint_of(
    stack: Stack,
    variants: Sequence[Variant],
    *,
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    vpc: aws_ec2.IVpc | None = None,
    **properties: Any,
) -> Deployed:
    """An endpoint with these variants."""
    topic = aws_sns.Topic(stack, "Topic")
    defaults: dict[str, Any] = {"objectives": PROMISED, "alarm_settings": AlarmSettings(topic=topic)}
    endpoint = SageMakerEndpoint(
        stack,
        "Endpoint",
        endpoint_name="dev-triage",
        variants=variants,
        vpc=vpc or isolated_vpc(stack),
        retention=Retention(encryption_key=aws_kms.Key(stack, "Key"), removal_policy=removal_policy),
        **defaults | properties,
    )
    return Deployed(stack, endpoint)


def deployed(*, objectives: Objectives = PROMISED, second: str | None = None, **settings: Any) -> Deployed:
    """An endpoint with one variant, or with a second one of the given name."""
    stack = empty_stack()
    names = ["main", second] if second else ["main"]
    return endpoint_of(stack, [variant(stack, name, **settings) for name in names], objectives=objectives)
