"""One service on SageMaker."""

from pathlib import Path

from aws_cdk import CfnOutput, Stack, Tags, aws_ec2, aws_kms, aws_sns
from constructs import Construct

from inference_constructs.container_image import ContainerImage
from inference_constructs.model_archive import ModelArchive
from inference_constructs.sagemaker import SageMakerEndpoint, Variant
from inference_constructs.spec import Environment, Project, Service
from stacks.settings import log_retention_of, removal_policy_of, target_of


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
        service: Service,
        vpc: aws_ec2.IVpc,
        encryption_key: aws_kms.IKey,
        alarm_topic: aws_sns.ITopic,
        stack_name: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            env=target_of(environment),
            description=f"Slipway {environment.name}: {service.name} on a SageMaker endpoint",
        )
        Tags.of(self).add("slipway:service", service.name)
        self.endpoint = SageMakerEndpoint(
            self,
            "Endpoint",
            endpoint_name=f"{environment.name}-{service.name}",
            variants=[self._create_variant(project, service)],
            objectives=service.objectives,
            vpc=vpc,
            encryption_key=encryption_key,
            alarm_topic=alarm_topic,
            log_retention=log_retention_of(environment),
            removal_policy=removal_policy_of(environment),
        )
        self._create_outputs()

    def _create_variant(self, project: Project, service: Service) -> Variant:
        return Variant(
            name="main",
            model=self._create_model(project.service_folder(service), service),
            image=self._create_image(project.root, service),
            instance=service.sagemaker.instance,
            scaling=service.scaling,
        )

    def _create_model(self, folder: Path, service: Service) -> ModelArchive:
        if service.model.s3_uri is not None:
            return ModelArchive.from_s3_uri(self, "Model", s3_uri=service.model.s3_uri)
        return ModelArchive.from_folder(self, "Model", folder=folder / (service.model.path or "."))

    def _create_image(self, root: Path, service: Service) -> ContainerImage:
        if service.image.uri is not None:
            return ContainerImage.from_uri(self, "Image", uri=service.image.uri)
        folder = root / (service.image.build or ".")
        architecture = service.sagemaker.instance.family.architecture
        return ContainerImage.from_build(self, "Image", folder=folder, architecture=architecture)

    def _create_outputs(self) -> None:
        CfnOutput(self, "EndpointName", value=self.endpoint.endpoint_name, description="What callers invoke")
        CfnOutput(
            self,
            "EndpointConfigName",
            value=self.endpoint.endpoint_config_name,
            description="What must be live after the deployment",
        )
