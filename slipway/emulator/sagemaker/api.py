"""SageMaker's API: moto answers it, and the calls about hosting come here first."""

from typing import Any, ClassVar, Final

from slipway.emulator.data_plane.artifact import S3, UnpackingError, require
from slipway.emulator.sagemaker.changes import EndpointChange
from slipway.emulator.sagemaker.endpoints import Endpoints
from slipway.emulator.sagemaker.records import HostedEndpointConfig, ModelRecord, arn
from slipway.emulator.sagemaker.scaling import ScaledVariants
from slipway.emulator.vendor import ActionResult, EmptyResult, SageMakerResponse, SageMakerValidation, model_store

_CONFIG_DETAILS: Final = (
    "AsyncInferenceConfig",
    "DataCaptureConfig",
    "EnableNetworkIsolation",
    "ExecutionRoleArn",
    "ExplainerConfig",
    "KmsKeyId",
    "MetricsConfig",
    "ShadowProductionVariants",
    "VpcConfig",
)


class HostingApi(SageMakerResponse):
    """The actions of SageMaker that concern hosting; each is named as moto names it, and everything else is moto's.

    Attributes:
        endpoints: The endpoints it acts on.
        scaled: Which variants are registered with Application Auto Scaling.
        s3: Where artifacts are.
    """

    endpoints: ClassVar[Endpoints]
    scaled: ClassVar[ScaledVariants]
    s3: ClassVar[S3]

    def create_model(self) -> ActionResult:
        """`CreateModel`: refuses a name that is taken, and an artifact that is not there."""
        name, models = self._get_param("ModelName"), model_store(self.sagemaker_backend)
        if name in models:
            raise SageMakerValidation(f'Cannot create already existing model "{arn("model", name)}".')
        primary, containers = self._get_param("PrimaryContainer"), self._get_param("Containers")
        if not primary and not containers:
            raise SageMakerValidation("Either PrimaryContainer or Containers must be specified.")
        for container in [primary] if primary else containers:
            self._check_model_data(container)
        model = ModelRecord(
            model_name=name,
            execution_role_arn=self._get_param("ExecutionRoleArn"),
            primary_container=primary or {},
            containers=containers or [],
            vpc_config=self._get_param("VpcConfig") or {},
            tags=self._get_param("Tags") or [],
            enable_network_isolation=bool(self._get_param("EnableNetworkIsolation")),
        )
        models[name] = model
        return ActionResult({"ModelArn": model.arn})

    def create_endpoint_config(self) -> ActionResult:
        """`CreateEndpointConfig`: refuses a name that is taken, an unknown model, and impossible variants."""
        name, configs = self._get_param("EndpointConfigName"), self.sagemaker_backend.endpoint_configs
        if name in configs:
            raise SageMakerValidation(
                f'Cannot create already existing endpoint configuration "{arn("endpoint-config", name)}".'
            )
        variants = self._get_param("ProductionVariants") or []
        shadows = self._get_param("ShadowProductionVariants") or []
        self._check_variants([*variants, *shadows])
        config = HostedEndpointConfig(
            endpoint_config_name=name,
            production_variants=variants,
            async_inference_config=self._get_param("AsyncInferenceConfig"),
            data_capture_config=self._get_param("DataCaptureConfig"),
            tags=self._get_param("Tags"),
            kms_key_id=self._get_param("KmsKeyId"),
            details={
                field: value for field in _CONFIG_DETAILS if (value := self._get_param(field)) not in (None, [], {})
            },
        )
        configs[name] = config
        return ActionResult({"EndpointConfigArn": config.endpoint_config_arn})

    def create_endpoint(self) -> ActionResult:
        """`CreateEndpoint`: answers at once, with the endpoint in status Creating."""
        endpoint = self.endpoints.create(
            self._get_param("EndpointName"),
            self._get_param("EndpointConfigName"),
            self._get_param("Tags") or [],
            self._get_param("DeploymentConfig"),
        )
        return ActionResult({"EndpointArn": endpoint.arn})

    def update_endpoint(self) -> ActionResult:
        """`UpdateEndpoint`: refuses what would pull a variant from under auto scaling, then answers at once."""
        name, config_name = self._get_param("EndpointName"), self._get_param("EndpointConfigName")
        self.scaled.check_update(self.endpoints.get(name), self.endpoints.config(config_name))
        exclude = self._get_param("ExcludeRetainedVariantProperties") or []
        change = EndpointChange(
            config_name=config_name,
            retain=bool(self._get_param("RetainAllVariantProperties")),
            exclude=frozenset(entry["VariantPropertyType"] for entry in exclude),
            deployment=self._get_param("DeploymentConfig"),
        )
        return ActionResult({"EndpointArn": self.endpoints.update(name, change).arn})

    def update_endpoint_weights_and_capacities(self) -> ActionResult:
        """`UpdateEndpointWeightsAndCapacities`: takes effect with the next request."""
        endpoint = self.endpoints.reweigh(
            self._get_param("EndpointName"), self._get_param("DesiredWeightsAndCapacities") or []
        )
        return ActionResult({"EndpointArn": endpoint.arn})

    def describe_endpoint(self) -> ActionResult:
        """`DescribeEndpoint`."""
        return ActionResult(self.endpoints.get(self._get_param("EndpointName")).response_object)

    def describe_endpoint_config(self) -> ActionResult:
        """`DescribeEndpointConfig`."""
        return ActionResult(self.endpoints.config(self._get_param("EndpointConfigName")).response_object)

    def delete_endpoint(self) -> ActionResult:
        """`DeleteEndpoint`: answers at once, with the endpoint in status Deleting."""
        self.endpoints.delete(self._get_param("EndpointName"))
        return EmptyResult()

    def _check_model_data(self, container: dict[str, Any]) -> None:
        source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
        if source and source.get("CompressionType") != "Gzip":
            raise SageMakerValidation(
                "The embedded AWS serves model data with CompressionType Gzip only, not "
                f"{source.get('CompressionType')!r}."
            )
        url = container.get("ModelDataUrl") or source.get("S3Uri")
        if url:
            try:
                require(self.s3, url)
            except UnpackingError as error:
                raise SageMakerValidation(str(error)) from error

    def _check_variants(self, variants: list[dict[str, Any]]) -> None:
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) != len(names):
            raise SageMakerValidation(f"Variant names must be unique within an endpoint configuration: {names}.")
        models = model_store(self.sagemaker_backend)
        for variant in variants:
            if variant.get("ModelName") not in models:
                raise SageMakerValidation(f'Could not find model "{arn("model", str(variant.get("ModelName")))}".')
            count = variant.get("InitialInstanceCount")
            if "ServerlessConfig" not in variant and (count is None or int(count) < 1):
                raise SageMakerValidation(
                    f"1 validation error detected: Value '{count}' at 'productionVariants.1.member."
                    "initialInstanceCount' failed to satisfy constraint: Member must have value greater than or "
                    "equal to 1"
                )
