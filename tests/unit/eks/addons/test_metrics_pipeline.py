"""How the autoscaler learns of requests in flight."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from inference_constructs.config import SupportImages
from inference_constructs.eks.addons.metrics_pipeline import MetricsPipeline
from inference_constructs.eks.common.contract import IN_FLIGHT_METRIC, PER_MINUTE_METRIC
from slipway.serving.metrics import Metrics, Outcome
from tests.unit.eks.workloads import WATCH, Deployed, cluster_of, deployed, empty_stack
from tests.validation.templates.kubernetes_schemas import findings

APPS = ["prometheus", "prometheus-adapter"]
IMAGES = SupportImages(prometheus="mirror/prometheus:1", prometheus_adapter="mirror/adapter:2")


@pytest.fixture(scope="module")
def pipeline() -> Deployed:
    stack = empty_stack()
    MetricsPipeline(stack, "Metrics", cluster=cluster_of(stack), images=IMAGES, rollout_token=WATCH)
    return Deployed(stack)


def configuration(pipeline: Deployed, app: str) -> dict[str, Any]:
    (text,) = pipeline.one("ConfigMap", app)["data"].values()
    parsed: dict[str, Any] = json.loads(text)  # JSON is YAML
    return parsed


def pod_of(pipeline: Deployed, app: str) -> dict[str, Any]:
    spec: dict[str, Any] = pipeline.one("Deployment", app)["spec"]["template"]["spec"]
    return spec


def rule(pipeline: Deployed, name: str) -> dict[str, Any]:
    rules = configuration(pipeline, "prometheus-adapter")["rules"]
    (found,) = [each for each in rules if each["name"]["as"] == name]
    assert isinstance(found, dict)
    return found


def test_what_the_autoscaler_asks_for_is_what_the_server_says(pipeline: Deployed) -> None:
    """EKS fact 19: the whole way of both metrics, from the server's own text to the names in the custom metrics API."""
    metrics = Metrics()
    with metrics.request(Outcome()):
        pass
    said = set(re.findall(r"^([a-z_]+)(?:\{[^}]*\})? [\d.]+$", metrics.text().decode(), flags=re.MULTILINE))
    (scrape,) = configuration(pipeline, "prometheus")["scrape_configs"]
    (keep,) = scrape["metric_relabel_configs"]
    kept = {name for name in said if re.fullmatch(keep["regex"], name)}
    assert kept == {"inference_requests_in_flight", "inference_requests_total"}
    served = {}
    for each in configuration(pipeline, "prometheus-adapter")["rules"]:
        (series,) = [name for name in kept if re.fullmatch(each["name"]["matches"], name)]
        assert each["seriesQuery"].startswith(series + "{")
        served[each["name"]["as"]] = series
    assert served == {
        IN_FLIGHT_METRIC: "inference_requests_in_flight",
        PER_MINUTE_METRIC: "inference_requests_total",
    }


def test_prometheus_finds_the_servers_pods_and_no_others(pipeline: Deployed) -> None:
    (scrape,) = configuration(pipeline, "prometheus")["scrape_configs"]
    (discovery,) = scrape["kubernetes_sd_configs"]
    assert discovery["role"] == "pod"
    (selector,) = discovery["selectors"]
    key, _, value = selector["label"].partition("=")
    workload = deployed()
    template = workload.one("Deployment")["spec"]["template"]
    assert template["metadata"]["labels"][key] == value
    container, namespace, pod = scrape["relabel_configs"]
    server = workload.server
    assert re.fullmatch(container["regex"], f"{server['name']};{server['ports'][0]['name']}")
    assert [each["target_label"] for each in (namespace, pod)] == ["namespace", "pod"]


def test_it_looks_often_enough_to_beat_cloudwatch(pipeline: Deployed) -> None:
    """EKS fact 19: seconds, where CloudWatch takes minutes; each question covers several looks."""
    assert configuration(pipeline, "prometheus")["global"]["scrape_interval"] == "5s"
    assert "avg_over_time(<<.Series>>{<<.LabelMatchers>>}[15s])" in rule(pipeline, IN_FLIGHT_METRIC)["metricsQuery"]


def test_one_look_ends_before_the_next(pipeline: Deployed) -> None:
    """Prometheus does not start with a timeout above the interval: "global scrape timeout greater than scrape interval"
    (prometheus/prometheus, config/config.go)."""
    defaults = configuration(pipeline, "prometheus")["global"]
    assert defaults == {"scrape_interval": "5s", "scrape_timeout": "4s"}
    (scrape,) = configuration(pipeline, "prometheus")["scrape_configs"]
    assert not {"scrape_interval", "scrape_timeout"} & set(scrape), "a job's own would win"


def test_answers_are_counted_per_minute(pipeline: Deployed) -> None:
    query = rule(pipeline, PER_MINUTE_METRIC)["metricsQuery"]
    assert query == "60 * sum(rate(<<.Series>>{<<.LabelMatchers>>}[60s])) by (<<.GroupBy>>)"


@pytest.mark.parametrize("metric", [IN_FLIGHT_METRIC, PER_MINUTE_METRIC])
def test_series_belong_to_pods(pipeline: Deployed, metric: str) -> None:
    overrides = rule(pipeline, metric)["resources"]["overrides"]
    assert overrides == {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}


def test_the_adapter_asks_prometheus_where_it_is(pipeline: Deployed) -> None:
    service = pipeline.one("Service", "prometheus")
    (port,) = service["spec"]["ports"]
    place = f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc:{port['port']}"
    assert f"--prometheus-url=http://{place}/" in pod_of(pipeline, "prometheus-adapter")["containers"][0]["args"]


@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
def test_the_api_server_passes_questions_on(pipeline: Deployed, version: str) -> None:
    spec = pipeline.one("APIService", f"{version}.custom.metrics.k8s.io")["spec"]
    assert (spec["group"], spec["version"]) == ("custom.metrics.k8s.io", version)
    service = pipeline.one("Service", "prometheus-adapter")
    assert spec["service"] == {
        "name": service["metadata"]["name"],
        "namespace": service["metadata"]["namespace"],
        "port": service["spec"]["ports"][0]["port"],
    }


def test_the_registration_goes_first_on_the_way_out(pipeline: Deployed) -> None:
    """EKS fact 10: while an API is registered that nobody answers, Kubernetes deletes no namespace."""
    resources = pipeline.template.to_json()["Resources"]
    order = [key for key in resources if key.startswith("Metrics")]
    names = [key.removeprefix("Metrics")[:-8] for key in order]
    assert names == [
        "Namespace", "Access", "Prometheus", "Rolloutprometheus", "Adapter", "Rolloutprometheusadapter", "Registration",
    ]  # fmt: skip
    for earlier, later in pairwise(order):
        assert earlier in resources[later]["DependsOn"]


def test_a_cluster_is_not_there_before_its_services_can_scale(pipeline: Deployed) -> None:
    """An image that cannot be pulled would leave every autoscaler with CPU alone, and nothing would fail."""
    waits = pipeline.template.find_resources("Custom::SlipwayRollout")
    found = {each["Properties"]["Deployment"]: each["Properties"] for each in waits.values()}
    assert set(found) == set(APPS)
    assert {(each["ServiceToken"], each["Minimum"]) for each in found.values()} == {(WATCH, 2)}


@pytest.mark.parametrize("app", APPS)
def test_what_services_scale_by_comes_before_them_on_nodes_of_its_architecture(pipeline: Deployed, app: str) -> None:
    pod = pod_of(pipeline, app)
    assert pod["priorityClassName"] == "system-cluster-critical"
    assert pod["nodeSelector"] == {"slipway/kind": "cpu", "kubernetes.io/arch": "amd64"}
    spread = {each["topologyKey"] for each in pod["topologySpreadConstraints"]}
    assert spread == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}, "two pods, so a node each at most"


def test_only_the_adapter_asks_prometheus(pipeline: Deployed) -> None:
    """A rule without `from` admits everybody (Kubernetes, "Network Policies"). A pod selector alone means pods of the
    policy's own namespace. The API server, which asks the adapter, is no pod."""
    policies = {name: pipeline.one("NetworkPolicy", name) for name in APPS}
    pods = {name: pipeline.one("Deployment", name)["spec"]["template"]["metadata"]["labels"] for name in APPS}
    adapter = {"app.kubernetes.io/name": "prometheus-adapter"}
    assert {name: policy["spec"]["ingress"] for name, policy in policies.items()} == {
        "prometheus": [
            {"from": [{"podSelector": {"matchLabels": adapter}}], "ports": [{"port": 9090, "protocol": "TCP"}]}
        ],
        "prometheus-adapter": [{"ports": [{"port": 6443, "protocol": "TCP"}]}],
    }
    assert adapter.items() <= pods["prometheus-adapter"].items()
    for name, policy in policies.items():
        assert policy["metadata"]["namespace"] == "slipway-metrics"
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert policy["spec"]["podSelector"]["matchLabels"].items() <= pods[name].items()


def test_nobody_may_read_secrets_or_change_anything(pipeline: Deployed) -> None:
    rules = [rule for each in pipeline.objects if each["kind"] == "ClusterRole" for rule in each["rules"]]
    assert {resource for rule in rules for resource in rule["resources"]} == {"pods", "namespaces"}
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    granted = {each["roleRef"]["name"] for each in pipeline.objects if each["kind"].endswith("Binding")}
    assert granted == {
        "slipway-prometheus",
        "slipway-prometheus-adapter",
        "system:auth-delegator",
        "extension-apiserver-authentication-reader",
    }


@pytest.mark.parametrize("app", APPS)
def test_one_of_two_pods_is_always_there(pipeline: Deployed, app: str) -> None:
    """EKS fact 4: and EKS fact 5, since no autoscaler counts them, their number stands here."""
    spec = pipeline.one("Deployment", app)["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    budget = pipeline.one("PodDisruptionBudget", app)["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("app", APPS)
def test_they_are_restricted_too(pipeline: Deployed, app: str) -> None:
    pod = pod_of(pipeline, app)
    assert pipeline.one("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.parametrize("app", APPS)
def test_what_they_write_to_is_a_volume(pipeline: Deployed, app: str) -> None:
    pod = pod_of(pipeline, app)
    (container,) = pod["containers"]
    writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    expected = {
        "prometheus": ["/prometheus"],
        "prometheus-adapter": ["/tmp", "/var/run/serving-cert"],  # noqa: S108 - within a pod
    }
    assert writable == expected[app]
    folder = {"prometheus": "--storage.tsdb.path=", "prometheus-adapter": "--cert-dir="}[app]
    (path,) = [arg.removeprefix(folder) for arg in container["args"] if arg.startswith(folder)]
    assert path in writable


def test_images_are_the_environments(pipeline: Deployed) -> None:
    """EKS fact 17: nothing is fetched at synth, and nodes without a way to the internet pull copies."""
    images = [pod_of(pipeline, app)["containers"][0]["image"] for app in APPS]
    assert images == ["mirror/prometheus:1", "mirror/adapter:2"]


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.36"])
def test_every_object_keeps_to_kubernetes_schemas(pipeline: Deployed, version: str) -> None:
    assert findings(pipeline.template.to_json(), version) == []
    assert len(pipeline.objects) == 21
