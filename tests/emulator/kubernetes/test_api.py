import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane
from tests.emulator.kubernetes import manifests
from tests.emulator.kubernetes.clients import Cluster
from tests.emulator.support import eventually

_MERGE = {"Content-Type": "application/merge-patch+json"}
_STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
_APPLY = {"Content-Type": "application/apply-patch+yaml"}


@pytest.fixture
def filled(cluster: Cluster) -> Cluster:
    """A cluster with a deployment of an image that is not here."""
    other = manifests.deployment(args=("--config.file=/etc/prometheus.yml",))
    cluster.create(manifests.namespace(), manifests.config_map(A="1"), manifests.service(), manifests.binding(), other)
    return cluster


def _refused(reply: httpx.Response, code: int, reason: str, sentence: str) -> None:
    status: dict[str, Any] = reply.json()
    assert (reply.status_code, status["kind"], status["reason"]) == (code, "Status", reason)
    assert sentence in status["message"]


def test_discovery_tells_every_kind_once_and_with_its_short_names(cluster: Cluster) -> None:
    groups = {group["name"] for group in cluster.http.get("/apis").json()["groups"]}
    assert {"apps", "autoscaling", "policy", "eks.amazonaws.com", "karpenter.sh"} <= groups
    core = cluster.http.get("/api/v1").json()
    assert core["groupVersion"] == "v1"
    (pods,) = [found for found in core["resources"] if found["name"] == "pods"]
    assert (pods["kind"], pods["shortNames"], pods["namespaced"]) == ("Pod", ["po"], True)
    assert cluster.http.get("/version").json()["gitVersion"].startswith("v1.35.")
    _refused(cluster.http.get("/apis/unknown/v1"), 404, "NotFound", "could not find")


def test_what_is_wrong_is_refused_with_a_status_that_names_it(cluster: Cluster) -> None:
    path = cluster.path("Deployment")
    _refused(cluster.http.post(path, json=manifests.deployment()), 404, "NotFound", 'namespaces "served" not found')
    cluster.create(manifests.namespace(), manifests.deployment(args=("other",)))
    _refused(cluster.http.post(path, json=manifests.deployment()), 409, "AlreadyExists", '"main" already exists')
    spoiled = manifests.deployment(replica=2)
    reply = cluster.http.put(f"{path}/main", json=spoiled)
    _refused(reply, 422, "Invalid", "spec: Additional properties are not allowed ('replica' was unexpected)")
    assert reply.json()["details"]["causes"][0]["field"] == "spec"
    _refused(cluster.http.post(path, content=b"{"), 400, "BadRequest", "can not be read")
    _refused(cluster.http.post(path, json=manifests.service()), 400, "BadRequest", "does not belong")
    _refused(cluster.http.get(f"{path}/other"), 404, "NotFound", 'deployments.apps "other" not found')
    _refused(cluster.http.delete(f"{path}/other"), 404, "NotFound", 'deployments.apps "other" not found')


def test_lists_have_a_kind_and_are_chosen_by_labels_and_fields(filled: Cluster) -> None:
    labelled = manifests.config_map() | {"metadata": {"name": "other", "labels": {"tier": "b"}}}
    filled.create(labelled)

    def names(**query: str) -> list[str]:
        found = filled.http.get(filled.path("ConfigMap"), params=query).json()
        assert found["kind"] == "ConfigMapList"
        return [item["metadata"]["name"] for item in found["items"]]

    assert names() == ["main", "other"]
    assert names(labelSelector="tier in (a, b)") == ["other"]
    assert names(labelSelector="tier!=b") == ["main"]
    assert names(labelSelector="!tier") == ["main"]
    assert names(fieldSelector="metadata.name=other") == ["other"]


def test_kubectl_gets_a_table(filled: Cluster) -> None:
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    found = filled.http.get("/apis/eks.amazonaws.com/v1/targetgroupbindings", headers=accept).json()
    assert [column["name"] for column in found["columnDefinitions"]] == [
        "Name",
        "Service-Name",
        "Service-Port",
        "Target-Type",
        "Age",
    ]
    assert found["rows"][0]["cells"][:4] == ["main", "main", "80", "ip"]


def test_patches_change_what_they_name_and_are_checked(filled: Cluster) -> None:
    path = filled.path("ConfigMap", "main")
    assert filled.http.patch(path, json={"data": {"A": None, "B": "2"}}, headers=_MERGE).json()["data"] == {"B": "2"}
    deployment = filled.path("Deployment", "main")
    container = {"name": "server", "env": [{"name": "X", "value": "1"}]}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    changed = filled.http.patch(deployment, json=patch, headers=_STRATEGIC).json()
    (server,) = changed["spec"]["template"]["spec"]["containers"]
    assert (server["image"], server["env"]) == ("serving:local", [{"name": "X", "value": "1"}])
    assert changed["metadata"]["generation"] == 2
    wrong = {"spec": {"minReadySeconds": "soon"}}
    _refused(filled.http.patch(deployment, json=wrong, headers=_MERGE), 422, "Invalid", "spec.minReadySeconds")
    applied = filled.http.patch(
        filled.path("ConfigMap", "new"),
        content=b"{apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {A: '1'}}",
        headers=_APPLY,
    )
    assert (applied.status_code, applied.json()["metadata"]["namespace"]) == (201, manifests.NAMESPACE)
    assert filled.http.delete(path, params={"dryRun": "All"}).status_code == 200
    assert filled.http.get(path).status_code == 200


def test_what_is_left_out_is_filled_in_whichever_way_an_object_is_written(filled: Cluster) -> None:
    path = filled.path("Deployment", "main")
    deployment = filled.http.get(path).json()
    deployment["spec"].pop("replicas")
    assert filled.http.put(path, json=deployment).json()["spec"]["replicas"] == 1
    without = {"spec": {"replicas": None}}
    assert filled.http.patch(path, json=without, headers=_MERGE).json()["spec"]["replicas"] == 1


def test_a_watch_tells_what_was_there_and_what_comes(filled: Cluster) -> None:
    query = {"watch": "true", "sendInitialEvents": "true", "timeoutSeconds": "20"}
    with filled.http.stream("GET", filled.path("ConfigMap"), params=query) as stream:
        events = (json.loads(line) for line in stream.iter_lines())
        assert (next(events)["type"], next(events)["type"]) == ("ADDED", "BOOKMARK")
        with httpx.Client(verify=False, trust_env=False) as other:  # noqa: S501  which certificate is of no interest here
            other.delete(filled.http.base_url.join(filled.path("ConfigMap", "main")))
        event = next(events)
    assert (event["type"], event["object"]["metadata"]["name"]) == ("DELETED", "main")


def test_a_deployment_of_another_image_is_told_not_to_run(filled: Cluster) -> None:
    status = eventually(lambda: filled.get("Deployment", "main").get("status"))
    assert (status["replicas"], status["unavailableReplicas"]) == (0, 1)
    assert status["conditions"][0]["reason"] == "NotRunHere"
    assert filled.pods() == []


def test_a_deleted_namespace_takes_everything_with_it(filled: Cluster) -> None:
    assert filled.http.delete(filled.path("Namespace", manifests.NAMESPACE)).status_code == 200
    eventually(lambda: filled.http.get(filled.path("Namespace", manifests.NAMESPACE)).status_code == 404)
    assert filled.http.get(filled.path("Service")).json()["items"] == []


def test_the_kubeconfig_names_every_cluster(plane: KubernetesPlane, tmp_path: Path) -> None:
    for name in ("one", "two"):
        plane.open_cluster(name, "1.35")
    written = json.loads((tmp_path / "kubeconfig").read_text())
    assert [context["name"] for context in written["contexts"]] == ["one", "two"]
    plane.close_cluster("one")
    assert json.loads((tmp_path / "kubeconfig").read_text())["current-context"] == "two"
