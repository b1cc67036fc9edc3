"""Reads a whole project: every environment with the services it runs."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from inference_constructs.spec.base import SpecModel
from inference_constructs.spec.environment import Environment, EnvironmentFile
from inference_constructs.spec.errors import Finding, Problem, SpecError, dotted, findings, shown
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
    try:
        service = Service.model_validate(overridden(source.data, overrides))
    except ValidationError as error:
        raise SpecError(_in_override(error, name, environment)) from None
    for finding in _missing_folders(service, root):
        if finding.path[0] in overrides:
            path = ("services", name, *finding.path)
            raise SpecError([_problem(environment, replace(finding, path=path))])
        raise SpecError([_problem(source, finding)])
    return service


def _missing_folders(service: Service, root: Path) -> Iterator[Finding]:
    model, build = service.model.path, service.image.build
    if model is not None and not (root / "model_artifacts" / service.name / model).is_dir():
        accepted = f"a folder within model_artifacts/{service.name}/ that holds the model"
        yield Finding(path=("model", "path"), found=f"{shown(model)} is no folder", accepted=accepted)
    if build is not None and not (root / build / "Dockerfile").is_file():
        accepted = "a folder of the project with a Dockerfile, such as serving"
        yield Finding(path=("image", "build"), found=f"{shown(build)} has no Dockerfile", accepted=accepted)


def _in_override(error: ValidationError, name: str, environment: YamlFile) -> Iterator[Problem]:
    """The base is valid by itself, so what is wrong after the overrides stands in the environment."""
    for finding in findings(error, Service):
        path = ("services", name, *finding.path)
        yield _problem(environment, Finding(path=path, found=finding.found, accepted=finding.accepted))


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
