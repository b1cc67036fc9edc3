"""The function that CloudFormation waits with, against a cluster whose pods really come up, or do not."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from inference_constructs.eks.functions.rollout_watch import handler
from inference_constructs.eks.functions.rollout_watch.cluster_api import ClusterApi
from inference_constructs.eks.functions.rollout_watch.judgement import State
from tests.emulator.kubernetes import manifests
from tests.emulator.kubernetes.clients import Cluster, Gateway
from tests.emulator.support import eventually

_ASKED = {"Namespace": manifests.NAMESPACE, "Deployment": "main", "Minimum": "2", "Applied": "any"}


class Watch:
    """Looks as the provider framework has it look: from the moment a change was applied."""

    def __init__(self, cluster: Cluster, front: Gateway) -> None:
        authority = base64.b64encode(front.authority.encode()).decode()
        self._api = ClusterApi(
            cluster_name="rehearsal",
            endpoint=str(cluster.http.base_url),
            authority=authority,
            region="us-east-1",
            sts_host="sts.us-east-1.amazonaws.com",
        )
        self._began = datetime.now(UTC)

    def look(self) -> bool:
        verdict = handler.look(self._api, _ASKED, began=self._began, now=datetime.now(UTC))
        return verdict.state is State.COMPLETE


def _in_the_place_of(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """With as many replicas as the autoscaler has set, which an apply leaves as they are."""
    return new | {"spec": new["spec"] | {"replicas": old["spec"]["replicas"]}}


def _restarts(cluster: Cluster) -> int:
    """How often the loading of a model was tried again."""
    states = [pod.get("status", {}).get("initContainerStatuses", [{}])[0] for pod in cluster.pods()]
    return max(int(state.get("restartCount", 0)) for state in states)


@pytest.mark.parametrize("surge", [1, "100%"])
def test_a_version_that_never_comes_up_fails_with_the_reason_and_goes_back_to_the_old_one(
    served: tuple[Cluster, Gateway], model: tuple[str, str], surge: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EKS fact 11: nothing else waits for a rollout; EKS fact 4: the old pods never left."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    cluster, front = served
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0}}
    good = manifests.deployment(s3_uri=model[0], sha256=model[1], strategy=rolling)
    cluster.create(manifests.namespace(gated=True), manifests.config_map(SERVING_KEEP_ALIVE_SECONDS="75"))
    first = Watch(cluster, front)
    assert first.look() is False, "there is no Deployment yet"
    cluster.create(manifests.service(), manifests.binding(), good, manifests.autoscaler(2))
    assert first.look() is False, "its pods cannot be there yet"
    eventually(first.look)
    pods = {pod["metadata"]["name"] for pod in cluster.pods()}
    assert len(pods) == 2

    live = cluster.get("Deployment", "main")
    bad = manifests.deployment(s3_uri=model[0], sha256="0" * 64, strategy=rolling)
    cluster.replace(_in_the_place_of(live, bad))
    second = Watch(cluster, front)
    eventually(lambda: _restarts(cluster))
    assert second.look() is False, "Kubernetes waits on"
    impatient = bad | {"spec": bad["spec"] | {"progressDeadlineSeconds": 1}}
    cluster.replace(_in_the_place_of(live, impatient))
    with pytest.raises(handler.RolloutError) as raised:
        eventually(second.look)
    said = str(raised.value)
    assert f"The rollout of the Deployment {manifests.NAMESPACE}/main failed: ProgressDeadlineExceeded: " in said
    assert "has timed out progressing" in said
    assert "container load-model: " in said
    assert "ended with exit code 1" in said
    assert pods < {pod["metadata"]["name"] for pod in cluster.pods()}
    with front.client() as http:
        assert front.ask(http).status_code == 200

    cluster.replace(_in_the_place_of(live, good))
    back = Watch(cluster, front)
    eventually(back.look)
    assert {pod["metadata"]["name"] for pod in cluster.pods() if "deletionTimestamp" not in pod["metadata"]} == pods
