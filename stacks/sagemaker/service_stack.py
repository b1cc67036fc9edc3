"""One service on SageMaker."""

from aws_cdk import CfnOutput, Stack, Tags, aws_ec2, aws_kms, aws_sns
from constructs import Construct

from inference_constructs.config import Environment, Project, ResolvedVariant, ServiceOnSageMaker
from inference_constructs.config.models.names import service_stack_name
from inference_constructs.sagemaker import SageMakerEndpoint, Variant
from stacks.model_sources import ModelSources
from stacks.settings import alarm_settings_of, retention_of, target_of


class SageMakerStack(Stack):
    """The endpoint of one service. A stack of its own, so that no other service is held up or rolled back with it.

    Attributes:
        endpoint: The endpoint.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: Project,
        environment: Environment,
        service: ServiceOnSageMaker,
        vpc: aws_ec2.IVpc,
        encryption_key: aws_kms.IKey,
        alarm_topic: aws_sns.ITopic,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=service_stack_name(environment.name, service.name),
            env=target_of(environment),
            description=f"Slipway {environment.name}: {service.name} on a SageMaker endpoint",
            # Captured requests and answers are kept in a bucket of this stack.
            termination_protection=environment.termination_protection and service.sagemaker.data_capture is not None,
        )
        Tags.of(self).add("slipway:service", service.name)
        sources = ModelSources(self, "Sources", project=project, service=service)
        self.endpoint = SageMakerEndpoint(
            self,
            "Endpoint",
            endpoint_name=f"{environment.name}-{service.name}",
            variants=[self._create_variant(variant, sources) for variant in service.production_variants],
            shadow=self._create_variant(service.shadow_variant, sources) if service.shadow_variant else None,
            objectives=service.objectives,
            rollout=service.rollout or environment.rollout,
            data_capture=service.sagemaker.data_capture,
            egress=service.sagemaker.egress or "none",
            metrics=service.sagemaker.metrics,
            vpc=vpc,
            alarm_settings=alarm_settings_of(environment, alarm_topic, service=service.name),
            retention=retention_of(environment, encryption_key),
        )
        self._create_outputs()

    def _create_variant(self, variant: ResolvedVariant, sources: ModelSources) -> Variant:
        architecture = variant.compute.instance.family.architecture if variant.compute.instance else "x86_64"
        return Variant(
            name=variant.name,
            containers=tuple(sources.container(container, architecture) for container in variant.containers),
            compute=variant.compute,
            scaling=variant.scaling,
            weight=variant.weight,
        )

    def _create_outputs(self) -> None:
        CfnOutput(self, "EndpointName", value=self.endpoint.endpoint_name, description="What callers invoke")
        CfnOutput(
            self,
            "EndpointConfigName",
            value=self.endpoint.endpoint_config_name,
            description="What must be live after the deployment",
        )
