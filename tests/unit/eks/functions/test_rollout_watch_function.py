"""The function that looks at a Deployment, against a Kubernetes API over TLS."""

import base64
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inference_constructs.eks.functions.rollout_watch import cluster_api, handler
from inference_constructs.eks.functions.rollout_watch.cluster_api import ClusterApi
from inference_constructs.eks.functions.rollout_watch.judgement import State
from slipway.operations.eks.kubernetes.token import bearer_token
from tests.operations.eks.https_stand_in import Cluster, Served, https
from tests.operations.stubbed import stubbed_aws

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(minutes=30)
DEPLOYMENTS, PODS = "/apis/apps/v1/namespaces/triage/deployments", "/api/v1/namespaces/triage/pods"
REPLICA_SETS = "/apis/apps/v1/namespaces/triage/replicasets"
ASKED = {"Namespace": "triage", "Deployment": "main", "Minimum": "2", "Applied": "0123456789abcdef"}
LABELS = {"app.kubernetes.io/name": "triage", "app.kubernetes.io/instance": "main"}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Lambda gives them to a function."""
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "secret", "SESSION_TOKEN": "session"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


def deployment(reason: str, status: str = "True", *, updated: int = 2) -> dict[str, Any]:
    condition = {"type": "Progressing", "status": status, "reason": reason, "message": "has timed out progressing."}
    return {
        "metadata": {"name": "main", "generation": 2},
        "spec": {"replicas": 2, "selector": {"matchLabels": LABELS}},
        "status": {
            "observedGeneration": 2,
            "replicas": 2,
            "updatedReplicas": updated,
            "availableReplicas": 2,
            "conditions": [condition | {"lastUpdateTime": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}],
        },
    }


def cluster(found: dict[str, Any] | None = None, **more: Any) -> Cluster:
    answering = Cluster(**more)
    if found is not None:
        answering.add(DEPLOYMENTS, found)
    return answering


def api(port: int, authority: str) -> ClusterApi:
    return ClusterApi(
        cluster_name="slipway-dev",
        endpoint=f"https://127.0.0.1:{port}",
        authority=base64.b64encode(authority.encode()).decode(),
        region="us-east-1",
        sts_host="sts.us-east-1.amazonaws.com",
    )


def look(served: Served, began: datetime = LONG_AGO) -> bool:
    verdict = handler.look(api(served.port, served.authority), ASKED, began=began, now=NOW)
    return verdict.state is State.COMPLETE


def test_a_rollout_from_the_request_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the provider framework calls it: once to begin, then with what that answered until it is complete."""
    request = {"RequestType": "Update", "ResourceProperties": ASKED}
    answering = cluster(deployment("ReplicaSetUpdated", updated=1))
    with https(answering, "127.0.0.1") as served:
        environment = {
            "AWS_REGION": "us-east-1",
            "CLUSTER_NAME": "slipway-dev",
            "CLUSTER_ENDPOINT": f"https://127.0.0.1:{served.port}",
            "CLUSTER_AUTHORITY": base64.b64encode(served.authority.encode()).decode(),
            "STS_HOST": "sts.us-east-1.amazonaws.com",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        begun = handler.handle(request, None)
        assert begun["PhysicalResourceId"] == "triage/main"
        assert served.asked == []
        assert handler.handle(request | begun, None) == {"IsComplete": False, "Since": None}
        answering.objects[DEPLOYMENTS] = [deployment("NewReplicaSetAvailable")]
        complete = {"IsComplete": True, "Since": NOW.replace(microsecond=0).timestamp()}
        assert handler.handle(request | begun, None) == complete
    assert {asked.path for asked in served.asked} == {f"{DEPLOYMENTS}/main"}
    assert all(asked.headers["Authorization"].startswith("Bearer k8s-aws-v1.") for asked in served.asked)


@pytest.mark.parametrize("identity", ["triage/main", "slipway-dev-service-triage-ServiceRolloutmain-1X2Y3Z"])
def test_deleting_it_asks_nobody_and_waits_for_nothing(identity: str) -> None:
    """EKS fact 11: of one that it cancelled, CloudFormation knows no id but its own, and takes no other."""
    request = {"RequestType": "Delete", "PhysicalResourceId": identity, "ResourceProperties": ASKED}
    begun = handler.handle(request, None)
    assert begun["PhysicalResourceId"] == identity
    assert handler.handle(request | begun, None)["IsComplete"] is True


def test_the_token_is_that_of_the_aws_command_line() -> None:
    """The same signed question as operations asks with, for this cluster, of this region's STS, valid for a minute."""
    with stubbed_aws() as stubbed:
        tokens = (api(1, "").token(), bearer_token(stubbed.aws.sts, "slipway-dev"))
    ours, theirs = (
        urlsplit(base64.urlsafe_b64decode(token.partition("k8s-aws-v1.")[2] + "==").decode()) for token in tokens
    )
    assert ours[:3] == theirs[:3] == ("https", "sts.us-east-1.amazonaws.com", "/")
    asked, expected = parse_qs(ours.query), parse_qs(theirs.query)
    assert asked["X-Amz-SignedHeaders"] == expected["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    for same in ("Action", "Version", "X-Amz-Algorithm", "X-Amz-Expires"):
        assert asked[same] == expected[same]
    assert asked["X-Amz-Credential"][0].startswith("test/")
    assert asked["X-Amz-Security-Token"] == ["session"]


def test_a_failed_rollout_is_told_with_what_held_its_pods_up() -> None:
    answering = cluster(deployment("ProgressDeadlineExceeded", "False", updated=1))
    terminated = {"exitCode": 1, "reason": "Error", "message": "model.onnx: not a model\n"}
    crashing = {
        "name": "server",
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": terminated},
    }
    answering.add(PODS, {"metadata": {"name": "main-1", "labels": LABELS}, "status": {"containerStatuses": [crashing]}})
    with https(answering, "127.0.0.1") as served, pytest.raises(handler.RolloutError) as raised:
        look(served)
    assert str(raised.value) == (
        "The rollout of the Deployment triage/main failed: ProgressDeadlineExceeded: has timed out progressing: 1 of 2"
        " pods are still of another version. Pod main-1, container server: CrashLoopBackOff, ended with exit code 1"
        " (Error: model.onnx: not a model). Look at `kubectl --namespace triage get events --sort-by=.lastTimestamp`,"
        " which are kept for an hour, and at the log group /aws/containerinsights/slipway-dev/application. What to do:"
        " docs/runbooks/rolled-back.md."
    )
    labels = served.asked[-1].query["labelSelector"]
    assert labels == ["app.kubernetes.io/name=triage,app.kubernetes.io/instance=main"]


def test_the_reason_is_short_enough_for_cloudformation() -> None:
    """A response has up to 4096 bytes, the framework's own lines and the stack's identifiers included."""
    found = deployment("ProgressDeadlineExceeded", "False", updated=1)
    found["status"]["conditions"][0]["message"] = "é" * 9000
    answering = cluster(found)
    answering.add(
        PODS,
        {
            "metadata": {"name": "main-1", "labels": LABELS},
            "status": {"containerStatuses": [{"name": "server", "state": {"waiting": {"reason": "é" * 9000}}}]},
        },
    )
    with https(answering, "127.0.0.1") as served, pytest.raises(handler.RolloutError) as raised:
        look(served)
    assert 1000 < len(str(raised.value).encode()) <= 1500


def test_pods_that_all_crash_end_the_rollout_long_before_kubernetes_gives_up() -> None:
    """Within 3 minutes of getting their nodes: 2, and the time between two looks."""
    found = deployment("ReplicaSetUpdated", updated=1)
    revision = {"annotations": {"deployment.kubernetes.io/revision": "2"}}
    found["metadata"] |= revision
    hashed = {"labels": LABELS | {"pod-template-hash": "7f"}}
    crashing = {
        "name": "server",
        "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1}},
    }
    placed = (NOW - timedelta(minutes=2, seconds=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {
        "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": placed}],
        "containerStatuses": [crashing],
    }
    answering = cluster(found)
    answering.add(REPLICA_SETS, {"metadata": {"name": "main-7f"} | hashed | revision})
    answering.add(PODS, {"metadata": {"name": "main-7f-1"} | hashed, "status": status})
    with https(answering, "127.0.0.1") as served, pytest.raises(handler.RolloutError) as raised:
        look(served, began=NOW - timedelta(minutes=2, seconds=30))
    assert "every pod of the new version (1) crashes or has no image: 1 of 2 pods are still of another" in str(
        raised.value
    )
    assert "Pod main-7f-1, container server: CrashLoopBackOff, ended with exit code 1." in str(raised.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_api_that_is_busy_is_asked_again(status: int) -> None:
    with https(cluster(refuse=(status, "later")), "127.0.0.1") as served:
        assert look(served) is False


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        yield held.getsockname()[1]


def test_an_api_that_does_not_answer_is_asked_again(closed_port: int) -> None:
    with https(Cluster(), "127.0.0.1") as other:
        nobody = api(closed_port, other.authority)
    assert handler.look(nobody, ASKED, began=LONG_AGO, now=NOW).state is State.UNDER_WAY


def test_a_request_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two fit, with a connection and an answer each, into the 40 s that the function has."""
    waits = []

    def timed(host: str, port: int, *, timeout: float, context: SSLContext) -> HTTPSConnection:
        waits.append(timeout)
        return HTTPSConnection(host, port, timeout=timeout, context=context)

    monkeypatch.setattr(cluster_api, "HTTPSConnection", timed)
    with https(cluster(deployment("NewReplicaSetAvailable")), "127.0.0.1") as served:
        assert look(served) is True
    assert waits == [8]


def test_an_api_with_another_certificate_is_told_nothing() -> None:
    with https(Cluster(), "127.0.0.1") as served, https(Cluster(), "127.0.0.1") as other:
        untrusted = api(served.port, other.authority)
        assert handler.look(untrusted, ASKED, began=LONG_AGO, now=NOW).state is State.UNDER_WAY
        assert served.asked == []


def test_what_is_never_answered_ends_before_cloudformations_hour(closed_port: int) -> None:
    """CloudFormation itself would say that it got no answer, and nothing of why."""
    with https(Cluster(), "127.0.0.1") as other:
        nobody = api(closed_port, other.authority)
    assert timedelta(minutes=50) < handler.PATIENCE < timedelta(minutes=58)
    with pytest.raises(handler.RolloutError, match="not complete after 55 minutes: the Kubernetes API at https://127"):
        handler.look(nobody, ASKED, began=NOW - handler.PATIENCE - timedelta(seconds=1), now=NOW)


@pytest.mark.parametrize(("status", "said"), [(401, "Unauthorized"), (403, 'deployments.apps "main" is forbidden')])
def test_a_role_that_is_not_let_in(status: int, said: str) -> None:
    """EKS also answers so for a while: to a new access entry, when STS is throttled, from an API server that goes."""
    with https(cluster(refuse=(status, said)), "127.0.0.1") as served:
        assert look(served) is False
        with pytest.raises(handler.RolloutError) as raised:
            look(served, began=NOW - handler.PATIENCE - timedelta(seconds=1))
    assert f"the Kubernetes API answers {DEPLOYMENTS}/main with {status}: {said}; look at the access entry" in str(
        raised.value
    )
    assert "AmazonEKSViewPolicy" in str(raised.value)


def test_a_request_that_is_refused_for_good() -> None:
    """What no waiting mends ends the wait early, and the wait of the rollback with it."""
    with https(cluster(refuse=(400, "no such thing")), "127.0.0.1") as served:
        assert look(served, began=NOW - timedelta(seconds=20)) is False
        with pytest.raises(handler.RolloutError, match=r"with 400: no such thing"):
            look(served)


def test_a_deployment_that_is_gone() -> None:
    with https(cluster(), "127.0.0.1") as served:
        assert look(served, began=NOW) is False
        with pytest.raises(handler.RolloutError, match="there is no such Deployment: somebody has deleted it"):
            look(served)


def test_pods_that_cannot_be_looked_at_do_not_hide_the_reason() -> None:
    found = deployment("ProgressDeadlineExceeded", "False", updated=1)

    class Half(Cluster):
        def __call__(self, asked: Any) -> Any:
            return self._status(403, "no pods for you") if asked.path == PODS else super().__call__(asked)

    answering = Half()
    answering.add(DEPLOYMENTS, found)
    with https(answering, "127.0.0.1") as served, pytest.raises(handler.RolloutError) as raised:
        look(served)
    assert "has timed out progressing" in str(raised.value)
    assert "Its pods cannot be looked at: the Kubernetes API answers" in str(raised.value)
