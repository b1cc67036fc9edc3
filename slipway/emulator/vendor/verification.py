"""Are the emulators the ones that this package was written for?"""

import importlib.metadata
from typing import Final

from slipway.emulator.vendor import (
    alarms,
    clusters,
    custom_resources,
    kubernetes_data,
    load_balancers,
    resource_types,
    sagemaker,
    stacks,
)

VERSIONS: Final = {"kmock": "0.8", "ministack": "1.5.33", "moto": "5.2.5"}
_PARTS: Final = (
    alarms,
    clusters,
    custom_resources,
    kubernetes_data,
    load_balancers,
    resource_types,
    sagemaker,
    stacks,
)


def verify() -> None:
    """Check that every private name is where this module expects it.

    Raises:
        RuntimeError: Naming what has moved, and the versions this code was written against.
    """
    moved = [
        f"{package} is {found}, not {wanted}"
        for package, wanted in VERSIONS.items()
        if (found := importlib.metadata.version(package)) != wanted
    ]
    moved += [f"{name} has moved or changed" for part in _PARTS for name, holds in part.expectations() if not holds]
    if moved:
        raise RuntimeError(
            f"The embedded AWS was written for {VERSIONS}; {'; '.join(moved)}. See slipway/emulator/vendor/."
        )
