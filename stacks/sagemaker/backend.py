"""SageMaker as a backend: a stack per service."""

from inference_constructs.config import ServiceOnSageMaker
from stacks.backend import BackendStacks, EnvironmentParts
from stacks.sagemaker.service_stack import SageMakerStack


class SageMakerStacks(BackendStacks):
    """Every endpoint is a stack of its own."""

    name = "sagemaker"

    def create(self, parts: EnvironmentParts) -> None:
        """Create the stack of each service on SageMaker."""
        for service in parts.environment.services_of(ServiceOnSageMaker):
            SageMakerStack(
                parts.stage,
                service.name,
                project=parts.project,
                environment=parts.environment,
                service=service,
                vpc=parts.vpc,
                encryption_key=parts.foundation.encryption_key,
                alarm_topic=parts.foundation.alarm_topic,
            )
