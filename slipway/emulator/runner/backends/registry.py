"""Where the backends of the embedded AWS are registered: the one place outside their own modules that names them."""

from slipway.emulator.runner.backends.backend import backend_of, backends, register
from slipway.emulator.runner.backends.eks import EksOnEmulator
from slipway.emulator.runner.backends.sagemaker import SageMakerOnEmulator

__all__ = ["backend_of", "backends"]

register(SageMakerOnEmulator())
register(EksOnEmulator())
