"""The pods of a service: what they run, when they count as ready, how they end, and how they are replaced."""

from datetime import timedelta
from typing import Any

import pytest

from inference_constructs.config import Pods, Rollout, Scaling, Strategy
from inference_constructs.eks.common.timeouts import PRE_STOP_SLEEP_S, idle_timeout_s
from inference_constructs.eks.functions.rollout_watch.handler import PATIENCE
from tests.unit.eks.workloads import ARCHIVE, LOADER, SERVER, SHA256, Deployed, deployed

#: 5 minutes each: a GPU node that takes that long is no failed rollout.
NODE_IMAGE_AND_MODEL_S = 900


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed()


def quantity_mib(text: str) -> int:
    number, unit = text[:-2], text[-2:]
    return int(number) * {"Mi": 1, "Gi": 1024}[unit]


def deployment(**settings: Any) -> dict[str, Any]:
    spec: dict[str, Any] = deployed(**settings).one("Deployment")["spec"]
    return spec


def test_no_number_of_pods(usual: Deployed) -> None:
    """EKS fact 5: an apply would reset what the autoscaler has set."""
    assert "replicas" not in usual.one("Deployment")["spec"]


def test_no_number_of_pods_where_it_is_fixed_either() -> None:
    """EKS fact 5: taken out later, it would become Kubernetes' default of one pod until the autoscaler looks."""
    fixed = deployed(scaling=Scaling(min=3, max=3))
    assert "replicas" not in fixed.one("Deployment")["spec"]
    autoscaler = fixed.one("HorizontalPodAutoscaler")["spec"]
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 3)


@pytest.mark.parametrize(
    ("rollout", "surge"),
    [
        (Rollout(strategy=Strategy.ALL_AT_ONCE), "100%"),
        (Rollout(strategy=Strategy.CANARY, canary_percent=5), "5%"),
        (Rollout(strategy=Strategy.LINEAR), "20%"),
        (Rollout(strategy=Strategy.ROLLING, batch_percent=50), "50%"),
    ],
)
def test_no_pod_ends_before_a_new_one_takes_its_place(rollout: Rollout, surge: str) -> None:
    """EKS fact 4: `maxUnavailable` is 25 % unless given."""
    strategy = deployment(rollout=rollout)["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0}}


@pytest.mark.parametrize(
    ("rollout", "seconds"),
    [
        (Rollout(), 15),
        (Rollout(strategy=Strategy.CANARY, bake_minutes=30), 15),
        (Rollout(strategy=Strategy.ROLLING, bake_minutes=10), 600),
    ],
)
def test_a_batch_is_watched_before_the_next(rollout: Rollout, seconds: int) -> None:
    """EKS fact 4: `minReadySeconds`; what waits for it must not count as stuck."""
    spec = deployment(rollout=rollout)
    assert spec["minReadySeconds"] == seconds
    started = seconds + startup_s(spec["template"]["spec"]["containers"][0])
    assert spec["progressDeadlineSeconds"] == started + NODE_IMAGE_AND_MODEL_S


@pytest.mark.parametrize("rollout", [Rollout(), Rollout(strategy=Strategy.ROLLING, batch_percent=50, bake_minutes=24)])
def test_kubernetes_gives_up_before_cloudformation_does(rollout: Rollout) -> None:
    """EKS fact 11: only Kubernetes can tell why. These are the shortest and the longest watch that are accepted."""
    assert timedelta(seconds=deployment(rollout=rollout)["progressDeadlineSeconds"]) < PATIENCE


def startup_s(container: dict[str, Any]) -> int:
    probe = container["startupProbe"]
    return int(probe["periodSeconds"]) * int(probe["failureThreshold"])


@pytest.mark.parametrize("longest_request_s", [1, 30, 600])
def test_a_pod_answers_on_until_no_request_comes_any_more(longest_request_s: int) -> None:
    """EKS fact 3: 15 s have been too short, 25 s enough; the grace period is longer than the sleep and a request."""
    ending = deployed(pods=Pods(cpu="1", memory="1Gi", longest_request_s=longest_request_s))
    sleep = ending.server["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert sleep == PRE_STOP_SLEEP_S >= 25
    assert ending.pod["terminationGracePeriodSeconds"] > sleep + longest_request_s
    assert ending.one("ConfigMap")["data"]["SERVING_DRAIN_SECONDS"] == str(longest_request_s)


@pytest.mark.parametrize("longest_request_s", [1, 300])
def test_idle_connections_outlive_the_load_balancers_patience(longest_request_s: int) -> None:
    """EKS fact 6: else the load balancer answers 502."""
    pods = Pods(cpu="1", memory="1Gi", longest_request_s=longest_request_s)
    data = deployed(pods=pods, environment={"SERVING_KEEP_ALIVE_SECONDS": "5"}).one("ConfigMap")["data"]
    assert int(data["SERVING_KEEP_ALIVE_SECONDS"]) > idle_timeout_s(pods)


def test_the_model_is_fetched_and_checked_before_the_server_starts(usual: Deployed) -> None:
    (loader,) = usual.pod["initContainers"]
    assert (loader["name"], loader["image"], loader["args"]) == ("load-model", LOADER, ["fetch"])
    assert {each["name"]: each["value"] for each in loader["env"]} == {
        "AWS_REGION": "us-east-1",
        "SERVING_MODEL_DIR": "/opt/ml/model",
        "SERVING_MODEL_S3_URI": ARCHIVE,
        "SERVING_MODEL_SHA256": SHA256,
    }
    assert {"name": "model", "mountPath": "/opt/ml/model"} in loader["volumeMounts"]
    assert {"name": "model", "mountPath": "/opt/ml/model", "readOnly": True} in usual.server["volumeMounts"]


def test_an_image_with_its_model_inside_loads_none() -> None:
    inside = deployed(with_model=False)
    assert "initContainers" not in inside.pod
    assert [volume["name"] for volume in inside.pod["volumes"]] == ["tmp"]
    assert "SERVING_MODEL_DIR" not in inside.one("ConfigMap")["data"]


@pytest.mark.parametrize("model", [{"sha256": None}, {"s3_uri": "s3://models/triage/"}])
def test_a_model_that_cannot_be_checked_is_refused(model: dict[str, Any]) -> None:
    with pytest.raises(
        ValueError, match=r"^variant main: the model s3://models/triage/\S* cannot be checked; accepted:"
    ):
        deployed(**model)


def test_the_server_is_the_services_image_and_reads_the_variants_configuration(usual: Deployed) -> None:
    server = usual.server
    assert (server["name"], server["image"], server["args"]) == ("server", SERVER, ["serve"])
    assert server["envFrom"] == [{"configMapRef": {"name": usual.one("ConfigMap")["metadata"]["name"]}}]
    assert server["ports"] == [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
    assert usual.one("ConfigMap")["data"] == {
        "SERVING_DRAIN_SECONDS": "30",
        "SERVING_HOST": "0.0.0.0",  # noqa: S104 - within a pod
        "SERVING_INFERENCE_THREADS": "2",
        "SERVING_KEEP_ALIVE_SECONDS": "75",
        "SERVING_MODEL_DIR": "/opt/ml/model",
        "SERVING_PORT": "8080",
    }


def test_a_services_variables_win_where_nothing_relies_on_ours() -> None:
    own = {"SERVING_INFERENCE_THREADS": "1", "SERVING_PORT": "9", "SERVING_DRAIN_SECONDS": "1", "MODE": "fast"}
    data = deployed(environment=own).one("ConfigMap")["data"]
    assert (data["SERVING_INFERENCE_THREADS"], data["MODE"]) == ("1", "fast")
    assert (data["SERVING_PORT"], data["SERVING_DRAIN_SECONDS"]) == ("8080", "30")


def test_each_version_of_the_pods_keeps_the_configuration_that_it_came_with(usual: Deployed) -> None:
    """Containers read `envFrom` when they start (Kubernetes, "ConfigMaps"): an old pod that is made anew during a
    rollout must not get what was meant for the new ones. So a changed ConfigMap is another one, and
    CloudFormation deletes the one before only in its clean-up, when the new pods are there."""
    again, other = deployed(), deployed(environment={"MODE": "fast"})
    assert usual.one("ConfigMap")["immutable"] is True
    assert again.one("Deployment") == usual.one("Deployment")
    assert again.one("ConfigMap") == usual.one("ConfigMap")
    assert other.one("ConfigMap")["metadata"]["name"] != usual.one("ConfigMap")["metadata"]["name"]
    assert other.server["envFrom"] != usual.server["envFrom"]
    applied = [set(each.template.find_resources("Custom::AWSCDK-EKS-KubernetesResource")) for each in (usual, other)]
    (gone,), (new,) = applied[0] - applied[1], applied[1] - applied[0]
    assert "Configurationmain" in gone
    assert "Configurationmain" in new


@pytest.mark.parametrize(
    ("probe", "period_s", "timeout_s", "failures"),
    [("startupProbe", 2, 2, 300), ("readinessProbe", 5, 3, 3), ("livenessProbe", 10, 5, 6)],
)
def test_the_server_says_itself_how_it_is_and_may_be_busy(
    usual: Deployed, probe: str, period_s: int, timeout_s: int, failures: int
) -> None:
    """Loading takes up to 600 s. Load alone takes no pod out and restarts none: the default is to wait 1 s for an
    answer (Kubernetes, "Configure Liveness, Readiness and Startup Probes"), and a pod that is busy to the brim
    answers later. It is out after 15 s of silence and restarted after 60 s, and one good answer makes up for all."""
    assert usual.server[probe] == {
        "httpGet": {"path": "/ping", "port": "http"},
        "periodSeconds": period_s,
        "timeoutSeconds": timeout_s,
        "failureThreshold": failures,
    }


def test_pods_are_restricted(usual: Deployed) -> None:
    security = usual.pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == security["runAsGroup"] == security["fsGroup"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*usual.pod["containers"], *usual.pod["initContainers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        }
    assert usual.pod["enableServiceLinks"] is False


def test_memory_is_bounded_and_cpu_is_not_throttled(usual: Deployed) -> None:
    resources = usual.server["resources"]
    assert resources["requests"] | {"cpu": None} == resources["limits"] | {"cpu": None}
    assert (resources["requests"]["cpu"], resources["requests"]["memory"]) == ("2", "4Gi")
    assert "cpu" not in resources["limits"]


def test_the_loader_has_room_for_the_parts_that_it_downloads(usual: Deployed) -> None:
    """Ten parts at once, Python and the SDK: with less the kernel ends it, over and over, and no pod ever starts. The
    pod needs the larger of this and the server's (Kubernetes, "Init Containers", "Resource sharing")."""
    (loader,) = usual.pod["initContainers"]
    for bound in ("requests", "limits"):
        assert loader["resources"][bound]["memory"] == "512Mi"


@pytest.mark.parametrize(("model_volume", "disk"), [("2Gi", "2432Mi"), ("5Gi", "5504Mi")])
def test_the_disk_that_is_asked_for_holds_the_volumes(usual: Deployed, model_volume: str, disk: str) -> None:
    """The kubelet evicts a pod that has more in a volume than its `sizeLimit` (Kubernetes, "Volumes", `emptyDir`), so
    the model's is what the service asks for; 2Gi unless it does. Beside both volumes there is room for logs."""
    pods = Pods(cpu="2", memory="4Gi", model_volume=model_volume)
    found = usual if model_volume == "2Gi" else deployed(pods=pods)
    volumes = {volume["name"]: volume["emptyDir"]["sizeLimit"] for volume in found.pod["volumes"]}
    assert volumes == {"model": model_volume, "tmp": "256Mi"}
    assert quantity_mib(disk) == sum(map(quantity_mib, volumes.values())) + 128
    for container in (found.server, *found.pod["initContainers"]):
        assert container["resources"]["requests"]["ephemeral-storage"] == disk
