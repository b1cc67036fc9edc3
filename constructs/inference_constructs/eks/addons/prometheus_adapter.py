"""The adapter through which the autoscaler reads Prometheus: it answers the API custom.metrics.k8s.io.

Configuration and flags: kubernetes-sigs/prometheus-adapter, docs/config.md and cmd/adapter/adapter.go.
"""

from cdk8s_plus_33 import k8s
from pydantic import Field

from inference_constructs.config.models.base import ConfigModel
from inference_constructs.eks.addons.prometheus import PORT as PROMETHEUS_PORT
from inference_constructs.eks.addons.prometheus import REQUESTS_SERIES, SCRAPE_INTERVAL_S
from inference_constructs.eks.addons.support_app import SupportApp
from inference_constructs.eks.common.contract import IN_FLIGHT_METRIC, METRICS_NAMESPACE, PER_MINUTE_METRIC
from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest

#: Above 1024, since it runs as nobody.
PORT = 6443
_API_GROUP = "custom.metrics.k8s.io"
#: Both that adapters serve; the autoscaler takes the one that it prefers of those that are there.
_API_VERSIONS = ("v1beta1", "v1beta2")
_CONFIG_FILE = "config.yaml"
#: One moment shows little of requests that take milliseconds: the mean of three.
_IN_FLIGHT_WINDOW_S = 3 * SCRAPE_INTERVAL_S
_RATE_WINDOW_S = 60
_RELIST_S = 15
#: So that a metric does not vanish with a pause of its scrapes: the autoscaler holds still without it.
_KNOWN_FOR = "5m"


class _Resource(ConfigModel):
    resource: str


class _Resources(ConfigModel):
    overrides: dict[str, _Resource]


class _Name(ConfigModel):
    matches: str
    as_: str = Field(serialization_alias="as")


class _Rule(ConfigModel):
    series: str = Field(serialization_alias="seriesQuery")
    resources: _Resources = _Resources(
        overrides={"namespace": _Resource(resource="namespace"), "pod": _Resource(resource="pod")}
    )
    name: _Name
    query: str = Field(serialization_alias="metricsQuery")


class _Configuration(ConfigModel):
    rules: tuple[_Rule, ...]


def prometheus_adapter(image: str, prometheus: SupportApp) -> SupportApp:
    """The adapter. Each pod makes a certificate of its own."""
    return SupportApp(
        name="prometheus-adapter",
        namespace=METRICS_NAMESPACE,
        image=image,
        args=(
            "--cert-dir=/var/run/serving-cert",
            f"--config=/etc/adapter/{_CONFIG_FILE}",
            f"--metrics-relist-interval={_RELIST_S}s",
            f"--metrics-max-age={_KNOWN_FOR}",
            f"--prometheus-url=http://{prometheus.name}.{prometheus.namespace}.svc:{PROMETHEUS_PORT}/",
            f"--secure-port={PORT}",
        ),
        port=PORT,
        scheme="HTTPS",
        ready_path="/readyz",
        alive_path="/livez",
        config_dir="/etc/adapter",
        config={_CONFIG_FILE: _configuration().model_dump_json(by_alias=True, indent=1)},
        scratch={"tmp": "/tmp", "serving-cert": "/var/run/serving-cert"},  # noqa: S108 - the pod's own
        cpu="100m",
        memory="256Mi",
    )


def adapter_access(app: SupportApp) -> list[Manifest]:
    """It may find pods and namespaces, and ask the API server who calls it and whether they may."""
    name = f"{SLIPWAY}-{app.name}"
    labels = app.selector | {MANAGED_BY: SLIPWAY}
    return [
        k8s.KubeClusterRole.manifest(
            metadata=k8s.ObjectMeta(name=name, labels=labels),
            rules=[k8s.PolicyRule(api_groups=[""], resources=["namespaces", "pods"], verbs=["get", "list", "watch"])],
        ),
        k8s.KubeClusterRoleBinding.manifest(
            metadata=k8s.ObjectMeta(name=name, labels=labels),
            role_ref=_role("ClusterRole", name),
            subjects=[app.subject()],
        ),
        k8s.KubeClusterRoleBinding.manifest(
            metadata=k8s.ObjectMeta(name=f"{name}-auth-delegator", labels=labels),
            role_ref=_role("ClusterRole", "system:auth-delegator"),
            subjects=[app.subject()],
        ),
        k8s.KubeRoleBinding.manifest(
            metadata=k8s.ObjectMeta(name=f"{name}-auth-reader", namespace="kube-system", labels=labels),
            role_ref=_role("Role", "extension-apiserver-authentication-reader"),
            subjects=[app.subject()],
        ),
    ]


def api_services(app: SupportApp) -> list[Manifest]:
    """Have the API server pass questions about custom metrics to the adapter.

    It does not check the adapter's certificate. To do so it would need an authority that signs it, and whose key would
    lie in the template or be made by one more controller. What the check would keep out, somebody who can make himself
    the endpoint of a Service of this namespace, could change the adapter as well; and what he would gain is the number
    of pods within the service's own bounds. The adapter does check that it is the API server that asks.
    """
    return [
        k8s.KubeApiService.manifest(
            metadata=k8s.ObjectMeta(name=f"{version}.{_API_GROUP}", labels=app.selector | {MANAGED_BY: SLIPWAY}),
            spec=k8s.ApiServiceSpec(
                group=_API_GROUP,
                version=version,
                group_priority_minimum=100,
                version_priority=100 * priority,
                insecure_skip_tls_verify=True,
                service=k8s.ServiceReference(name=app.name, namespace=app.namespace, port=app.port),
            ),
        )
        for priority, version in enumerate(_API_VERSIONS, start=1)
    ]


def _role(kind: str, name: str) -> k8s.RoleRef:
    return k8s.RoleRef(api_group="rbac.authorization.k8s.io", kind=kind, name=name)


def _configuration() -> _Configuration:
    """Requests in flight, and requests answered per minute, of each pod that the autoscaler asks about."""
    of_pods = "{<<.LabelMatchers>>}"
    return _Configuration(
        rules=(
            _Rule(
                series=_series(IN_FLIGHT_METRIC),
                name=_Name(matches=f"^{IN_FLIGHT_METRIC}$", as_=IN_FLIGHT_METRIC),
                query=f"sum(avg_over_time(<<.Series>>{of_pods}[{_IN_FLIGHT_WINDOW_S}s])) by (<<.GroupBy>>)",
            ),
            _Rule(
                series=_series(REQUESTS_SERIES),
                name=_Name(matches=f"^{REQUESTS_SERIES}$", as_=PER_MINUTE_METRIC),
                query=f"60 * sum(rate(<<.Series>>{of_pods}[{_RATE_WINDOW_S}s])) by (<<.GroupBy>>)",
            ),
        )
    )


def _series(name: str) -> str:
    return name + '{namespace!="",pod!=""}'
