"""One service, both backends: a word in the YAML is all that differs, and the same artifact is loaded."""

import json
from typing import Any

from aws_cdk.cx_api import CloudAssembly

from inference_constructs.config import Project
from tests.templates import stacks_of, strings_in
from tests.validation.templates.kubernetes_schemas import objects_in

SAGEMAKER, EKS = "slipway-local-service-tumor-triage", "slipway-local-service-tumor-triage-eks"


def templates(assembly: CloudAssembly) -> dict[str, dict[str, Any]]:
    return {stack.stack_name: stack.template for stack in stacks_of(assembly)}


def test_one_word_makes_the_difference(project: Project, assembly: CloudAssembly) -> None:
    (local,) = [environment for environment in project.environments if environment.name == "local"]
    services = {service.name: service for service in local.services}
    same = services["tumor-triage"].model_dump(exclude={"name", "folder", "backend"})
    assert same == services["tumor-triage-eks"].model_dump(exclude={"name", "folder", "backend"})
    kinds = {
        name: {resource["Type"] for resource in template["Resources"].values()}
        for name, template in templates(assembly).items()
    }
    assert "AWS::SageMaker::Endpoint" in kinds[SAGEMAKER]
    assert "AWS::ElasticLoadBalancingV2::LoadBalancer" in kinds[EKS]
    assert not {kind for kind in kinds[EKS] if kind.startswith("AWS::SageMaker::")}


def test_both_load_the_same_object(assembly: CloudAssembly) -> None:
    found = templates(assembly)
    (model,) = [
        resource["Properties"]
        for resource in found[SAGEMAKER]["Resources"].values()
        if resource["Type"] == "AWS::SageMaker::Model"
    ]
    source = model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]["S3Uri"]
    (deployment,) = [item for item in objects_in(found[EKS]) if item["kind"] == "Deployment"]
    (loader,) = deployment["spec"]["template"]["spec"]["initContainers"]
    variables = {variable["name"]: variable["value"] for variable in loader["env"]}
    assert variables["SERVING_MODEL_S3_URI"] == source
    image = model["PrimaryContainer"]["Image"]
    (server,) = deployment["spec"]["template"]["spec"]["containers"]
    assert (server["image"], loader["image"]) == (image, image)


def test_workloads_go_before_their_cluster_and_the_cluster_before_its_network(assembly: CloudAssembly) -> None:
    """EKS fact 10: `cdk destroy` goes against the dependencies: controllers outlive what they look after."""
    stacks = {stack.stack_name: stack for stack in stacks_of(assembly)}
    names = {stack.id: name for name, stack in stacks.items()}
    on = {
        name: {names[dependency.id] for dependency in stack.dependencies if dependency.id in names}
        for name, stack in stacks.items()
    }
    assert "slipway-local-cluster" in on[EKS]
    assert "slipway-local-network" in on["slipway-local-cluster"]
    assert not any("service" in name for name in on["slipway-local-cluster"])


def test_nothing_in_the_cluster_makes_a_load_balancer(stacks: list[Any]) -> None:
    """EKS fact 10: what a controller made would outlive its stack. EKS fact 12: no tags by annotations either."""
    objects = [item for stack in stacks for item in objects_in(stack.template)]
    assert not [item for item in objects if item["kind"] in {"Ingress", "IngressClass"}]
    services = [item for item in objects if item["kind"] == "Service"]
    assert services
    assert {item["spec"].get("type", "ClusterIP") for item in services} == {"ClusterIP"}
    assert "alb.ingress.kubernetes.io" not in json.dumps(objects)
    assert any("TargetGroupBinding" in text for text in strings_in(objects))
