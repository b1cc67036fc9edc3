"""Why a rollout does not end: every cause as a cluster shows it, and the sentence that people see."""

from collections.abc import Callable
from typing import Any

import pytest

from slipway.operations.aws.stacks import Stack
from slipway.operations.aws.waiting import WaitPolicy
from slipway.operations.eks.cells import Cell
from slipway.operations.eks.kubernetes.api import KubernetesApi
from slipway.operations.eks.kubernetes.rollout import DeploymentWatch
from tests.operations.eks.https_stand_in import Cluster, https
from tests.operations.eks.pods import (
    CLUSTER_EVENTS,
    DEPLOYMENTS,
    EVENTS,
    IMAGE,
    NAMESPACE,
    NEW,
    NODE_CLAIMS,
    autoscaler,
    condition,
    container,
    deployment,
    ended,
    event,
    held_up,
    pod,
    rolled_out,
    unscheduled,
)
from tests.operations.stubbed import BEGAN

POD = f"main-{NEW}-x2x4k"
START = "Variant main of tumor-triage in slipway-dev has not rolled out: 1 of 2 pods are new"


def cell(*variants: str) -> Cell:
    return Cell(
        number=1,
        stack=Stack(
            name="slipway-dev-service-tumor-triage",
            status="UPDATE_COMPLETE",
            status_reason="",
            outputs={},
            changed=BEGAN,
        ),
        cluster_name="slipway-dev",
        namespace=NAMESPACE,
        url="https://tumor-triage.models.example.com",
        load_balancer="internal-1.us-east-1.elb.amazonaws.com",
        target_groups={variant: f"arn:{variant}" for variant in variants or ("main",)},
    )


class Looks:
    """WaitPolicy whose time passes only when a test says so: so many looks, and then no more."""

    def __init__(self, between: Callable[[int], None] = lambda _: None) -> None:
        self.pauses = 0
        self._between = between

    def sleep(self, _: float) -> None:
        self.pauses += 1
        self._between(self.pauses)


def watched(cluster: Cluster, *variants: str, looks: Looks | None = None) -> tuple[list[str], str | None]:
    """What the watch says of a cluster, and whether it took too long."""
    with https(cluster, "127.0.0.1") as served:
        api = KubernetesApi(
            cluster_name="slipway-dev",
            endpoint=f"https://127.0.0.1:{served.port}",
            certificate_authority=served.authority,
            token=lambda: "k8s-aws-v1.token",
        )
        watch = DeploymentWatch(api=api, cell=cell(*variants))
        if looks is None:
            late = watch.wait(wait_policy=WaitPolicy.of(0, poll_s=1), on_progress=lambda _: None)
        else:
            patient = WaitPolicy(until=WaitPolicy.of(1, poll_s=1).until, poll_s=1, sleep=looks.sleep)
            late = watch.wait(wait_policy=patient, on_progress=lambda _: None)
        assert all(asked.headers["Authorization"] == "Bearer k8s-aws-v1.token" for asked in served.asked)
        return list(watch.problems()), late


def test_a_rollout_that_is_over() -> None:
    assert watched(rolled_out("main", "candidate"), "main", "candidate") == ([], None)


@pytest.mark.parametrize(
    ("status", "missing"),
    [
        ({"observedGeneration": 2}, "the change has not been seen yet"),
        ({"updatedReplicas": 1}, "1 of 2 pods are new"),
        ({"replicas": 3}, "1 old pods are still there"),
        ({"availableReplicas": 1}, "1 of 2 pods are available"),
    ],
)
def test_a_rollout_that_is_under_way(status: dict[str, Any], missing: str) -> None:
    cluster = Cluster()
    cluster.add(DEPLOYMENTS, deployment(**status))
    problems, late = watched(cluster)
    assert problems == [f"Variant main of tumor-triage in slipway-dev has not rolled out: {missing}."]
    assert late == f"It took too long: the rollout of tumor-triage in slipway-dev: main: {missing}."


def test_eks_fact_11_nothing_but_the_check_waits_for_a_rollout() -> None:
    """EKS fact 11: the CDK's handler returns when the manifest is accepted, so the check waits until pods are there."""
    cluster = held_up(pod(containerStatuses=[container(waiting={"reason": "ContainerCreating"})]))

    def come_up(pause: int) -> None:
        if pause == 3:
            cluster.objects[DEPLOYMENTS] = [deployment()]

    looks = Looks(come_up)
    assert watched(cluster, looks=looks) == ([], None)
    assert looks.pauses == 3


def test_a_deployment_that_is_not_there() -> None:
    problems, late = watched(Cluster(), looks=Looks())
    assert late is None
    assert problems == [
        (
            "Variant main of tumor-triage in slipway-dev: there is no Deployment of this name, though the stack"
            " slipway-dev-service-tumor-triage is UPDATE_COMPLETE. It was deleted by hand: change the service and"
            " deploy it again."
        )
    ]


def test_an_image_that_cannot_be_pulled() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{IMAGE}": not found'}
    looks = Looks()
    problems, late = watched(held_up(pod(containerStatuses=[container(waiting=waiting)])), looks=looks)
    assert (late, looks.pauses) == (None, 1)  # it is seen twice, and then there is nothing to wait for
    assert problems == [
        f"{START}.",
        (
            f"Variant main: The image {IMAGE} of server cannot be pulled (ImagePullBackOff: Back-off pulling image"
            f' "{IMAGE}":'
            f" not found), first seen in pod {POD}. Check that the tag exists in that registry, that the nodes' role"
            " may pull from it, and that the nodes have a way to it."
        ),
    ]


def test_an_image_whose_first_pull_failed_is_waited_for() -> None:
    cluster = held_up(pod(containerStatuses=[container(waiting={"reason": "ErrImagePull", "message": "i/o timeout"})]))
    looks = Looks(lambda pause: cluster.objects.update({DEPLOYMENTS: [deployment()]}) if pause == 4 else None)
    assert watched(cluster, looks=looks) == ([], None)


@pytest.mark.parametrize(
    "log",
    ['{"message": "s3://models/1.tar.gz is not there"}', '{"message": "checksum is ab12, and cd34 was expected"}'],
)
def test_a_model_that_cannot_be_loaded_shows_the_log(log: str) -> None:
    init = container("load-model", restarts=4, waiting={"reason": "CrashLoopBackOff"}, last=ended(1))
    cluster = held_up(
        pod(initContainerStatuses=[init], containerStatuses=[container(waiting={"reason": "PodInitializing"})])
    )
    cluster.logs[f"{POD}/load-model/true"] = f'{{"message": "fetching"}}\n{log}\n'
    problems, late = watched(cluster, looks=Looks())
    assert late is None
    assert problems[1] == (
        f"Variant main: The init container load-model of pod {POD} ends with exit code 1, after 4 restarts, so the"
        " model is"
        f' not there. Its log ends: {{"message": "fetching"}} | {log}. Check that the model\'s S3 object exists with'
        " the"
        " SHA-256 that the service sets, and that the service account's role may read it."
    )


def test_a_crash_loop_shows_the_log() -> None:
    server = container(restarts=5, waiting={"reason": "CrashLoopBackOff"}, last=ended(3))
    cluster = held_up(pod(containerStatuses=[server]))
    cluster.logs[f"{POD}/server/true"] = "one\ntwo\nthree\nModelError: no signature.json\n"
    problems, _ = watched(cluster, looks=Looks())
    assert problems[1:] == [
        (
            f"Variant main: The container server of pod {POD} ends with exit code 3, after 5 restarts. Its log ends:"
            " two | three | ModelError: no signature.json. Repair the model or the image, or roll back."
        )
    ]


def test_too_little_memory() -> None:
    server = container(restarts=3, waiting={"reason": "CrashLoopBackOff"}, last=ended(137, "OOMKilled"))
    problems, _ = watched(held_up(pod(containerStatuses=[server])), looks=Looks())
    assert problems[1] == (
        f"Variant main: The container server of pod {POD} ends with exit code 137, OOMKilled, after 3 restarts. It"
        " logged nothing. Raise eks.memory of the service."
    )


def test_a_container_that_cannot_be_started() -> None:
    waiting = {
        "reason": "CreateContainerConfigError",
        "message": "container has runAsNonRoot and image will run as root",
    }
    problems, _ = watched(held_up(pod(containerStatuses=[container(waiting=waiting)])), looks=Looks())
    assert problems[1] == (
        f"Variant main: The container server of pod {POD} cannot be started (CreateContainerConfigError: container has"
        " runAsNonRoot and image will run as root). Check the image's command and user, and what the pod refers to in"
        " its namespace."
    )


def test_a_pod_that_never_gets_ready_until_kubernetes_gives_up() -> None:
    running = container(running={"startedAt": "2026-03-02T12:00:00Z"})
    deadline = condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out progressing")
    cluster = held_up(pod(phase="Running", containerStatuses=[running]), conditions=(deadline,))
    cluster.add(
        EVENTS,
        event(POD, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", minute=9),
        event(POD, "Unhealthy", "Startup probe failed: connection refused", minute=1),
        event("another-pod", "Unhealthy", "Readiness probe failed: not this one", minute=10),
    )
    problems, late = watched(cluster, looks=Looks())
    assert late is None
    assert problems == [
        f"{START}; Kubernetes gave up, its progress deadline is over.",
        (
            f"Variant main: Pod {POD} runs and is not ready: Unhealthy: Readiness probe failed: HTTP probe failed with"
            " statuscode: 503. It has to answer GET /ping with 200 on port 8080; its log shows what it does instead:"
            " `kubectl logs` of the container server."
        ),
    ]


def test_a_pod_that_waits_for_its_load_balancer() -> None:
    running = container(running={"startedAt": "2026-03-02T12:00:00Z"}, ready=True)
    gate = condition(
        "target-health.eks.amazonaws.com/main", "False", "Elb.InitialHealthChecking", "Initial health checks"
    )
    problems, late = watched(held_up(pod(phase="Running", containerStatuses=[running], conditions=(gate,))))
    assert late is not None
    assert problems[1].startswith(
        f"Variant main: Pod {POD} runs, and waits for its load balancer to call it healthy (Initial health checks)."
    )


def test_insufficient_capacity_says_what_scheduler_node_pool_and_ec2_say() -> None:
    cluster = held_up(unscheduled("0/3 nodes are available: 3 Insufficient cpu."))
    cluster.add(EVENTS, event(POD, "FailedScheduling", "all available instance types exceed limits for nodepool: cpu"))
    claim = {
        "metadata": {"name": "cpu-8xk2p"},
        "status": {"conditions": [condition("Launched", "False", "LaunchFailed", "VcpuLimitExceeded: 32 vCPUs")]},
    }
    cluster.add(NODE_CLAIMS, claim)
    cluster.add(
        CLUSTER_EVENTS, event("cpu-9zzzz", "InsufficientCapacityError", "no c7i.xlarge in us-east-1a", kind="NodeClaim")
    )
    problems, late = watched(cluster)
    assert late is not None
    assert problems[1:] == [
        (
            f"Variant main: No node has room for pod {POD}: 0/3 nodes are available: 3 Insufficient cpu. The node"
            " pool's controller says: all available instance types exceed limits for nodepool: cpu. A new node takes a"
            " minute or two; if none comes, raise eks.node_pools' max_cpus or max_accelerators, or name more"
            " instance_families, zones or on-demand capacity."
        ),
        (
            "Variant main: Nodes that were asked for did not come: cpu-8xk2p: VcpuLimitExceeded: 32 vCPUs; cpu-9zzzz:"
            " no c7i.xlarge in us-east-1a."
        ),
    ]


def test_eks_fact_20_a_pod_without_a_node_is_waited_for() -> None:
    """EKS fact 20: a new node takes about 45 to 90 s, so a pod that finds no node is no failure yet."""
    cluster = held_up(unscheduled("0/3 nodes are available: 3 Insufficient cpu."))
    looks = Looks(lambda pause: cluster.objects.update({DEPLOYMENTS: [deployment()]}) if pause == 6 else None)
    assert watched(cluster, looks=looks) == ([], None)


def test_a_quota_or_pod_security_that_forbids_the_pods() -> None:
    refused = condition(
        "ReplicaFailure",
        "True",
        "FailedCreate",
        'pods "main-1" is forbidden: exceeded quota: compute, requested: pods=1',
    )
    looks = Looks()
    problems, late = watched(held_up(conditions=(refused,)), looks=looks)
    assert (late, looks.pauses) == (None, 1)
    assert problems == [
        f"{START}.",
        (
            'Variant main: Kubernetes refuses to make its pods (FailedCreate: pods "main-1" is forbidden: exceeded'
            " quota: compute, requested: pods=1). A quota or the pod security of the namespace forbids them: change"
            " what the message names."
        ),
    ]


def test_the_same_reason_is_told_once() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "not found"}
    same = [pod(f"main-{NEW}-{suffix}", containerStatuses=[container(waiting=waiting)]) for suffix in "abc"]
    problems, _ = watched(held_up(*same))
    assert len(problems) == 2


def test_the_fewest_pods_are_the_autoscalers() -> None:
    cluster = Cluster()
    cluster.add(DEPLOYMENTS, deployment(wanted=9))
    cluster.add(
        DEPLOYMENTS.replace("apps/v1", "autoscaling/v2").replace("deployments", "horizontalpodautoscalers"),
        autoscaler(fewest=3),
    )
    with https(cluster, "127.0.0.1") as served:
        url = f"https://127.0.0.1:{served.port}"
        api = KubernetesApi(
            cluster_name="c", endpoint=url, certificate_authority=served.authority, token=lambda: "token"
        )
        (seen,) = DeploymentWatch(api=api, cell=cell()).look()
    assert (seen.fewest, seen.done) == (3, True)
