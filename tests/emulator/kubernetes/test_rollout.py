from typing import Any

from tests.emulator.kubernetes import manifests
from tests.emulator.kubernetes.clients import Cluster, Gateway, Load
from tests.emulator.support import eventually

Served = tuple[Cluster, Gateway]
Model = tuple[str, str]


def _deployment(model: Model, **more: Any) -> dict[str, Any]:
    return manifests.deployment(s3_uri=model[0], sha256=model[1], **more)


def _bring_up(cluster: Cluster, deployment: dict[str, Any]) -> None:
    cluster.create(manifests.namespace(gated=True), manifests.config_map(SERVING_KEEP_ALIVE_SECONDS="75"))
    cluster.create(manifests.service(), manifests.binding(), deployment, manifests.autoscaler(2))
    cluster.rolled_out()


def _changed(deployment: dict[str, Any], value: str) -> dict[str, Any]:
    annotated = deployment["spec"]["template"]["metadata"] | {"annotations": {"changed": value}}
    template = deployment["spec"]["template"] | {"metadata": annotated}
    return deployment | {"spec": deployment["spec"] | {"template": template, "replicas": 2}}


def test_a_rolling_update_fails_no_request_and_without_its_drain_it_does(served: Served, model: Model) -> None:
    """EKS facts 2 to 5: gate, drain and no pod less are what makes it so, and the autoscaler's number of pods stays."""
    cluster, front = served
    deployment = _deployment(model)
    _bring_up(cluster, deployment)
    before = {pod["metadata"]["name"] for pod in cluster.pods()}
    assert len(before) == 2
    with Load(front) as load:
        cluster.replace(_changed(deployment, "once"))
        cluster.rolled_out()
        eventually(lambda: before.isdisjoint(pod["metadata"]["name"] for pod in cluster.pods()))
    assert load.failed == 0, load.statuses
    assert load.statuses[200] > 50

    careless = _deployment(model, pre_stop_s=0)
    cluster.replace(_changed(careless, "twice"))
    cluster.rolled_out()
    eventually(lambda: len(cluster.pods()) == 2)
    with Load(front) as load:
        cluster.replace(_changed(careless, "thrice"))
        cluster.rolled_out()
        eventually(lambda: len(cluster.pods()) == 2)
    assert load.statuses[502] > 0, load.statuses

    with front.client() as http:
        assert (http.get("/metrics").status_code, http.get("/metrics").text) == (404, "no rule")
    cluster.http.delete(cluster.path("Deployment", "main"))
    eventually(lambda: cluster.pods() == [])
    with front.client() as http:
        eventually(lambda: front.ask(http).status_code == 503)


def test_a_model_that_can_not_be_fetched_keeps_the_old_pods_and_says_why(served: Served, model: Model) -> None:
    cluster, front = served
    _bring_up(cluster, _deployment(model))
    cluster.replace(_changed(manifests.deployment(s3_uri=model[0], sha256="0" * 64), "spoiled"))

    def crashing() -> dict[str, Any] | None:
        states = [pod["status"].get("initContainerStatuses", [{}])[0] for pod in cluster.pods()]
        return next((found for found in states if found.get("restartCount")), None)

    state = eventually(crashing)
    assert state["lastState"]["terminated"]["exitCode"] == 1 or state["state"].get("waiting")
    status = cluster.get("Deployment", "main")["status"]
    assert (status["availableReplicas"], status["updatedReplicas"]) == (2, 1)
    with front.client() as http:
        assert front.ask(http).status_code == 200


def test_a_missing_config_map_is_what_a_pod_waits_for(served: Served) -> None:
    cluster, _ = served
    cluster.create(manifests.namespace(), manifests.deployment())

    def waiting() -> str | None:
        for pod in cluster.pods():
            state = pod.get("status", {}).get("containerStatuses", [{}])[0].get("state", {})
            if state.get("waiting", {}).get("reason") == "CreateContainerConfigError":
                return str(state["waiting"]["message"])
        return None

    assert eventually(waiting) == 'configmap "main" not found'


def test_more_replicas_than_this_machine_bears_are_noted_and_not_run(served: Served) -> None:
    cluster, _ = served
    cluster.create(manifests.namespace(), manifests.deployment(replicas=7))
    eventually(lambda: len(cluster.pods()) == 2)
    deployment = cluster.get("Deployment", "main")
    assert deployment["spec"]["replicas"] == 2
    assert deployment["metadata"]["annotations"]["slipway.local/replicas-asked-for"] == "7"
