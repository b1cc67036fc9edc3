"""Kubernetes' kinds as kmock lists them, and its schemas as kubernetes-validate brings them."""

import gzip
import importlib.resources
import importlib.util
from pathlib import Path

from slipway.emulator.vendor.compatibility import Expectation


def kubernetes_resources() -> bytes:
    """Kmock's list of Kubernetes' own kinds; its `load_bundled` reads it in a way that Python has deprecated."""
    return gzip.decompress(importlib.resources.files("kmock._internal").joinpath("resources.json.gz").read_bytes())


def kubernetes_schemas() -> Path:
    """The folder of Kubernetes' own schemas: a folder per version, a file per kind."""
    found = importlib.util.find_spec("kubernetes_validate")
    if found is None or found.origin is None:
        raise RuntimeError("kubernetes-validate is not installed: make tools")
    return Path(found.origin).with_name("kubernetes-json-schema")


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    return [
        ("kmock's bundled resources", len(kubernetes_resources()) > 0),
        ("kubernetes-validate's schemas", any(kubernetes_schemas().glob("v1.35.*-local-strict"))),
    ]
