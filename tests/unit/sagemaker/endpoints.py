"""Endpoints in stacks of their own, to look at their templates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Stack, aws_ec2, aws_kms, aws_sns
from aws_cdk.assertions import Template

from inference_constructs.container_image import ContainerImage
from inference_constructs.model_archive import ModelArchive
from inference_constructs.sagemaker import SageMakerEndpoint, Variant
from inference_constructs.spec import Objectives, Scaling, find_instance_type

IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"
PROMISED = Objectives(latency_p99_ms=100, availability=99.9)


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
    instance_type: str = "ml.c7i.large",
    scaling: Scaling | None = None,
    s3_uri: str = "s3://models/triage/1/model.tar.gz",
    model_folder: Path | None = None,
) -> Variant:
    """A variant with values that fit; a test names those it is about."""
    instance = find_instance_type(instance_type)
    assert instance is not None
    model = (
        ModelArchive.from_folder(stack, f"Model{name}", folder=model_folder)
        if model_folder
        else ModelArchive.from_s3_uri(stack, f"Model{name}", s3_uri=s3_uri)
    )
    return Variant(
        name=name,
        model=model,
        image=ContainerImage.from_uri(stack, f"Image{name}", uri=IMAGE),
        instance=instance,
        scaling=scaling or Scaling(min=2, max=20, target=8),
    )


def deployed(*, objectives: Objectives = PROMISED, second: str | None = None, **kwargs: Any) -> Deployed:
    """An endpoint with one variant, or with a second one of the given name."""
    stack = Stack(App(), "Service", env=Environment(account="111122223333", region="us-east-1"))
    zones = ["us-east-1a", "us-east-1b"]
    subnets = ["subnet-1", "subnet-2"]
    vpc = aws_ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=zones, isolated_subnet_ids=subnets
    )
    variants = [variant(stack, **kwargs)] + ([variant(stack, second, **kwargs)] if second else [])
    endpoint = SageMakerEndpoint(
        stack,
        "Endpoint",
        endpoint_name="dev-triage",
        variants=variants,
        objectives=objectives,
        vpc=vpc,
        encryption_key=aws_kms.Key(stack, "Key"),
        alarm_topic=aws_sns.Topic(stack, "Topic"),
    )
    return Deployed(stack, endpoint)
