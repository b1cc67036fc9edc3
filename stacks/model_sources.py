"""What the containers of a service load and run, each made once however many variants share it."""

from aws_cdk import aws_kms
from constructs import Construct

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.model_data import ModelData
from inference_constructs.common.model_package import ModelPackage
from inference_constructs.config import Container as ContainerSpec
from inference_constructs.config import Image, ModelSource, Project, Service
from inference_constructs.config.models.instance_types import Architecture
from inference_constructs.sagemaker import Container


class ModelSources(Construct):
    """The models and images that a service names, in the CDK's terms."""

    def __init__(self, scope: Construct, construct_id: str, *, project: Project, service: Service) -> None:
        super().__init__(scope, construct_id)
        self._project = project
        self._folder = project.service_folder(service)
        self._models: dict[ModelSource, ModelData | ModelPackage] = {}
        self._images: dict[tuple[Image, Architecture], ContainerImage] = {}

    def container(self, container: ContainerSpec, architecture: Architecture) -> Container:
        """A container of a variant.

        Args:
            container: The service's settings of it.
            architecture: The processor it runs on.

        Raises:
            ArtifactError: A model folder cannot be served.
            ValueError: There is no image; validation refuses such a service.
        """
        if container.image is None:
            message = f"{container.name}: a container without an image"
            raise ValueError(message)
        return Container(
            name=container.name,
            image=self.image(container.image, architecture),
            model=self._model(container.model) if container.model is not None else None,
            environment=container.environment,
        )

    def _model(self, source: ModelSource) -> ModelData | ModelPackage:
        if source not in self._models:
            self._models[source] = self._create_model(source, f"Model{len(self._models) or ''}")
        return self._models[source]

    def _create_model(self, source: ModelSource, construct_id: str) -> ModelData | ModelPackage:
        key = self._key(source.kms_key_arn, f"{construct_id}Key") if source.kms_key_arn else None
        match source:
            case ModelSource(path=str(path)):
                return ModelData.from_folder(self, construct_id, folder=self._folder / path)
            case ModelSource(model_package_arn=str(arn), package_artifacts=str(artifacts)):
                return ModelPackage(self, construct_id, arn=arn, artifacts=artifacts, encryption_key=key)
            case _:
                uri = source.s3_uri or source.s3_prefix or ""
                return ModelData.from_s3_uri(self, construct_id, s3_uri=uri, sha256=source.sha256, encryption_key=key)

    def _key(self, arn: str, construct_id: str) -> aws_kms.IKey:
        return aws_kms.Key.from_key_arn(self, construct_id, arn)

    def image(self, image: Image, architecture: Architecture) -> ContainerImage:
        """An image for nodes or instances with this processor."""
        key = (image, architecture)
        if key not in self._images:
            self._images[key] = self._create_image(image, architecture, f"Image{len(self._images) or ''}")
        return self._images[key]

    def _create_image(self, image: Image, architecture: Architecture, construct_id: str) -> ContainerImage:
        match image:
            case Image(build=str(folder)):
                path = self._project.build_folder(folder)
                return ContainerImage.from_build(self, construct_id, folder=path, architecture=architecture)
            case Image(deep_learning_container=str(repository), version=str(tag)):
                return ContainerImage.from_deep_learning_container(self, construct_id, repository=repository, tag=tag)
            case _:
                return ContainerImage.from_uri(self, construct_id, uri=image.uri or "")
