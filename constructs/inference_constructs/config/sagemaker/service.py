"""A service on SageMaker: its settings, and its variants as they are deployed."""

from typing import Literal

from pydantic import Field

from inference_constructs.config.models.compute import Compute
from inference_constructs.config.models.scaling import Scaling
from inference_constructs.config.models.service import Service
from inference_constructs.config.models.variant import ResolvedVariant
from inference_constructs.config.sagemaker.data_capture import DataCapture
from inference_constructs.config.sagemaker.endpoint_metrics import EndpointMetrics


class SageMakerSettings(Compute):
    """What only the SageMaker backend needs to know."""

    data_capture: DataCapture | None = Field(
        default=None, description="keep a share of requests and answers: {sampling_percent: 10, retention_days: 30}"
    )
    network_isolation: bool = Field(
        default=True, description="false lets containers open connections, to what egress says; true lets none out"
    )
    egress: Literal["vpc", "internet"] | None = Field(
        default=None,
        description="with network_isolation false: vpc for S3 and the VPC's endpoints, internet for HTTPS by NAT",
    )
    metrics: EndpointMetrics = Field(
        default=EndpointMetrics(), description="which metrics are published, and how often: {publish_every_s: 10}"
    )


class ServiceOnSageMaker(Service):
    """One model behind a real-time endpoint."""

    backend: Literal["sagemaker"] = Field(description="what serves the model: sagemaker or eks")
    sagemaker: SageMakerSettings = Field(
        description="what it runs on, with the backend sagemaker: {instance_type: ml.c7i.large}"
    )

    @property
    def production_variants(self) -> tuple[ResolvedVariant, ...]:
        """The versions that answer, in the order they are written."""
        return tuple(
            ResolvedVariant(
                name=name,
                weight=variant.weight,
                containers=self.containers_of(variant.model, variant.image),
                compute=variant.sagemaker or self._compute,
                scaling=variant.scaling or self.scaling,
            )
            for name, variant in self.variant_settings.items()
        )

    @property
    def shadow_variant(self) -> ResolvedVariant | None:
        """The version that gets a copy. Its weight is its share of the one production variant's."""
        if self.shadow is None:
            return None
        (production,) = self.production_variants
        return ResolvedVariant(
            name=self.shadow.name,
            weight=production.weight * self.shadow.sampling_percent / 100,
            containers=self.containers_of(self.shadow.model, self.shadow.image),
            compute=self.shadow.sagemaker or self._compute,
            scaling=Scaling(min=self.shadow.instances, max=self.shadow.instances),
        )

    @property
    def all_variants(self) -> tuple[ResolvedVariant, ...]:
        """Every version, the shadow last."""
        return (*self.production_variants, *((self.shadow_variant,) if self.shadow_variant else ()))

    @property
    def _compute(self) -> Compute:
        settings = self.sagemaker
        return Compute.model_validate({key: getattr(settings, key) for key in Compute.model_fields})
