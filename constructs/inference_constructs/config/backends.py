"""The backends that there are, and what YAML files are read into because of them."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from pydantic import Field, create_model, model_validator

from inference_constructs.config.backend import BackendConfig
from inference_constructs.config.eks.backend import EksConfig
from inference_constructs.config.models.base import ConfigModel
from inference_constructs.config.models.environment import Environment, EnvironmentFile
from inference_constructs.config.models.service import Service
from inference_constructs.config.rules.quotas import check_quotas
from inference_constructs.config.rules.service import check_service
from inference_constructs.config.sagemaker.backend import SageMakerConfig

ModelT = TypeVar("ModelT", bound=ConfigModel)

_REGISTERED: dict[str, BackendConfig[Any]] = {}


def register(backend: BackendConfig[Any]) -> None:
    """Add a backend; services may name it from then on."""
    _REGISTERED[backend.name] = backend
    _forget_models()


@contextmanager
def registered(backend: BackendConfig[Any]) -> Iterator[None]:
    """Have a backend for a while, as a test does."""
    register(backend)
    try:
        yield
    finally:
        del _REGISTERED[backend.name]
        _forget_models()


def backends() -> tuple[BackendConfig[Any], ...]:
    """Every backend, in the order in which they were registered."""
    return tuple(_REGISTERED.values())


def read_service(data: Mapping[str, Any]) -> Service:
    """Read a service as a whole: the content of a `service.yaml`, with the overrides of an environment or without.

    Raises:
        pydantic.ValidationError: It cannot be accepted.
    """
    return service_model(data).model_validate(data)


def service_model(data: Mapping[str, Any]) -> type[Service]:
    """The model that a service is read into, by its `backend`; without a known one, a model whose error lists them."""
    name = data.get("backend")
    return _service_model(name) if isinstance(name, str) and name in _REGISTERED else any_service_model()


@functools.cache
def any_service_model() -> type[Service]:
    """A service on any backend: the source of the JSON Schema, and of the sentence for a backend that there is not."""
    return _model("Service", Service, backend=(_any_name(), Field(description=_what_serves())), **_sections())


@functools.cache
def environment_file_model() -> type[EnvironmentFile]:
    """What a file under `environments/` is read into."""
    return _model("EnvironmentFile", EnvironmentFile, {"check_settings": _check_settings}, **_environment_sections())


@functools.cache
def environment_model() -> type[Environment]:
    """What an environment with its services is checked as."""
    checks: dict[str, Callable[[Any], Any]] = {
        "check_settings": _check_settings,
        "check_environment": _check_environment,
    }
    return _model("Environment", Environment, checks, **_environment_sections())


@functools.cache
def _service_model(name: str) -> type[Service]:
    backend = _REGISTERED[name]

    def check(service: Service) -> Service:
        check_service(service)
        backend.check_service(service)
        return service

    own: type[Service] = backend.service
    return _model(own.__name__, own, {"check": check}, **_sections(but=name))


def _model(
    name: str, base: type[ModelT], checks: Mapping[str, Callable[[Any], Any]] | None = None, **fields: Any
) -> type[ModelT]:
    """A model like another one, with more fields and checks."""
    validators: dict[str, Any] = {
        f"_{key}": model_validator(mode="after")(check) for key, check in (checks or {}).items()
    }
    made: type[ModelT] = create_model(name, __base__=base, __doc__=base.__doc__, __validators__=validators, **fields)
    return made


def _sections(*, but: str | None = None) -> dict[str, Any]:
    """The settings of each backend but one; a service may keep those of the others for the day it moves."""
    return {
        backend.name: (backend.settings | None, Field(default=None, description=backend.settings_description))
        for backend in backends()
        if backend.name != but
    }


def _environment_sections() -> dict[str, Any]:
    return {
        backend.name: (
            backend.environment_settings | None,
            Field(default=None, description=backend.environment_description),
        )
        for backend in backends()
        if backend.environment_settings is not None
    }


def _check_settings(environment: EnvironmentFile) -> EnvironmentFile:
    for backend in backends():
        backend.check_settings(environment)
    return environment


def _check_environment(environment: Environment) -> Environment:
    for backend in backends():
        backend.check_environment(environment)
    needs = [_REGISTERED[service.backend].needs(service, environment) for service in environment.services]
    check_quotas(needs, environment.limits)
    return environment


def _any_name() -> Any:
    return Literal[tuple(_REGISTERED)]


def _what_serves() -> str:
    return f"what serves the model: {' or '.join(_REGISTERED)}"


def _forget_models() -> None:
    for model in (any_service_model, environment_file_model, environment_model, _service_model):
        model.cache_clear()


register(SageMakerConfig())
register(EksConfig())
