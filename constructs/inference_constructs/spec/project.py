"""Reads a whole project: every environment with the services it runs."""

import difflib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from inference_constructs.spec.base import SpecModel
from inference_constructs.spec.environment import Environment, EnvironmentFile
from inference_constructs.spec.errors import Finding, KeyPath, Problem, SpecError, dotted, findings, shown
from inference_constructs.spec.image import Image
from inference_constructs.spec.model_source import ModelSource
from inference_constructs.spec.overrides import overridden
from inference_constructs.spec.service import Service
from inference_constructs.spec.yaml_file import YamlFile, read_yaml

ModelT = TypeVar("ModelT", bound=SpecModel)


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project's folder and what it deploys.

    Attributes:
        root: The folder that holds `environments/` and `model_artifacts/`.
        environments: Every environment, ordered by name.
    """

    root: Path
    environments: tuple[Environment, ...]

    def service_folder(self, service: Service) -> Path:
        """The folder under `model_artifacts/` that a service belongs to."""
        return self.root / "model_artifacts" / service.name


def load_project(root: Path) -> Project:
    """Read every file under `environments/` and the services that they name.

    Raises:
        SpecError: A file is missing or says something that cannot be accepted; it names every problem of the first
            environment that has any.
    """
    root = root.resolve()
    files = sorted((root / "environments").glob("*.yaml"))
    if not files:
        raise SpecError(
            [Problem(file=Path("environments"), line=None, key="", found="no environment", accepted="NAME.yaml")]
        )
    return Project(root=root, environments=tuple(load_environment(file, root=root) for file in files))


def load_environment(file: Path, *, root: Path) -> Environment:
    """Read one environment and the services it runs.

    Args:
        file: The environment's YAML file.
        root: The project's folder.

    Raises:
        SpecError: With every problem found in the environment and its services.
    """
    source = read_yaml(file, root=root)
    written = _validated(source, EnvironmentFile)
    if written.name != file.stem:
        raise SpecError(
            [
                _problem(
                    source, Finding(path=("name",), found=shown(written.name), accepted=f"the file's name, {file.stem}")
                )
            ]
        )
    services: list[Service] = []
    problems: list[Problem] = []
    for name, overrides in written.services.items():
        try:
            services.append(_service(name, overrides or {}, source, root))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    settings = written.model_dump(exclude={"services"}, exclude_unset=True)
    return Environment(**settings, services=tuple(services))


def _service(name: str, overrides: dict[str, Any], environment: YamlFile, root: Path) -> Service:
    known = sorted(path.parent.name for path in (root / "model_artifacts").glob("*/service.yaml"))
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        accepted = f"a folder of model_artifacts/ with a service.yaml: {', '.join(known) or 'there is none yet'}"
        hint = f" (did you mean `{close[0]}`?)" if close else ""
        finding = Finding(path=("services", name), found="unknown service", accepted=accepted + hint)
        raise SpecError([_problem(environment, finding)])
    source = read_yaml(root / "model_artifacts" / name / "service.yaml", root=root)
    base = _validated(source, Service)
    if base.name != name:
        finding = Finding(path=("name",), found=shown(base.name), accepted=f"the folder's name, {name}")
        raise SpecError([_problem(source, finding)])
    if "name" in overrides:
        finding = Finding(
            path=("services", name, "name"), found=shown(overrides["name"]), accepted="no override of the name"
        )
        raise SpecError([_problem(environment, finding)])
    defaults = {key: environment.data[key] for key in ("rollout",) if key in environment.data}
    try:
        service = Service.model_validate(defaults | overridden(source.data, overrides))
    except ValidationError as error:
        inherited = defaults.keys() - overrides.keys() - source.data.keys()
        raise SpecError(_in_override(error, name, environment, inherited)) from None
    for finding in _missing_folders(service, root):
        if finding.path[0] in overrides:
            path = ("services", name, *finding.path)
            raise SpecError([_problem(environment, replace(finding, path=path))])
        raise SpecError([_problem(source, finding)])
    return service


def _missing_folders(service: Service, root: Path) -> Iterator[Finding]:
    folder = f"model_artifacts/{service.name}"
    for path, model in _stated(service, "model"):
        if isinstance(model, ModelSource) and model.path is not None and not (root / folder / model.path).is_dir():
            accepted = f"a folder within {folder}/ that holds the model"
            yield Finding(path=(*path, "path"), found=f"{shown(model.path)} is no folder", accepted=accepted)
    for path, image in _stated(service, "image"):
        if isinstance(image, Image) and image.build is not None and not (root / image.build / "Dockerfile").is_file():
            accepted = "a folder of the project with a Dockerfile, such as serving"
            yield Finding(path=(*path, "build"), found=f"{shown(image.build)} has no Dockerfile", accepted=accepted)


def _stated(service: Service, key: str) -> Iterator[tuple[KeyPath, object]]:
    """Each place where a service may say a model or an image, with what it says there."""
    yield (key,), getattr(service, key)
    for index, container in enumerate(service.containers):
        yield ("containers", index, key), getattr(container, key)
    for name, variant in service.variants.items():
        yield ("variants", name, key), getattr(variant, key)
    if service.shadow is not None:
        yield ("shadow", key), getattr(service.shadow, key)


def _in_override(
    error: ValidationError, name: str, environment: YamlFile, inherited: AbstractSet[str]
) -> Iterator[Problem]:
    """The base is valid by itself, so what is wrong after the overrides stands in the environment."""
    for finding in findings(error, Service):
        if finding.path[0] in inherited:
            accepted = f"{finding.accepted}; {name} says none of its own"
            yield _problem(environment, replace(finding, accepted=accepted))
        else:
            yield _problem(environment, replace(finding, path=("services", name, *finding.path)))


def _validated(source: YamlFile, model: type[ModelT]) -> ModelT:
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        raise SpecError(_problem(source, finding) for finding in findings(error, model)) from None


def _problem(source: YamlFile, finding: Finding) -> Problem:
    line = source.line(finding.path)
    return Problem(
        file=source.path, line=line, key=dotted(finding.path), found=finding.found, accepted=finding.accepted
    )
