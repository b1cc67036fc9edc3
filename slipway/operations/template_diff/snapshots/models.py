"""The model versions that environments serve, for a review: templates name a model by a hash that snapshots hide."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from inference_constructs.common.artifact import pack_model
from inference_constructs.config import Project
from inference_constructs.config.models.model_source import ModelSource
from inference_constructs.config.rules.references import iter_models
from slipway.operations.template_diff.snapshots.yaml_text import dump, load

MODELS_FILE: Final = "models.yaml"
_HEADING: Final = (
    "# The model versions of each environment and service. Another sha256, or another URI, is a rollout.\n"
)
_SIGNATURE: Final = "signature.json"
_VERSION_DIGITS: Final = 12

#: Of each environment and service: what is known of a model, by where the service names it.
Models = dict[str, dict[str, dict[str, dict[str, Any]]]]


def models_of(projects: Iterable[Project]) -> Models:
    """Find the models of projects; a folder is packed as it is for a deployment.

    Raises:
        ArtifactError: A model folder cannot be packed.
    """
    packed: dict[Path, dict[str, Any]] = {}
    return {
        environment.stage_name: {
            service.name: {
                _place(path): _described(project, project.service_folder(service), model, packed)
                for path, model in iter_models(service)
            }
            for service in environment.services
        }
        for project in projects
        for environment in project.environments
    }


def models_text(models: Models) -> str:
    """Write `models.yaml`."""
    return _HEADING + dump(models)


def parse_models(text: str) -> Models:
    """Read `models.yaml`.

    Raises:
        ruamel.yaml.error.YAMLError: It is no YAML.
    """
    content: Models = load(text) or {}
    return content


def model_changes(before: Models, after: Models) -> Iterator[str]:
    """What changes of models that both sides have; what comes or goes shows in the templates."""
    for environment, services in after.items():
        for service, models in services.items():
            old = before.get(environment, {}).get(service, {})
            for place, model in models.items():
                if place in old and old[place] != model:
                    yield f"{environment} {service} {place}: {_change(old[place], model)}"


def _change(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return ", ".join(f"{key} {old.get(key, 'none')} → {new.get(key, 'none')}" for key in sorted(changed))


def _place(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _described(
    project: Project, folder: Path, model: ModelSource, packed: dict[Path, dict[str, Any]]
) -> dict[str, Any]:
    if model.path is not None:
        source = folder / model.path
        if source not in packed:
            packed[source] = _packed(source)
        return {"name": f"{source.relative_to(project.root).as_posix()}/"} | packed[source]
    if model.model_package_arn is not None:
        group, _, version = model.model_package_arn.rpartition("/")
        return {"name": group, "version": version}
    uri = model.s3_uri or model.s3_prefix or ""
    known = {"sha256": model.sha256} if model.sha256 else {}
    return {"name": uri, "version": uri.removesuffix("/model.tar.gz").rstrip("/").rpartition("/")[2]} | known


def _packed(folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        archive = pack_model(folder, Path(scratch) / "model.tar.gz")
        size = archive.path.stat().st_size
    version = _signed_version(folder) or archive.sha256[:_VERSION_DIGITS]
    return {"sha256": archive.sha256, "size_bytes": size, "version": version}


def _signed_version(folder: Path) -> str | None:
    """The version that the model's signature names, if it has one."""
    try:
        version = json.loads((folder / _SIGNATURE).read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return str(version)
