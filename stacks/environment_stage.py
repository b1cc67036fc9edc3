"""One environment: every stack it is made of."""

from aws_cdk import Stage, Tags
from constructs import Construct

from inference_constructs.spec import Environment, Project
from stacks.foundation_stack import FoundationStack
from stacks.network_stack import NetworkStack
from stacks.sagemaker_stack import SageMakerStack
from stacks.settings import target_of


class EnvironmentStage(Stage):
    """The stacks of one environment; `cdk deploy '<environment>/*'` deploys them in order."""

    def __init__(self, scope: Construct, *, project: Project, environment: Environment) -> None:
        super().__init__(scope, environment.name, env=target_of(environment))
        prefix = f"slipway-{environment.name}"
        foundation = FoundationStack(self, "Foundation", environment=environment, stack_name=f"{prefix}-foundation")
        network = NetworkStack(
            self,
            "Network",
            environment=environment,
            encryption_key=foundation.encryption_key,
            stack_name=f"{prefix}-network",
        )
        for service in environment.services:
            SageMakerStack(
                self,
                service.name,
                project=project,
                environment=environment,
                service=service,
                vpc=network.vpc,
                encryption_key=foundation.encryption_key,
                alarm_topic=foundation.alarm_topic,
                stack_name=f"{prefix}-service-{service.name}",
            )
        Tags.of(self).add("slipway:environment", environment.name)
        for key, value in environment.tags.items():
            Tags.of(self).add(key, value)
