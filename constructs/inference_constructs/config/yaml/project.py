"""Reads a whole project: every environment with the services it runs."""

import difflib
import itertools
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from inference_constructs.config.backends import backends, environment_file_model, environment_model, service_model
from inference_constructs.config.errors import ConfigError, Finding, KeyPath, Problem, findings, shown
from inference_constructs.config.models.base import ConfigModel
from inference_constructs.config.models.environment import Environment, with_purpose
from inference_constructs.config.models.service import Service
from inference_constructs.config.pipeline.pipeline import Pipeline
from inference_constructs.config.rules.folders import build_folder, missing_dockerfile, missing_folders
from inference_constructs.config.rules.project import check_together
from inference_constructs.config.rules.region import check_existing_networks
from inference_constructs.config.yaml.file import YamlFile, read_yaml
from inference_constructs.config.yaml.overrides import overridden
from inference_constructs.config.yaml.pipeline import load_pipeline
from inference_constructs.config.yaml.regions import in_region

ModelT = TypeVar("ModelT", bound=ConfigModel)


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project's folder and what it deploys.

    Attributes:
        root: The folder that holds `environments/` and `model_artifacts/`.
        environments: Every environment, ordered by name.
        pipeline: What carries a commit through them, None if nothing does.
    """

    root: Path
    environments: tuple[Environment, ...]
    pipeline: Pipeline | None = None

    def service_folder(self, service: Service) -> Path:
        """The folder under `model_artifacts/` that a service belongs to."""
        return self.root / "model_artifacts" / (service.folder or service.name)

    def build_folder(self, build: str) -> Path:
        """The folder that `image: {build: …}` names."""
        return build_folder(self.root, build)

    def only(self, names: Collection[str]) -> Self:
        """The same project with fewer environments.

        Args:
            names: Names of environments, each with all of its regions, or of one region of one: `prod-eu-west-1`.

        Raises:
            ConfigError: There is no environment of one of these names.
        """
        known = list(dict.fromkeys(name for each in self.environments for name in (each.name, each.stage_name)))
        unknown = [name for name in names if name not in known]
        if unknown:
            found, accepted = ", ".join(map(shown, unknown)), f"names out of {', '.join(known)}"
            raise ConfigError([Problem(file=Path("environments"), line=None, key="", found=found, accepted=accepted)])
        chosen = tuple(each for each in self.environments if {each.name, each.stage_name} & set(names))
        return replace(self, environments=chosen)


def load_project(root: Path) -> Project:
    """Read every file under `environments/`, the services that they name, and `pipeline.yaml` if there is one.

    Raises:
        ConfigError: A file is missing or invalid; the error names every problem of the first
            environment that has any.
    """
    root = root.resolve()
    files = sorted((root / "environments").glob("*.yaml"))
    if not files:
        raise ConfigError(
            [Problem(file=Path("environments"), line=None, key="", found="no environment", accepted="NAME.yaml")]
        )
    environments = tuple(each for file in files for each in load_environments(file, root=root))
    together = itertools.chain(
        check_together(environments), *(backend.findings_together(environments) for backend in backends())
    )
    problems = [
        read_yaml(root / "environments" / f"{environment.name}.yaml", root=root).problem(finding)
        for environment, finding in together
    ]
    if problems:
        raise ConfigError(problems)
    return Project(root=root, environments=environments, pipeline=load_pipeline(root, environments))


def load_environments(file: Path, *, root: Path) -> tuple[Environment, ...]:
    """Read an environment as it is in each of its regions, the first one first.

    Raises:
        ConfigError: With every problem found in the first region that has any.
    """
    source = read_yaml(file, root=root)
    first = _environment(source, file.stem, root)
    regions = [first]
    for region in _validated(source, environment_file_model()).regions:
        if region == first.region:
            finding = Finding(path=("regions", region), found="the first region", accepted="other regions than it")
            raise ConfigError([source.problem(finding)])
        there = _environment(in_region(source, region), file.stem, root)
        problems = [source.problem(each) for known in regions for each in check_existing_networks(known, there)]
        if problems:
            raise ConfigError(problems)
        regions.append(there.model_copy(update={"first_region": first.region}))
    return tuple(regions)


def load_environment(file: Path, *, root: Path) -> Environment:
    """Read one environment, in its first region, and the services it runs.

    Args:
        file: The environment's YAML file.
        root: The project's folder.

    Raises:
        ConfigError: With every problem found in the environment and its services.
    """
    return _environment(read_yaml(file, root=root), file.stem, root)


def _environment(source: YamlFile, name: str, root: Path) -> Environment:
    written = _validated(source, environment_file_model())
    if written.name != name:
        finding = Finding(path=("name",), found=shown(written.name), accepted=f"the file's name, {name}")
        raise ConfigError([source.problem(finding)])
    services: list[Service] = []
    problems: list[Problem] = []
    for service, overrides in written.services.items():
        try:
            services.append(_service(service, overrides or {}, source, root))
        except ConfigError as error:
            problems += error.problems
    for backend in backends():
        for path, image in backend.images(written):
            problems += [source.problem(finding) for finding in missing_dockerfile(image, path, root)]
    if problems:
        raise ConfigError(problems)
    settings = {key: getattr(written, key) for key in written.model_fields_set - {"services", "regions"}}
    model = environment_model()
    try:
        environment = model(**settings, services=tuple(services))
    except ValidationError as error:
        raise ConfigError(source.problem(finding) for finding in findings(error, model)) from None
    problems = [source.problem(finding) for backend in backends() for finding in backend.findings(environment)]
    if problems:
        raise ConfigError(problems)
    return environment


def _service(name: str, overrides: dict[str, Any], environment: YamlFile, root: Path) -> Service:
    folder = _folder(name, overrides, environment, root)
    source = read_yaml(root / "model_artifacts" / folder / "service.yaml", root=root)
    base = _validated(source, service_model(source.data))
    if base.name != folder:
        finding = Finding(path=("name",), found=shown(base.name), accepted=f"the folder's name, {folder}")
        raise ConfigError([source.problem(finding)])
    if base.folder is not None:
        accepted = "no folder here: an environment sets it, to serve a folder under another name"
        raise ConfigError([source.problem(Finding(path=("folder",), found=shown(base.folder), accepted=accepted))])
    if "name" in overrides:
        finding = Finding(
            path=("services", name, "name"), found=shown(overrides["name"]), accepted="no override of the name"
        )
        raise ConfigError([environment.problem(finding)])
    defaults = {key: value for key, value in with_purpose(environment.data).items() if key == "rollout"}
    data = overridden(source.data, overrides) | {"name": name}
    model = service_model(data)
    data = model.with_defaults(data, defaults)
    try:
        service = model.model_validate(data)
    except ValidationError as error:
        inherited = defaults.keys() - overrides.keys() - source.data.keys()
        raise ConfigError(_in_override(findings(error, model), name, environment, inherited)) from None
    for finding in missing_folders(service, root):
        if finding.path[0] in overrides:
            path = ("services", name, *finding.path)
            raise ConfigError([environment.problem(replace(finding, path=path))])
        raise ConfigError([source.problem(finding)])
    return service


def _folder(name: str, overrides: dict[str, Any], environment: YamlFile, root: Path) -> str:
    """The folder of `model_artifacts/` that a service is served from."""
    known = sorted(path.parent.name for path in (root / "model_artifacts").glob("*/service.yaml"))
    named = overrides.get("folder") is not None
    folder = overrides["folder"] if named else name
    if folder in known:
        return str(folder)
    close = difflib.get_close_matches(str(folder), known, n=1)
    accepted = f"a folder of model_artifacts/ with a service.yaml: {', '.join(known) or 'there is none yet'}"
    hint = f" (did you mean `{close[0]}`?)" if close else ""
    path: KeyPath = ("services", name, "folder") if named else ("services", name)
    found = shown(folder) if named else "unknown service"
    raise ConfigError([environment.problem(Finding(path=path, found=found, accepted=accepted + hint))])


def _in_override(
    found: Iterable[Finding], name: str, environment: YamlFile, inherited: AbstractSet[str]
) -> Iterator[Problem]:
    """The base is valid by itself, so an error after the overrides is the environment's."""
    for finding in found:
        if finding.path[0] in inherited:
            accepted = f"{finding.accepted}; {name} does not set it"
            yield environment.problem(replace(finding, accepted=accepted))
        else:
            yield environment.problem(replace(finding, path=("services", name, *finding.path)))


def _validated(source: YamlFile, model: type[ModelT]) -> ModelT:
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        raise ConfigError(source.problem(finding) for finding in findings(error, model)) from None
