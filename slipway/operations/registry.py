"""Where the backends are registered: the one place outside a backend's own folder that names it."""

from slipway.operations.backend import backend_of, by_backend, register
from slipway.operations.eks.backend import EksBackend
from slipway.operations.sagemaker.backend import SageMakerBackend

__all__ = ["backend_of", "by_backend"]

register(SageMakerBackend())
register(EksBackend())
