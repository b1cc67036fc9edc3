"""What a review shows of changes that people make: values, rollouts, second deployments, data, and what is broader."""

import json
from typing import Any

import pytest

from slipway.operations.template_diff.markdown import markdown
from slipway.operations.template_diff.permission_widening import broadenings
from slipway.operations.template_diff.rollouts import STATEFUL, rollouts, two_deployments
from tests.conftest import ROOT
from tests.operations.template_diff.real_stacks import (
    FOUNDATION,
    NETWORK,
    ON_EKS,
    ON_SAGEMAKER,
    SNAPSHOTS,
    Resources,
    changed,
    kubernetes_object,
    only,
    renamed,
    resources_of,
)

CONFIG, SCALING, ALARM = (
    "AWS::SageMaker::EndpointConfig",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::CloudWatch::Alarm",
)


def values(found: Any) -> list[str]:
    return [str(value) for resource in found.changed for value in resource.values]


def larger_instances(resources: Resources) -> None:
    """What `instance_type: ml.c7i.xlarge` changes, the alarm on the sum over its vCPUs included."""
    only(resources, CONFIG)["ProductionVariants"][0]["InstanceType"] = "ml.c7i.xlarge"
    only(resources, ALARM, containing="CpuSaturation")["Threshold"] = 360


def test_a_larger_instance_type_is_no_broader() -> None:
    found = changed(ON_SAGEMAKER, larger_instances)
    assert found.broader == ()
    assert values(found) == [
        "Threshold 180 → 360",
        "ProductionVariants[main].InstanceType ml.c7i.large → ml.c7i.xlarge",
    ]
    change = "ProductionVariants[main].InstanceType ml.c7i.large → ml.c7i.xlarge"
    assert found.rollouts == (f"endpoint prod-tumor-triage: new instances ({change})",)


def test_what_is_sent_with_an_update_only_is_a_rollout() -> None:
    """It makes a new configuration, whose logical id is the same in a snapshot."""

    def other_way(resources: Resources) -> None:
        endpoint = only(resources, "AWS::SageMaker::Endpoint")
        endpoint["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] = 60
        endpoint["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"].pop()

    (sentence,) = changed(ON_SAGEMAKER, other_way).rollouts
    assert sentence.startswith("endpoint prod-tumor-triage: new instances (")
    assert "DeploymentConfig.BlueGreenUpdatePolicy.TerminationWaitInSeconds 0 → 60" in sentence
    assert "ModelLatency main watched → none" in sentence


def test_the_same_configuration_under_another_name_is_a_rollout() -> None:
    before = resources_of(ON_SAGEMAKER)
    (config_id,) = (name for name, each in before.items() if each["Type"] == CONFIG)
    after = json.loads(json.dumps(before).replace(f'"{config_id}"', '"EndpointConfigAgain"'))
    (sentence,) = rollouts(before, after)
    assert sentence == ("endpoint prod-tumor-triage: new instances (another EndpointConfigName, with the same content)")


def test_an_instance_type_takes_two_deployments_while_it_is_scaled() -> None:
    (sentence,) = changed(ON_SAGEMAKER, larger_instances).two_deployments
    assert sentence.startswith("endpoint prod-tumor-triage, variant main: ml.c7i.large → ml.c7i.xlarge while it scales")
    before = resources_of(ON_SAGEMAKER)
    suspended = {key: each for key, each in before.items() if each["Type"] != SCALING}
    after = resources_of(ON_SAGEMAKER)
    larger_instances(after)
    assert list(two_deployments(suspended, after)) == []


def test_a_threshold_beyond_its_capacity_is_broader() -> None:
    def more_than_that(resources: Resources) -> None:
        larger_instances(resources)
        only(resources, ALARM, containing="CpuSaturation")["Threshold"] = 380

    (sentence,) = changed(ON_SAGEMAKER, more_than_that).broader
    assert sentence.endswith("goes off at 380, before at 180")


def test_more_instances_are_a_value_and_no_rollout() -> None:
    def most(resources: Resources) -> None:
        only(resources, SCALING)["MaxCapacity"] = 400

    found = changed(ON_SAGEMAKER, most)
    assert (found.broader, found.rollouts, found.two_deployments) == ((), (), ())
    lines = markdown([found]).splitlines()
    assert lines[2].endswith("Security: 0 broader. Numbers: MaxCapacity 20 → 400.")
    assert "- `MaxCapacity 20 → 400` AWS::ApplicationAutoScaling::ScalableTarget" in lines
    (line,) = [line for line in lines if line.startswith("- ~ `EndpointScalingmain")]
    assert line.endswith(": `MaxCapacity 20 → 400`")


def test_more_pods_are_a_value_and_their_alarm_at_the_limit_follows() -> None:
    def most(resources: Resources) -> None:
        scaler = kubernetes_object(resources, "HorizontalPodAutoscaler")["spec"]
        scaler["maxReplicas"] += 10
        only(resources, ALARM, containing="AtScalingMax")["Threshold"] += 10

    found = changed(ON_EKS, most)
    assert (found.broader, found.rollouts) == ((), ())
    assert any("HorizontalPodAutoscaler/main].spec.maxReplicas" in each for each in values(found))


def test_an_alarm_at_the_limit_that_rises_alone_is_broader() -> None:
    def later(resources: Resources) -> None:
        only(resources, ALARM, containing="AtScalingMax")["Threshold"] += 10

    assert len(changed(ON_EKS, later).broader) == 1


def test_a_latency_that_is_allowed_to_be_longer_is_broader() -> None:
    def slower(resources: Resources) -> None:
        for key, each in resources.items():
            if each["Type"] == ALARM and "Latency" in key:
                each["Properties"]["Threshold"] *= 2

    found = changed(ON_SAGEMAKER, slower)
    assert [sentence.rpartition(": ")[2] for sentence in found.broader] == ["goes off at 200000, before at 100000"] * 2


def test_another_model_is_a_rollout() -> None:
    """As `cdk.out` has it: the role may read the new archive, and the policy has the new version in its logical id."""

    def model(resources: Resources) -> None:
        uri = only(resources, "AWS::SageMaker::Model")["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]
        uri["S3Uri"] = uri["S3Uri"].replace("<hash>", "0" * 64)
        (key,) = [key for key in resources if key.startswith("EndpointExecutionRolePolicy")]
        resources[key + "2"] = resources.pop(key)
        statement = resources[key + "2"]["Properties"]["PolicyDocument"]["Statement"][0]
        statement["Resource"] = statement["Resource"].replace("<hash>", "0" * 64)

    found = changed(ON_SAGEMAKER, model)
    assert found.broader == ()
    (sentence,) = found.rollouts
    assert "S3DataSource.S3Uri" in sentence


@pytest.mark.parametrize(("stack", "what"), [(ON_SAGEMAKER, "new instances"), (ON_EKS, "new pods")])
def test_another_image_is_a_rollout(stack: str, what: str) -> None:
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving:1.5.0"

    def other(resources: Resources) -> None:
        if stack == ON_EKS:
            pod = kubernetes_object(resources, "Deployment")["spec"]["template"]["spec"]
            pod["containers"][0]["image"] = image
        else:
            only(resources, "AWS::SageMaker::Model")["PrimaryContainer"]["Image"] = image

    found = changed(stack, other)
    assert found.broader == ()
    (sentence,) = found.rollouts
    assert what in sentence
    assert "serving:1.5.0" in sentence
    assert f"**rollout** {stack}: " in markdown([found])


def test_replicas_and_labels_of_a_deployment_are_no_rollout() -> None:
    def labels(resources: Resources) -> None:
        kubernetes_object(resources, "Deployment")["metadata"]["labels"]["team"] = "a"

    assert changed(ON_EKS, labels).rollouts == ()


def test_a_target_group_that_gets_traffic_goes_in_two_deployments() -> None:
    stack = "slipway-cells-service-ranking"

    def removed(resources: Resources) -> None:
        kind = "AWS::ElasticLoadBalancingV2::TargetGroup"
        (group,) = [key for key, each in resources.items() if each["Type"] == kind and "candidate" in key]
        (route,) = [key for key in resources if "ListenerOnlycandidate" in key]
        del resources[group], resources[route]

    (sentence,) = changed(stack, removed).two_deployments
    assert sentence.endswith("is removed while it gets traffic (weight 25): move its traffic in a deployment before")


def test_a_replaced_key_loses_data_and_a_name_that_stays_takes_two_deployments() -> None:
    def cluster(resources: Resources) -> None:
        only(resources, "AWS::EKS::Cluster")["RoleArn"] = "arn:aws:iam::111122223333:role/other"

    found = changed("slipway-groups-cluster", cluster)
    (data,) = found.data_replaced
    assert data.startswith("Cluster9EE0221C (AWS::EKS::Cluster) replaced: the old one is ")
    (name,) = found.two_deployments
    assert name.startswith("Cluster9EE0221C (AWS::EKS::Cluster) is replaced under the same name, which CloudFormation")
    assert "**1 replacement of data**" in markdown([found])


def test_what_is_pinned_as_stateful_counts_as_data() -> None:
    pinned = json.loads((ROOT / "tests" / "validation" / "templates" / "stateful_resources.json").read_text())
    assert {kind for stack in pinned.values() for kind in stack.values()} <= STATEFUL


@pytest.mark.parametrize(
    "stack", [ON_SAGEMAKER, ON_EKS, NETWORK, FOUNDATION, "slipway-groups-cluster", "slipway-pipeline"]
)
def test_the_same_stack_under_other_logical_ids_is_no_broader(stack: str) -> None:
    """Keys and buckets are others then, and so those that were there leave the stack."""
    before = resources_of(stack)
    after = renamed(before, "Moved")
    assert not before.keys() & after.keys()
    leaving = [each for each in broadenings(before, after) if "leaves the stack" not in each]
    assert leaving == []
    assert (SNAPSHOTS / f"{stack}.json").is_file()
