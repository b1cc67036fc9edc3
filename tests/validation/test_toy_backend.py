"""A backend is a plug-in: one that is registered here goes from YAML to templates, and no other file knows it."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import pytest
from aws_cdk import CfnOutput, Stack
from pydantic import Field

from inference_constructs.config import ConfigError, Environment, Project, Service, load_project
from inference_constructs.config.backend import BackendConfig
from inference_constructs.config.backends import registered as registered_in_config
from inference_constructs.config.models.base import ConfigModel, RuleError
from inference_constructs.config.models.names import service_stack_name
from inference_constructs.config.rules.quotas import Needs
from inference_constructs.config.yaml.json_schema import environment_schema, service_schema
from stacks.application import create_app
from stacks.backend import BackendStacks, EnvironmentParts
from stacks.backends import registered as registered_in_stacks
from stacks.settings import target_of
from tests.unit.config.projects import ENVIRONMENT, SERVICE, write_project

GPUS = 3


class ToySettings(ConfigModel):
    """What only the toy needs to know."""

    colour: Literal["red", "blue"] = Field(description="red or blue")


class ToyBox(ConfigModel):
    """What an environment with toys says."""

    shelves: int = Field(description="how many shelves")


class ServiceOnToy(Service):
    """A service in a box."""

    backend: Literal["toy"]
    toy: ToySettings = Field(description="{colour: red}")


class ToyConfig(BackendConfig[ServiceOnToy]):
    name = "toy"
    service = ServiceOnToy
    settings = ToySettings
    settings_description = "what only the toy needs: {colour: red}"
    environment_settings = ToyBox
    environment_description = "where toys are kept: {shelves: 2}"

    def check_service(self, service: ServiceOnToy) -> None:
        if service.shadow is not None:
            raise RuleError("shadow", "given", accepted="no shadow with the backend toy")

    def needs(self, service: ServiceOnToy, environment: Environment) -> Needs:
        del service, environment
        return Needs(gpus=GPUS)

    def check_environment(self, environment: Environment) -> None:
        toys, box = environment.services_of(ServiceOnToy), environment.settings_for(ToyBox)
        if toys and (box is None or box.shelves < len(toys)):
            raise RuleError("toy.shelves", box.shelves if box else None, accepted=f"{len(toys)} or more")


class ToyStacks(BackendStacks):
    name = "toy"

    def create(self, parts: EnvironmentParts) -> None:
        for service in parts.environment.services_of(ServiceOnToy):
            name = service_stack_name(parts.environment.name, service.name)
            stack = Stack(parts.stage, service.name, stack_name=name, env=target_of(parts.environment))
            CfnOutput(stack, "Colour", value=service.toy.colour)


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with registered_in_config(ToyConfig()), registered_in_stacks(ToyStacks()):
        yield


ON_SAGEMAKER = dedent(SERVICE)
ON_TOY = ON_SAGEMAKER.replace("backend: sagemaker", "backend: toy\ntoy: {colour: red}")


def project_of(tmp_path: Path, *, service: str = ON_TOY, environment: str = "toy: {shelves: 1}") -> Project:
    return load_project(write_project(tmp_path, service=service, environment=f"{dedent(ENVIRONMENT)}{environment}\n"))


def test_its_services_get_stacks(tmp_path: Path, feature_flags: dict[str, Any]) -> None:
    app = create_app(project_of(tmp_path), context=feature_flags, outdir=tmp_path / "cdk.out")
    template = app.synth().get_nested_assembly("assembly-dev").get_stack_by_name("slipway-dev-service-triage").template
    assert template["Outputs"]["Colour"]["Value"] == "red"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"service": ON_TOY.replace("red", "green")}, "toy.colour: `'green'`; accepted: 'red' or 'blue'"),
        ({"service": ON_TOY.replace("toy: {colour: red}\n", "")}, "toy: missing; accepted: {colour: red}"),
        ({"service": f"{ON_TOY}shadow: {{}}\n"}, "shadow: `'given'`; accepted: no shadow with the backend toy"),
        ({"service": ON_TOY.replace("backend: toy", "backend: tin")}, "'sagemaker', 'eks' or 'toy'"),
        ({"environment": "toy: {shelves: 0}"}, "toy.shelves: `0`; accepted: 1 or more"),
        ({"environment": "toy: {shelves: 1}\nlimits: {gpus: 2}"}, f"limits.gpus: `2`; accepted: {GPUS} or more"),
        ({"environment": "toy: {shelf: 1}"}, "unknown key"),
    ],
)
def test_its_settings_and_rules_are_checked(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        project_of(tmp_path, **changes)
    assert sentence in str(refused.value)


def test_a_service_of_another_backend_may_have_its_settings_for_later(tmp_path: Path) -> None:
    (environment,) = project_of(tmp_path, service=f"{ON_SAGEMAKER}toy: {{colour: blue}}\n").environments
    assert [service.backend for service in environment.services] == ["sagemaker"]
    with pytest.raises(ConfigError, match=r"toy\.colour"):
        project_of(tmp_path / "wrong", service=f"{ON_SAGEMAKER}toy: {{colour: grey}}\n")


def test_editors_complete_its_keys() -> None:
    assert "toy" in service_schema()["properties"]
    assert "toy" in environment_schema()["properties"]
    assert "ToySettings" in json.dumps(environment_schema())
