"""The Cluster Autoscaler: which groups it finds, which it may size, and how patient it is."""

from typing import Any

import pytest

from tests.unit.eks.clusters import NAME, Deployed, deployed

EAGER = {"consolidate": "when_underutilized", "after_s": 60}


def arguments(cluster: Deployed) -> list[str]:
    (container,) = cluster.one("Deployment", "cluster-autoscaler")["spec"]["template"]["spec"]["containers"]
    found: list[str] = container["args"]
    return found


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed(nodes="managed_node_groups")


def test_it_is_not_there_on_auto_mode() -> None:
    assert deployed().objects("Deployment") == []


def test_it_finds_the_groups_of_this_cluster_by_the_tags_that_eks_gives_them(usual: Deployed) -> None:
    tags = f"k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/{NAME}"
    assert f"--node-group-auto-discovery=asg:tag={tags}" in arguments(usual)


def test_it_may_size_only_the_groups_of_this_cluster(usual: Deployed) -> None:
    (sizing,) = (each for each in usual.statements if "autoscaling:SetDesiredCapacity" in each["Action"])
    assert sizing["Condition"] == {
        "StringEquals": {
            "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
            f"aws:ResourceTag/k8s.io/cluster-autoscaler/{NAME}": "owned",
        }
    }


def test_its_role_comes_from_pod_identity_before_its_pods(usual: Deployed) -> None:
    """EKS fact 14: an association of its own, no annotation on the service account."""
    (association,) = usual.ids("AWS::EKS::PodIdentityAssociation", naming='"cluster-autoscaler"')
    assert usual.resources[association]["Properties"]["Namespace"] == "kube-system"
    assert "annotations" not in usual.one("ServiceAccount", "cluster-autoscaler")["metadata"]
    (pods,) = set(usual.manifests_of("Deployment")) & set(
        usual.ids("Custom::AWSCDK-EKS-KubernetesResource", naming="./cluster-autoscaler")
    )
    needed = usual.needs(pods)
    assert association in needed
    assert set(usual.ids("AWS::IAM::ManagedPolicy", naming="autoscaling:SetDesiredCapacity")) <= needed


@pytest.mark.parametrize(
    ("disruptions", "patience", "threshold"),
    [
        ([{}], "300s", "0.01"),
        ([EAGER], "60s", "0.5"),
        ([EAGER, {"after_s": 900}], "900s", "0.01"),
    ],
)
def test_it_is_as_patient_as_the_most_patient_pool(
    disruptions: list[dict[str, Any]], patience: str, threshold: str
) -> None:
    """EKS fact 9: it has one setting for all groups, so no pool loses nodes sooner than it asks for."""
    pools = [{"name": f"cpu{number}", "disruption": each} for number, each in enumerate(disruptions)]
    given = arguments(deployed(nodes="managed_node_groups", node_pools=pools))
    assert f"--scale-down-unneeded-time={patience}" in given
    assert f"--scale-down-utilization-threshold={threshold}" in given


def test_one_that_hangs_is_restarted(usual: Deployed) -> None:
    (container,) = usual.one("Deployment", "cluster-autoscaler")["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/health-check", "port": 8085}


def test_it_keeps_no_node_for_itself(usual: Deployed) -> None:
    """By its flag skip-nodes-with-system-pods, nodes stay that have pods of kube-system without a budget."""
    budget = usual.one("PodDisruptionBudget", "cluster-autoscaler")["spec"]
    pods = usual.one("Deployment", "cluster-autoscaler")["spec"]["template"]["metadata"]["labels"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= pods.items()


def test_the_image_is_the_environments() -> None:
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/cluster-autoscaler:v1.35.0"
    cluster = deployed(nodes="managed_node_groups", images={"cluster_autoscaler": image})
    (container,) = cluster.one("Deployment", "cluster-autoscaler")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == image
