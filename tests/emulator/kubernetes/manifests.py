"""Manifests for tests, in the form that the EKS templates have."""

from typing import Any

NAMESPACE = "served"
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/group/0123456789abcdef"


def namespace(*, gated: bool = False) -> dict[str, Any]:
    labels = {"eks.amazonaws.com/pod-readiness-gate-inject": "enabled"} if gated else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named("main"), "data": data}


def service() -> dict[str, Any]:
    spec = {"selector": {"app": "a"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _named("main"), "spec": spec}


def binding(arn: str = ARN) -> dict[str, Any]:
    spec = {"targetGroupARN": arn, "targetType": "ip", "serviceRef": {"name": "main", "port": 80}}
    return {
        "apiVersion": "eks.amazonaws.com/v1",
        "kind": "TargetGroupBinding",
        "metadata": _named("main"),
        "spec": spec,
    }


def autoscaler(least: int, most: int = 10) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "main"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _named("main"),
        "spec": spec,
    }


def deployment(
    *, s3_uri: str = "", sha256: str = "", pre_stop_s: int = 25, args: tuple[str, ...] = ("serve",), **spec: Any
) -> dict[str, Any]:
    """A Deployment of the serving image; with `s3_uri`, an init container fetches its model."""
    ping = {"httpGet": {"path": "/ping", "port": "http"}, "periodSeconds": 5}
    mount = {"name": "model", "mountPath": "/opt/ml/model"}
    loader = {
        "name": "load-model",
        "image": "serving:local",
        "args": ["fetch"],
        "env": [{"name": "SERVING_MODEL_S3_URI", "value": s3_uri}, {"name": "SERVING_MODEL_SHA256", "value": sha256}],
        "volumeMounts": [mount],
    }
    server = {
        "name": "server",
        "image": "serving:local",
        "args": list(args),
        "ports": [{"name": "http", "containerPort": 8080}],
        "envFrom": [{"configMapRef": {"name": "main"}}],
        "startupProbe": ping | {"failureThreshold": 30},
        "readinessProbe": ping | {"failureThreshold": 1},
        "volumeMounts": [mount | {"readOnly": True}],
    }
    if pre_stop_s:
        server["lifecycle"] = {"preStop": {"sleep": {"seconds": pre_stop_s}}}
    pod = {
        "volumes": [{"name": "model", "emptyDir": {}}],
        "terminationGracePeriodSeconds": 60,
        "initContainers": [loader] if s3_uri else [],
        "containers": [server],
    }
    template = {"metadata": {"labels": {"app": "a"}}, "spec": pod}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    wanted = {"selector": {"matchLabels": {"app": "a"}}, "strategy": rolling, "template": template} | spec
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _named("main"), "spec": wanted}


def _named(name: str) -> dict[str, str]:
    return {"name": name, "namespace": NAMESPACE}
