"""Prometheus, as small as the autoscaler needs it: two numbers of every model server, for minutes.

Configuration format: prometheus.io, "Configuration" (`kubernetes_sd_config`, `relabel_config`).
"""

from cdk8s_plus_33 import k8s
from pydantic import Field

from inference_constructs.config.models.base import ConfigModel
from inference_constructs.eks.addons.support_app import SupportApp
from inference_constructs.eks.common.contract import IN_FLIGHT_METRIC, METRICS_NAMESPACE
from inference_constructs.eks.common.labels import HTTP_PORT_NAME, MANAGED_BY, SERVER_CONTAINER, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest

PORT = 9090
#: What a server counts as answered (slipway/serving/README.md).
REQUESTS_SERIES = "inference_requests_total"
#: Seconds between two looks at a pod. A request in flight is seen only if it is in flight then.
SCRAPE_INTERVAL_S = 5
_SCRAPE_TIMEOUT_S = 4
_RETENTION = "2h"
_CONFIG_FILE = "prometheus.yml"
#: Series of a pod that may be kept: one in flight, one for each status that was answered.
_MOST_SERIES = 100


class _Selector(ConfigModel):
    role: str
    label: str
    field: str


class _Discovery(ConfigModel):
    role: str
    selectors: tuple[_Selector, ...]


class _Relabel(ConfigModel):
    source_labels: tuple[str, ...]
    action: str
    regex: str | None = None
    target_label: str | None = None


class _Scrape(ConfigModel):
    job_name: str
    sample_limit: int
    kubernetes_sd_configs: tuple[_Discovery, ...]
    relabel_configs: tuple[_Relabel, ...]
    metric_relabel_configs: tuple[_Relabel, ...]


class _Defaults(ConfigModel):
    scrape_interval: str
    scrape_timeout: str


class _Configuration(ConfigModel):
    defaults: _Defaults = Field(serialization_alias="global")
    scrape_configs: tuple[_Scrape, ...]


def prometheus(image: str) -> SupportApp:
    """Prometheus. What it knows may be lost: after a restart it takes three looks at the pods."""
    return SupportApp(
        name="prometheus",
        namespace=METRICS_NAMESPACE,
        image=image,
        args=(
            f"--config.file=/etc/prometheus/{_CONFIG_FILE}",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={_RETENTION}",
            f"--web.listen-address=:{PORT}",
        ),
        port=PORT,
        scheme="HTTP",
        ready_path="/-/ready",
        alive_path="/-/healthy",
        config_dir="/etc/prometheus",
        config={_CONFIG_FILE: _configuration().model_dump_json(by_alias=True, exclude_none=True, indent=1)},
        scratch={"data": "/prometheus"},
        cpu="100m",
        memory="512Mi",
    )


def prometheus_access(app: SupportApp) -> list[Manifest]:
    """It may find pods, in every namespace, and read nothing else."""
    metadata = k8s.ObjectMeta(name=f"{SLIPWAY}-{app.name}", labels=app.selector | {MANAGED_BY: SLIPWAY})
    return [
        k8s.KubeClusterRole.manifest(
            metadata=metadata,
            rules=[k8s.PolicyRule(api_groups=[""], resources=["pods"], verbs=["get", "list", "watch"])],
        ),
        k8s.KubeClusterRoleBinding.manifest(
            metadata=metadata,
            role_ref=k8s.RoleRef(
                api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=f"{SLIPWAY}-{app.name}"
            ),
            subjects=[app.subject()],
        ),
    ]


def _configuration() -> _Configuration:
    """Find our running pods, look at the server's port, and keep two metrics with the pod's name and namespace."""
    pods = _Selector(role="pod", label=f"{MANAGED_BY}={SLIPWAY}", field="status.phase=Running")
    meta = "__meta_kubernetes"
    return _Configuration(
        defaults=_Defaults(scrape_interval=f"{SCRAPE_INTERVAL_S}s", scrape_timeout=f"{_SCRAPE_TIMEOUT_S}s"),
        scrape_configs=(
            _Scrape(
                job_name="model-servers",
                sample_limit=_MOST_SERIES,
                kubernetes_sd_configs=(_Discovery(role="pod", selectors=(pods,)),),
                relabel_configs=(
                    _Relabel(
                        source_labels=(f"{meta}_pod_container_name", f"{meta}_pod_container_port_name"),
                        action="keep",
                        regex=f"{SERVER_CONTAINER};{HTTP_PORT_NAME}",
                    ),
                    _Relabel(source_labels=(f"{meta}_namespace",), action="replace", target_label="namespace"),
                    _Relabel(source_labels=(f"{meta}_pod_name",), action="replace", target_label="pod"),
                ),
                metric_relabel_configs=(
                    _Relabel(source_labels=("__name__",), action="keep", regex=f"{IN_FLIGHT_METRIC}|{REQUESTS_SERIES}"),
                ),
            ),
        ),
    )
