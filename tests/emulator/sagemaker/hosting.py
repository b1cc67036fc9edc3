"""Short ways to say what the tests do with SageMaker hosting."""

import itertools
from typing import Any

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from tests.emulator.support import eventually

_numbers = itertools.count(1)


class Hosting:
    """Creates models, configurations and endpoints through boto3."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.sagemaker = client("sagemaker", workspace)
        self.runtime = client("sagemaker-runtime", workspace)
        self.scaling = client("application-autoscaling", workspace)
        self.cloudwatch = client("cloudwatch", workspace)

    def model(self, key: str = "good.tar.gz") -> str:
        name = f"model-{next(_numbers)}"
        container = {
            "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway/serving:local",
            "ModelDataUrl": f"s3://models/{key}",
        }
        self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn="arn:aws:iam::123456789012:role/any", PrimaryContainer=container
        )
        return name

    def config(self, *variants: dict[str, Any]) -> str:
        name = f"config-{next(_numbers)}"
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants))
        return name

    def variant(self, model: str, name: str = "main", **changes: Any) -> dict[str, Any]:
        initial = {"InitialInstanceCount": 2, "InitialVariantWeight": 1.0, "InstanceType": "ml.c7i.large"}
        return {"VariantName": name, "ModelName": model, **initial, **changes}

    def endpoint(self, config: str) -> str:
        name = f"endpoint-{next(_numbers)}"
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return name

    def in_service(self) -> str:
        """A new endpoint with one variant, once it is in service."""
        name = self.endpoint(self.config(self.variant(self.model())))
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_endpoint(EndpointName=name))

    def settled(self, name: str) -> dict[str, Any]:
        busy = {"Creating", "Updating", "RollingBack", "Deleting"}
        return eventually(lambda: found if (found := self.describe(name))["EndpointStatus"] not in busy else None)

    def register(self, endpoint: str, variant: str = "main", low: int = 2, high: int = 4) -> dict[str, str]:
        target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        self.scaling.register_scalable_target(**target, MinCapacity=low, MaxCapacity=high)
        return target
