"""Images other than this project's own server: how they are started, asked and bounded, within the same standard."""

from typing import Any

import pytest
from pydantic import ValidationError

from inference_constructs.config import Pods, Rollout, Strategy
from tests.unit.eks import services
from tests.unit.eks.workloads import Deployed, deployed
from tests.validation.templates.kubernetes_schemas import findings

FOREIGN = Pods.model_validate(
    {
        "cpu": "8",
        "memory": "64Gi",
        "gpus": 4,
        "model_volume": "100Gi",
        "container": {
            "command": ["python3", "-m", "server"],
            "args": ["--port", "8080"],
            "ping_path": "/v2/health/ready",
            "paths": ["/v1/*"],
            "longest_start_s": 1500,
            "shared_memory": "16Gi",
            "scratch": "4Gi",
            "user": 1000,
            "writable_root": True,
        },
    }
)


@pytest.fixture(scope="module")
def foreign() -> Deployed:
    return deployed(pods=FOREIGN)


def test_it_is_started_as_it_asks(foreign: Deployed) -> None:
    assert foreign.server["command"] == ["python3", "-m", "server"]
    assert foreign.server["args"] == ["--port", "8080"]


def test_without_arguments_the_images_own_are_used() -> None:
    pods = FOREIGN.model_copy(update={"container": FOREIGN.container.model_copy(update={"args": (), "command": ()})})
    assert not {"args", "command"} & deployed(pods=pods).server.keys()


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_all_probes_ask_its_path(foreign: Deployed, probe: str) -> None:
    assert foreign.server[probe]["httpGet"] == {"path": "/v2/health/ready", "port": "http"}


def test_it_has_the_time_to_start_that_it_needs(foreign: Deployed) -> None:
    startup = foreign.server["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == 1500


@pytest.mark.parametrize(
    ("volume", "start_s", "deadline_s"),
    [("2Gi", 600, 1515), ("2Gi", 1800, 2715), ("100Gi", 600, 2034), ("400Gi", 1800, 3300)],
)
def test_a_rollout_waits_for_node_images_model_and_start(volume: str, start_s: int, deadline_s: int) -> None:
    """A disk writes 125 MiB a second, and CloudFormation waits an hour."""
    pods = Pods.model_validate(
        {"cpu": "2", "memory": "4Gi", "model_volume": volume, "container": {"longest_start_s": start_s}}
    )
    spec = deployed(pods=pods, rollout=Rollout(strategy=Strategy.ALL_AT_ONCE)).one("Deployment")["spec"]
    assert spec["progressDeadlineSeconds"] == deadline_s


def test_a_long_bake_leaves_time_to_start() -> None:
    rollout = Rollout(strategy=Strategy.ROLLING, batch_percent=50, bake_minutes=45)
    spec = deployed(rollout=rollout).one("Deployment")["spec"]
    assert spec["progressDeadlineSeconds"] == 45 * 60 + 1500


def test_shared_memory_is_memory(foreign: Deployed) -> None:
    """Kubernetes' own is 64 MiB, too little for what GPUs exchange through it."""
    volumes = {each["name"]: each["emptyDir"] for each in foreign.pod["volumes"]}
    assert volumes["shared-memory"] == {"medium": "Memory", "sizeLimit": "16Gi"}
    assert {"name": "shared-memory", "mountPath": "/dev/shm"} in foreign.server["volumeMounts"]  # noqa: S108 - the pod's


def test_what_it_may_write_is_asked_of_the_nodes_disk(foreign: Deployed) -> None:
    """The model, /tmp, as much beside it since the root is writable, and logs."""
    resources = foreign.server["resources"]
    assert resources["requests"]["ephemeral-storage"] == resources["limits"]["ephemeral-storage"] == "110720Mi"


def test_it_runs_as_the_user_it_names_and_stays_within_restricted(foreign: Deployed) -> None:
    pod, container = foreign.pod["securityContext"], foreign.server["securityContext"]
    assert (pod["runAsUser"], pod["runAsGroup"], pod["fsGroup"], pod["runAsNonRoot"]) == (1000, 1000, 1000, True)
    assert container["readOnlyRootFilesystem"] is False
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}


def test_the_objects_are_what_kubernetes_takes(foreign: Deployed) -> None:
    assert findings(foreign.template.to_json(), "1.35") == []


def test_callers_reach_its_paths_and_the_load_balancer_asks_its_own() -> None:
    template = services.deployed(pods=FOREIGN).template
    (group,) = template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup").values()
    assert group["Properties"]["HealthCheckPath"] == "/v2/health/ready"
    rules = template.find_resources("AWS::ElasticLoadBalancingV2::ListenerRule").values()
    values = [each["Properties"]["Conditions"][0]["PathPatternConfig"]["Values"] for each in rules]
    assert values == [["/invocations", "/v2/health/ready", "/v1/*"]] * 2


@pytest.mark.parametrize(
    ("container", "told"),
    [
        ({"user": 0}, "greater than or equal to 1"),
        ({"longest_start_s": 3600}, "less than or equal to 1800"),
        ({"ping_path": "ping"}, "a path such as /ping"),
        ({"paths": ["v1"]}, "paths such as /v1"),
        ({"paths": ["/*"]}, "without /metrics, which stays inside the cluster"),
        ({"paths": ["/metrics"]}, "without /metrics"),
        ({"paths": ["/m*"]}, "without /metrics"),
        ({"paths": ["/a", "/b", "/c"]}, "up to 2"),
        ({"paths": ["/a", "/a"]}, "each one once"),
        ({"args": [""]}, "arguments that are not empty"),
        ({"shared_memory": "4Gi"}, "less than memory, which is 4Gi"),
        ({"shared_memory": "4G"}, "a whole number with Mi or Gi"),
    ],
)
def test_what_cannot_work_is_refused(container: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Pods.model_validate({"cpu": "2", "memory": "4Gi", "container": container})
