"""The stacks of a project, each beside what the specification has it for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk.cx_api import CloudAssembly

from inference_constructs.config import (
    Clusters,
    Environment,
    Project,
    Rollout,
    Service,
    ServiceOnEks,
    ServiceOnSageMaker,
)
from tests.templates import Resource
from tests.validation.templates.kubernetes_schemas import objects_in


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack of an environment, and what the specification has it for."""

    path: str
    part: str
    environment: Environment
    template: dict[str, Any]
    protected: bool
    of_service: Service | None = None
    cell: int = 1

    @property
    def service(self) -> Service:
        assert self.of_service is not None
        return self.of_service

    @property
    def on_eks(self) -> ServiceOnEks:
        assert isinstance(self.of_service, ServiceOnEks)
        return self.of_service

    @property
    def on_sagemaker(self) -> ServiceOnSageMaker:
        assert isinstance(self.of_service, ServiceOnSageMaker)
        return self.of_service

    @property
    def clusters(self) -> Clusters:
        clusters = self.environment.settings_for(Clusters)
        assert clusters is not None
        return clusters

    @property
    def rollout(self) -> Rollout:
        assert self.service.rollout is not None, "a loaded service has its environment's, unless it says another"
        return self.service.rollout

    def all(self, kind: str) -> dict[str, Resource]:
        """The properties of every resource of a type, by logical id."""
        every = self.template["Resources"].items()
        return {key: value.get("Properties", {}) for key, value in every if value["Type"] == kind}

    def objects(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every Kubernetes object of a kind, by the variant it belongs to; by `""` if it is of the whole service."""
        objects = [each for each in objects_in(self.template) if each["kind"] == kind]
        return {each["metadata"]["labels"].get("app.kubernetes.io/instance", ""): each for each in objects}

    @property
    def variants(self) -> dict[str, str]:
        """Which variant each target group is, by the rule for callers who ask for it by name."""
        found = {}
        for rule in self.all("AWS::ElasticLoadBalancingV2::ListenerRule").values():
            for condition in rule["Conditions"]:
                if condition["Field"] == "http-header":
                    (group,) = rule["Actions"][-1]["ForwardConfig"]["TargetGroups"]
                    (found[group["TargetGroupArn"]["Ref"]],) = condition["HttpHeaderConfig"]["Values"]
        return found


def _cells(environment: Environment) -> int:
    clusters = environment.settings_for(Clusters)
    return clusters.cells if clusters is not None else 0


def parts_of(environment: Environment) -> Iterator[tuple[str, str, Service | None, int]]:
    """The last part of a stack's path, what kind of stack it is, whose, and in which cell."""
    yield "Foundation", "foundation", None, 1
    if environment.network.existing is None:
        yield "Network", "network", None, 1
    yield from ((each.name, "sagemaker", each, 1) for each in environment.services_of(ServiceOnSageMaker))
    for cell in range(1, _cells(environment) + 1):
        suffix = "" if cell == 1 else f"-{cell}"
        yield f"Cluster{suffix}", "cluster", None, cell
        yield from ((f"{one.name}{suffix}", "eks", one, cell) for one in environment.services_of(ServiceOnEks))


def deployed_stacks(name: str, project: Project, assembly: CloudAssembly) -> Iterator[Deployed]:
    found = {stack.hierarchical_id: stack for stack in assembly.stacks_recursively}
    for environment in project.environments:
        for path, part, service, cell in parts_of(environment):
            stack = found.pop(f"{environment.stage_name}/{path}")
            yield Deployed(
                path=f"{name}: {environment.stage_name}/{path}",
                part=part,
                environment=environment,
                template=json.loads(Path(stack.template_full_path).read_text()),
                protected=bool(stack.termination_protection),
                of_service=service,
                cell=cell,
            )
    assert not [path for path in found if "/" in path], "a stack that no specification asks for"
