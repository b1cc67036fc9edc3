"""Where a pin is: which file, which key, and its value now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference_constructs.config import Environment, Project, Service, read_service
from inference_constructs.config.errors import ConfigError
from inference_constructs.config.yaml.file import read_yaml
from slipway.operations.errors import WrongUsageError
from slipway.operations.promotion.request import CANDIDATE, MAIN, PromotionRequest


@dataclass(frozen=True, kw_only=True)
class Place:
    """A service's own file, or an environment's overrides of it.

    Attributes:
        file: The file to edit.
        path: The keys that lead to the service's values in it.
        service: The service as it is now, with everything that counts.
        data: The file's settings of it.
        environments: Those that run it and would notice.
    """

    file: Path
    path: tuple[str, ...]
    service: Service
    data: Mapping[str, Any]
    environments: tuple[Environment, ...]

    def version(self, name: str) -> tuple[str, ...]:
        """The keys that lead from the service to one of its versions.

        Raises:
            WrongUsageError: It has no such version.
        """
        if self.service.containers:
            raise WrongUsageError(
                f"{self.service.name} is a pipeline of containers, each with its own pin; edit `containers:` by hand."
            )
        if name == MAIN and MAIN not in self.service.variants:
            return ()
        if name == CANDIDATE and CANDIDATE not in self.service.variants:
            return (CANDIDATE,)
        if name == "shadow" and self.service.shadow is not None:
            return ("shadow",)
        if name not in self.service.variants:
            known = [MAIN, CANDIDATE, *(["shadow"] if self.service.shadow else []), *self.service.variants]
            raise WrongUsageError(f"--as: `{name}` is no version of {self.service.name}; accepted: {', '.join(known)}.")
        return ("variants", name)

    def said(self, path: tuple[str, ...]) -> Any:
        """The file's value under some keys, None without one."""
        value: Any = self.data
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def find_place(request: PromotionRequest, project: Project) -> Place:
    """Find what a request is about.

    Raises:
        WrongUsageError: There is no such environment or service.
    """
    if request.environment is None:
        return _in_service_file(request, project)
    regions = tuple(each for each in project.environments if each.name == request.environment)
    if not regions:
        names = ", ".join(dict.fromkeys(each.name for each in project.environments))
        raise WrongUsageError(f"There is no environment `{request.environment}`; there is {names}.")
    found = _in_region(regions, request.region)
    service = next((each for each in found.services if each.name == request.service), None)
    if service is None:
        names = ", ".join(each.name for each in found.services) or "none"
        raise WrongUsageError(f"The environment {found.name} runs no service `{request.service}`; it runs {names}.")
    file = request.project / "environments" / f"{found.name}.yaml"
    within = () if found.first_region is None else ("regions", found.region)
    path = (*within, "services", service.name)
    return Place(
        file=file,
        path=path,
        service=service,
        data=_at(_read(file, request.project), path),
        environments=regions if request.region is None else (found,),
    )


def _in_region(regions: tuple[Environment, ...], region: str | None) -> Environment:
    found = next((each for each in regions if region in (None, each.region)), None)
    if found is None:
        names = ", ".join(each.region for each in regions)
        raise WrongUsageError(f"--region: `{region}` is none of {regions[0].name}'s; accepted: {names}.")
    return found


def _at(data: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    for part in path:
        data = data.get(part) or {}
    return data


def _in_service_file(request: PromotionRequest, project: Project) -> Place:
    folder = request.project / "model_artifacts" / request.service
    file = folder / "service.yaml"
    if not file.is_file():
        known = ", ".join(sorted(path.parent.name for path in folder.parent.glob("*/service.yaml"))) or "none"
        raise WrongUsageError(
            f"There is no service `{request.service}` in model_artifacts/; there is {known}. A service that an"
            " environment names otherwise goes with --environment."
        )
    data = _read(file, request.project)
    using = tuple(
        environment
        for environment in project.environments
        if any((each.folder or each.name) == request.service for each in environment.services)
    )
    if not using:
        raise WrongUsageError(f"No environment runs {request.service}, so nothing would notice; name it in one first.")
    service = read_service(data)
    return Place(file=file, path=(), service=service, data=data, environments=using)


def _read(file: Path, root: Path) -> dict[str, Any]:
    try:
        return read_yaml(file, root=root).data
    except ConfigError as error:
        raise WrongUsageError(str(error)) from error
