"""Projects of any size to synthesise."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.synthesis.results import BackendName

CHECKOUT: Final = Path(__file__).parents[2]
ENVIRONMENTS: Final = ("one", "two", "three")
_MODEL: Final = "tumor-triage"


def write_project(root: Path, *, services: int, backend: BackendName) -> None:
    """A project whose three environments each run so many services, each with a model of its own."""
    shutil.copy(CHECKOUT / "app.py", root)
    shutil.copytree(CHECKOUT / "slipway" / "serving", root / "serving", ignore=shutil.ignore_patterns("__pycache__"))
    names = [f"model-{number:03}" for number in range(services)]
    for number, name in enumerate(names):
        folder = root / "model_artifacts" / name
        shutil.copytree(CHECKOUT / "model_artifacts" / _MODEL / "model", folder / "model")
        (folder / "model" / "version").write_text(name)
        service = (CHECKOUT / "model_artifacts" / _MODEL / "service.yaml").read_text()
        service = service.replace(f"name: {_MODEL}", f"name: {name}")
        (folder / "service.yaml").write_text(service.replace("backend: sagemaker", f"backend: {backend.of(number)}"))
    (root / "environments").mkdir()
    for number, environment in enumerate(ENVIRONMENTS):
        (root / "environments" / f"{environment}.yaml").write_text(_environment(environment, number, names, backend))


def _environment(name: str, number: int, services: Sequence[str], backend: BackendName) -> str:
    eks = {
        "loader_image": {"build": "serving"},
        "load_balancer": {"domain_name": f"{name}.example.com", "hosted_zone_id": "Z0123456789ABC"},
    }
    settings = {
        "name": name,
        "account": f"{number + 1}" * 12,
        "region": "us-east-1",
        "network": {"availability_zones": [f"us-east-1{zone}" for zone in "abc"], "nat_gateways": 1},
        "services": {service: {} for service in services},
    }
    return json.dumps(settings if backend is BackendName.SAGEMAKER else settings | {"eks": eks})  # JSON is YAML
