"""Every object that a template applies to a cluster keeps to Kubernetes' schemas, and every custom one to its own."""

import pytest
from aws_cdk.cx_api import CloudFormationStackArtifact

from inference_constructs.config import Clusters, Project
from inference_constructs.config.models.names import cluster_stack_name, service_stack_name
from tests.validation.templates.kubernetes_schemas import findings, objects_in, problems


@pytest.fixture(scope="module")
def versions(project: Project, showcase_project: Project) -> dict[str, str]:
    """The Kubernetes version that each stack's objects are for, by the stack's name."""
    found: dict[str, str] = {}
    for environment in (*project.environments, *showcase_project.environments):
        clusters = environment.settings_for(Clusters)
        if clusters is not None:
            for cell in range(1, clusters.cells + 1):
                names = [cluster_stack_name(environment.name, cell)]
                names += [service_stack_name(environment.name, service.name, cell) for service in environment.services]
                found |= dict.fromkeys(names, clusters.version)
    return found


def test_no_object_has_a_finding(stacks: list[CloudFormationStackArtifact], versions: dict[str, str]) -> None:
    with_objects = {stack.stack_name: stack for stack in stacks if list(objects_in(stack.template))}
    found = {name: findings(stack.template, versions[name]) for name, stack in with_objects.items()}
    assert found == {name: [] for name in found}
    assert len(found) >= 8
    assert {versions[name] for name in found} == {"1.34", "1.35", "1.36"}


def test_every_kind_that_a_service_is_made_of_is_among_them(stacks: list[CloudFormationStackArtifact]) -> None:
    kinds = {item["kind"] for stack in stacks for item in objects_in(stack.template)}
    assert kinds >= {
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Namespace",
        "NetworkPolicy",
        "NodeClass",
        "NodePool",
        "PodDisruptionBudget",
        "PriorityClass",
        "Service",
        "ServiceAccount",
        "TargetGroupBinding",
    }


def test_a_wrong_object_would_be_found(stacks: list[CloudFormationStackArtifact]) -> None:
    (stack,) = [each for each in stacks if each.stack_name == "slipway-local-service-tumor-triage-eks"]
    (deployment,) = [item for item in objects_in(stack.template) if item["kind"] == "Deployment"]
    (binding,) = [item for item in objects_in(stack.template) if item["kind"] == "TargetGroupBinding"]
    assert not list(problems(deployment, "1.35"))
    assert list(problems(deployment | {"spec": deployment["spec"] | {"replica": 2}}, "1.35"))
    assert list(problems(binding | {"spec": binding["spec"] | {"targetType": "pod"}}, "1.35"))
