"""The Kubernetes objects of the Cluster Autoscaler."""

from collections.abc import Sequence

from cdk8s_plus_33 import k8s

from inference_constructs.config import NodePool
from inference_constructs.eks.common.labels import SLIPWAY, labels, selector
from inference_constructs.eks.common.manifests import Manifest, number_or_text, quantity
from inference_constructs.eks.common.pod_security import container_security_context, pod_security_context

NAMESPACE = "kube-system"
SERVICE_ACCOUNT = "cluster-autoscaler"
_NAME = SERVICE_ACCOUNT
_RBAC = "rbac.authorization.k8s.io"
_USER = 65534  # nobody, as in the image
_SEEN = ("get", "list", "watch")
#: Ten minutes for the longest request that a service may promise, and five for what comes around it.
_LONGEST_END_S = 900
#: Next to nothing: of a node whose pods are DaemonSets', which do not count.
_EMPTY = "0.01"
_UNDERUTILIZED = "0.5"
#: Where it reports whether its loop still runs (cluster-autoscaler's flag --address).
_HEALTH_PORT = 8085


def autoscaler_rights() -> list[Manifest]:
    """Who the autoscaler is in the cluster, and what it may do there."""
    metadata = k8s.ObjectMeta(name=_NAME, labels=labels(SLIPWAY, _NAME))
    in_namespace = k8s.ObjectMeta(name=_NAME, namespace=NAMESPACE, labels=labels(SLIPWAY, _NAME))
    subjects = [k8s.Subject(kind="ServiceAccount", name=SERVICE_ACCOUNT, namespace=NAMESPACE)]
    return [
        k8s.KubeServiceAccount.manifest(metadata=in_namespace),
        k8s.KubeClusterRole.manifest(metadata=metadata, rules=_cluster_rules()),
        k8s.KubeClusterRoleBinding.manifest(
            metadata=metadata,
            role_ref=k8s.RoleRef(api_group=_RBAC, kind="ClusterRole", name=_NAME),
            subjects=subjects,
        ),
        k8s.KubeRole.manifest(metadata=in_namespace, rules=_rules_in_namespace()),
        k8s.KubeRoleBinding.manifest(
            metadata=in_namespace, role_ref=k8s.RoleRef(api_group=_RBAC, kind="Role", name=_NAME), subjects=subjects
        ),
    ]


def autoscaler_deployment(*, image: str, region: str, discovery: str, pools: Sequence[NodePool]) -> Manifest:
    """The autoscaler's pods: one works, one waits for its lease.

    Args:
        image: What runs.
        region: Where the node groups are.
        discovery: By which tags it finds them.
        pools: Whose settings it follows. It has one setting for all groups: the most patient pool's.
    """
    rendered: Manifest = k8s.KubeDeployment.manifest(
        metadata=k8s.ObjectMeta(name=_NAME, namespace=NAMESPACE, labels=labels(SLIPWAY, _NAME)),
        spec=k8s.DeploymentSpec(
            replicas=2,
            selector=k8s.LabelSelector(match_labels=selector(SLIPWAY, _NAME)),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels=labels(SLIPWAY, _NAME)),
                spec=k8s.PodSpec(
                    service_account_name=SERVICE_ACCOUNT,
                    priority_class_name="system-cluster-critical",
                    security_context=pod_security_context(_USER),
                    containers=[_container(image, region, [f"--node-group-auto-discovery={discovery}", *_pace(pools)])],
                    topology_spread_constraints=[
                        k8s.TopologySpreadConstraint(
                            max_skew=1,
                            topology_key="kubernetes.io/hostname",
                            when_unsatisfiable="ScheduleAnyway",
                            label_selector=k8s.LabelSelector(match_labels=selector(SLIPWAY, _NAME)),
                        )
                    ],
                ),
            ),
        ),
    )
    return rendered


def autoscaler_disruption_budget() -> Manifest:
    """One pod may be moved at a time. Without one the autoscaler keeps every node that its own pods are on."""
    rendered: Manifest = k8s.KubePodDisruptionBudget.manifest(
        metadata=k8s.ObjectMeta(name=_NAME, namespace=NAMESPACE, labels=labels(SLIPWAY, _NAME)),
        spec=k8s.PodDisruptionBudgetSpec(
            selector=k8s.LabelSelector(match_labels=selector(SLIPWAY, _NAME)),
            max_unavailable=number_or_text(1),
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
    )
    return rendered


def _container(image: str, region: str, arguments: list[str]) -> k8s.Container:
    amounts = {"cpu": quantity("100m"), "memory": quantity("600Mi")}
    return k8s.Container(
        name=_NAME,
        image=image,
        command=["./cluster-autoscaler"],
        args=[
            "--cloud-provider=aws",
            f"--namespace={NAMESPACE}",
            "--expander=least-waste",
            "--skip-nodes-with-local-storage=false",  # models are in emptyDir volumes, which another node can fill
            "--ignore-daemonsets-utilization=true",
            f"--max-graceful-termination-sec={_LONGEST_END_S}",
            *arguments,
        ],
        env=[k8s.EnvVar(name="AWS_REGION", value=region)],
        resources=k8s.ResourceRequirements(requests=amounts, limits=amounts),
        # One that hangs keeps its lease; this is what makes room for the other.
        liveness_probe=k8s.Probe(
            http_get=k8s.HttpGetAction(path="/health-check", port=number_or_text(_HEALTH_PORT)),
            initial_delay_seconds=15,
            period_seconds=20,
            timeout_seconds=5,
            failure_threshold=3,
        ),
        security_context=container_security_context(),
    )


def _pace(pools: Sequence[NodePool]) -> list[str]:
    empty_only = any(pool.disruption.consolidate == "when_empty" for pool in pools)
    patience = max(pool.disruption.after_s for pool in pools)
    return [
        f"--scale-down-unneeded-time={patience}s",
        f"--scale-down-utilization-threshold={_EMPTY if empty_only else _UNDERUTILIZED}",
    ]


def _cluster_rules() -> list[k8s.PolicyRule]:
    rule = k8s.PolicyRule
    seen = {
        "": (
            "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "replicationcontrollers",
            "services",
        ),
        "apps": ("daemonsets", "replicasets", "statefulsets"),
        "batch": ("cronjobs", "jobs"),
        "policy": ("poddisruptionbudgets",),
        "resource.k8s.io": ("deviceclasses", "resourceclaims", "resourceslices"),
        "storage.k8s.io": ("csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments"),
    }  # fmt: skip
    return [
        *(rule(api_groups=[group], resources=list(kinds), verbs=list(_SEEN)) for group, kinds in seen.items()),
        rule(api_groups=[""], resources=["events"], verbs=["create", "patch"]),
        rule(api_groups=[""], resources=["nodes"], verbs=["update"]),
        rule(api_groups=[""], resources=["pods/eviction"], verbs=["create"]),
        rule(api_groups=[""], resources=["pods/status"], verbs=["update"]),
    ]


def _rules_in_namespace() -> list[k8s.PolicyRule]:
    rule = k8s.PolicyRule
    leases = "coordination.k8s.io"
    status = ["cluster-autoscaler-status", "cluster-autoscaler-priority-expander"]
    return [
        rule(api_groups=[""], resources=["configmaps"], verbs=["create", "list", "watch"]),
        rule(
            api_groups=[""], resources=["configmaps"], resource_names=status, verbs=["delete", "get", "update", "watch"]
        ),
        rule(api_groups=[leases], resources=["leases"], verbs=["create"]),
        rule(api_groups=[leases], resources=["leases"], resource_names=[_NAME], verbs=["get", "update"]),
    ]
