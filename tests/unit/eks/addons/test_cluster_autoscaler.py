"""The Cluster Autoscaler: which groups it finds, which it may size, and how patient it is."""

from typing import Any

import pytest

from inference_constructs.config import Clusters, Pods
from tests.unit.eks import workloads
from tests.unit.eks.clusters import NAME, Deployed, deployed

SEES = ["get", "list", "watch"]
BALANCER = {"domain_name": "models.example.com", "hosted_zone_id": "Z0123456789ABC"}
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


def test_what_it_is_told(usual: Deployed) -> None:
    """Flags: kubernetes/autoscaler, cluster-autoscaler/FAQ.md, "What are the parameters to CA?".

    It finds the groups of this cluster by the tags that EKS gives them. By default no node would ever go that has a
    pod with an `emptyDir`, as every model server has, or DaemonSets that ask for much.
    """
    tags = f"k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/{NAME}"
    assert sorted(arguments(usual)) == [
        "--cloud-provider=aws",
        "--expander=least-waste",
        "--ignore-daemonsets-utilization=true",
        "--max-graceful-termination-sec=900",
        "--namespace=kube-system",
        f"--node-group-auto-discovery=asg:tag={tags}",
        "--scale-down-unneeded-time=300s",
        "--scale-down-utilization-threshold=0.01",
        "--skip-nodes-with-local-storage=false",
    ]


def test_it_lets_the_longest_request_end(usual: Deployed) -> None:
    """It shortens the grace period of the pods that it evicts to this many seconds, which are 600 unless told."""
    slowest = workloads.deployed(pods=Pods(cpu="1", memory="1Gi", longest_request_s=600)).pod
    (flag,) = (each for each in arguments(usual) if each.startswith("--max-graceful-termination-sec="))
    assert int(flag.partition("=")[2]) > slowest["terminationGracePeriodSeconds"] > 600


def test_it_sees_every_group_and_sizes_only_those_of_this_cluster(usual: Deployed) -> None:
    """All that "Full Cluster Autoscaler Features Policy" has, and DescribeTags (kubernetes/autoscaler, "Cluster
    Autoscaler on AWS"). A node goes by TerminateInstanceInAutoScalingGroup, or it would never shrink a group."""
    (policy,) = usual.ids("AWS::IAM::ManagedPolicy", naming="autoscaling:SetDesiredCapacity")
    seen, known, sized = usual.resources[policy]["Properties"]["PolicyDocument"]["Statement"]
    assert seen == {
        "Effect": "Allow",
        "Action": [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeTags",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetInstanceTypesFromInstanceRequirements",
        ],
        "Resource": "*",
    }
    assert known == {
        "Effect": "Allow",
        "Action": "eks:DescribeNodegroup",
        "Resource": f"arn:aws:eks:us-east-1:111122223333:nodegroup/{NAME}/*/*",
    }
    own = {"enabled": "true", NAME: "owned"}
    assert sized == {
        "Effect": "Allow",
        "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{tag}": own[tag] for tag in own},
        },
    }


def test_it_may_move_pods_and_change_little_else_in_the_cluster(usual: Deployed) -> None:
    """What its chart grants (kubernetes/autoscaler, charts/cluster-autoscaler, templates/clusterrole.yaml and
    role.yaml). Without `pods/eviction` it would find nodes that can go, and empty none of them."""
    changes = [rule for rule in usual.one("ClusterRole", "cluster-autoscaler")["rules"] if rule["verbs"] != SEES]
    assert changes == [
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["update"]},
        {"apiGroups": [""], "resources": ["pods/eviction"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["update"]},
    ]
    seen = [rule for rule in usual.one("ClusterRole", "cluster-autoscaler")["rules"] if rule["verbs"] == SEES]
    assert {(*rule["apiGroups"], *rule["resources"]) for rule in seen} == {
        ("", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "replicationcontrollers",
         "services"),
        ("apps", "daemonsets", "replicasets", "statefulsets"),
        ("batch", "cronjobs", "jobs"),
        ("policy", "poddisruptionbudgets"),
        ("resource.k8s.io", "deviceclasses", "resourceclaims", "resourceslices"),
        ("storage.k8s.io", "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments"),
    }  # fmt: skip
    leases = [rule for rule in usual.one("Role", "cluster-autoscaler")["rules"] if rule["resources"] == ["leases"]]
    group = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    assert leases == [
        group | {"verbs": ["create"]},
        group | {"resourceNames": ["cluster-autoscaler"], "verbs": ["get", "update"]},
    ]
    for kind in ("ClusterRole", "Role"):
        binding = usual.one(f"{kind}Binding", "cluster-autoscaler")
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == (kind, "cluster-autoscaler")
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": "cluster-autoscaler", "namespace": "kube-system"}
        ]


def test_one_pod_waits_for_the_other_ones_lease(usual: Deployed) -> None:
    """The node that the only one is on may be the one that fails, and nothing would add another. Its election is on
    by default and holds the lease `cluster-autoscaler` (its flags --leader-elect and --leader-elect-resource-name)."""
    spec = usual.one("Deployment", "cluster-autoscaler")["spec"]
    assert spec["replicas"] == 2
    (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    assert spread["labelSelector"]["matchLabels"] == spec["selector"]["matchLabels"]


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


@pytest.mark.parametrize(("version", "tag"), [("1.34", "v1.34.0"), ("1.35", "v1.35.0"), ("1.36", "v1.35.0")])
def test_it_is_of_the_clusters_minor_version_or_the_one_before(version: Any, tag: str) -> None:
    clusters = Clusters.model_validate({"version": version, "load_balancer": BALANCER})
    assert clusters.cluster_autoscaler_image.endswith(f"/cluster-autoscaler:{tag}")
