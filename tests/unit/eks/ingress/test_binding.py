"""What registers pods in target groups."""

from typing import Any

import pytest
from aws_cdk import CfnResource
from aws_cdk.assertions import Template

from tests.unit.eks.workloads import TARGET_GROUP, deployed, empty_stack, variant, workload_of
from tests.validation.templates.kubernetes_schemas import problems


@pytest.mark.parametrize(
    ("nodes", "api_version"),
    [("auto_mode", "eks.amazonaws.com/v1"), ("managed_node_groups", "elbv2.k8s.aws/v1beta1")],
)
def test_pods_are_registered_by_address(nodes: Any, api_version: str) -> None:
    """EKS fact 1: the API of whoever runs the controller, target type `ip`, and the ARN rather than a name.

    No `networking`: CloudFormation owns the rule that lets the load balancer reach the pods, and so its deletion.
    """
    binding = deployed(nodes=nodes).one("TargetGroupBinding")
    assert binding["apiVersion"] == api_version
    assert binding["spec"] == {
        "targetGroupARN": TARGET_GROUP.format("main"),
        "targetType": "ip",
        "serviceRef": {"name": "main", "port": "http"},
    }


def test_a_target_group_of_the_same_template_is_named_when_it_is_there() -> None:
    """EKS fact 18: what only the deployment knows passes through a manifest."""
    stack = empty_stack()
    target_group = CfnResource(stack, "TargetGroup", type="AWS::ElasticLoadBalancingV2::TargetGroup")
    workload_of(stack, [variant(stack)], target_group_arns={"main": target_group.ref})
    manifests = Template.from_stack(stack).find_resources("Custom::AWSCDK-EKS-KubernetesResource")
    (binding,) = [each["Properties"]["Manifest"] for name, each in manifests.items() if "Binding" in name]
    _, parts = binding["Fn::Join"]
    assert [part for part in parts if not isinstance(part, str)] == [{"Ref": "TargetGroup"}]
    assert '"targetGroupARN":"' in parts[0]


def test_it_names_a_port_that_the_service_and_the_pods_have() -> None:
    """EKS fact 8: by name, so that numbers may change."""
    usual = deployed()
    (port,) = usual.one("Service")["spec"]["ports"]
    assert usual.one("TargetGroupBinding")["spec"]["serviceRef"]["port"] == port["name"]
    assert port["targetPort"] == usual.server["ports"][0]["name"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("targetGroupName", "main"),
        ("targetType", "instances"),
        ("serviceRef", {"name": "main"}),
        ("targetGroupARN", ""),
    ],
)
def test_its_schema_refuses_what_the_controller_would(key: str, value: object) -> None:
    """EKS fact 1: `targetGroupName` is not accepted by EKS Auto Mode."""
    binding = deployed().one("TargetGroupBinding")
    assert list(problems(binding, "1.35")) == []
    assert len(list(problems(binding | {"spec": binding["spec"] | {key: value}}, "1.35"))) == 1
