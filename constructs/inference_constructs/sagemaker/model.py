"""A SageMaker model: containers, what they load, and the network they are in."""

from aws_cdk import aws_sagemaker
from constructs import Construct

from inference_constructs.common.model_data import ModelData
from inference_constructs.common.model_package import ModelPackage
from inference_constructs.sagemaker.execution_role import ExecutionRole
from inference_constructs.sagemaker.network import EndpointNetwork
from inference_constructs.sagemaker.variant import Container, Variant

_Definition = aws_sagemaker.CfnModel.ContainerDefinitionProperty


class HostedModel(Construct):
    """The model of one variant. Never named: models are immutable, and a same-named replacement collides.

    Attributes:
        model_name: The name that AWS gives it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        variant: Variant,
        role: ExecutionRole,
        network: EndpointNetwork,
        isolated: bool = True,
    ) -> None:
        """Create the model.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            variant: What to serve.
            role: What SageMaker assumes.
            network: Where the containers' network interfaces are.
            isolated: Whether containers can open no connections. Default: they cannot.
        """
        super().__init__(scope, construct_id)
        definitions = [_definition(container, variant) for container in variant.containers]
        pipeline = len(definitions) > 1
        # Serverless endpoints take neither a network of one's own nor network isolation.
        on_instances = variant.compute.serverless is None
        model = aws_sagemaker.CfnModel(
            self,
            "Resource",
            execution_role_arn=role.role.role_arn,
            enable_network_isolation=isolated if on_instances else None,
            primary_container=None if pipeline else definitions[0],
            containers=definitions if pipeline else None,
            inference_execution_config=aws_sagemaker.CfnModel.InferenceExecutionConfigProperty(mode="Serial")
            if pipeline
            else None,
            vpc_config=aws_sagemaker.CfnModel.VpcConfigProperty(
                subnets=network.subnet_ids, security_group_ids=[network.security_group.security_group_id]
            )
            if on_instances
            else None,
        )
        model.node.add_dependency(role.permissions)  # SageMaker uses them at once
        self.model_name = model.attr_model_name


def _definition(container: Container, variant: Variant) -> _Definition:
    model = container.model
    environment = dict(container.environment) or None
    hostname = container.name if len(variant.containers) > 1 else None
    if isinstance(model, ModelPackage):
        return _Definition(model_package_name=model.arn, environment=environment, container_hostname=hostname)
    if model is None:
        return _Definition(image=container.image.uri, environment=environment, container_hostname=hostname)
    # Serverless takes no ModelDataSource (CreateModel, ContainerDefinition); there the key does end with .gz.
    if variant.compute.serverless is not None:
        return _Definition(image=container.image.uri, model_data_url=model.s3_uri, environment=environment)
    return _Definition(
        image=container.image.uri,
        model_data_source=_source(model),
        environment=environment,
        container_hostname=hostname,
    )


def _source(model: ModelData) -> aws_sagemaker.CfnModel.ModelDataSourceProperty:
    """Not by ModelDataUrl, which wants a key that ends with .tar.gz: the CDK's assets end with .gz."""
    return aws_sagemaker.CfnModel.ModelDataSourceProperty(
        s3_data_source=aws_sagemaker.CfnModel.S3DataSourceProperty(
            s3_uri=model.s3_uri,
            s3_data_type="S3Object" if model.compressed else "S3Prefix",
            compression_type="Gzip" if model.compressed else "None",
        )
    )
