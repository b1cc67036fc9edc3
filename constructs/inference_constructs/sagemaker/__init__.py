"""A model behind a SageMaker real-time endpoint."""

from inference_constructs.sagemaker.endpoint import SageMakerEndpoint
from inference_constructs.sagemaker.endpoint_base import EndpointBase
from inference_constructs.sagemaker.metrics import VariantMetrics
from inference_constructs.sagemaker.variant import Container, Variant

__all__ = ["Container", "EndpointBase", "SageMakerEndpoint", "Variant", "VariantMetrics"]
