"""The Kubernetes objects of the AWS Load Balancer Controller: who it is, what it may do, and its pods.

They follow its chart (helm/aws-load-balancer-controller of version 3.5), less everything that makes load balancers.
"""

from cdk8s_plus_33 import k8s

from inference_constructs.eks.common.labels import NODE_KIND, SLIPWAY, labels, selector
from inference_constructs.eks.common.manifests import Manifest, number_or_text, quantity
from inference_constructs.eks.common.pod_security import container_security_context, pod_security_context
from inference_constructs.eks.crds.load_balancer_definitions import BINDINGS, CLASS_PARAMETERS, GROUP

NAMESPACE = "kube-system"
#: Not what its chart calls it: both may be in a cluster for a while, since they share a lease and one of them waits.
NAME = "load-balancer-controller"
#: Where the API server asks the webhooks.
WEBHOOK_SERVICE = f"{NAME}-webhooks"
#: The Secret with the webhooks' certificate.
CERTIFICATE_SECRET = f"{NAME}-certificate"
_LEASE = "aws-load-balancer-controller-leader"  # --leader-election-id, by default
_RBAC = "rbac.authorization.k8s.io"
_USER = 65534  # nobody: the image has no user of its own
_SEEN = ("get", "list", "watch")
_HTTPS = 443
_WEBHOOK_PORT, _METRICS_PORT, _HEALTH_PORT = 9443, 8080, 61779
_CERTIFICATE_FOLDER = "/var/run/serving-cert"
#: What it would watch the cluster for besides bindings, and make load balancers for. Ingresses it always watches.
_SWITCHED_OFF = ("ALBGatewayAPI", "EnableServiceController", "GlobalAcceleratorController", "NLBGatewayAPI")


def controller_rights() -> list[Manifest]:
    """Who the controller is in the cluster, and what it may do there: nothing with Secrets, and to no Service."""
    everywhere = k8s.ObjectMeta(name=f"{SLIPWAY}-{NAME}", labels=labels(SLIPWAY, NAME))
    subjects = [k8s.Subject(kind="ServiceAccount", name=NAME, namespace=NAMESPACE)]
    return [
        k8s.KubeServiceAccount.manifest(metadata=_metadata(), automount_service_account_token=False),
        k8s.KubeClusterRole.manifest(metadata=everywhere, rules=_cluster_rules()),
        k8s.KubeClusterRoleBinding.manifest(
            metadata=everywhere,
            role_ref=k8s.RoleRef(api_group=_RBAC, kind="ClusterRole", name=f"{SLIPWAY}-{NAME}"),
            subjects=subjects,
        ),
        k8s.KubeRole.manifest(metadata=_metadata(), rules=_rules_in_namespace()),
        k8s.KubeRoleBinding.manifest(
            metadata=_metadata(), role_ref=k8s.RoleRef(api_group=_RBAC, kind="Role", name=NAME), subjects=subjects
        ),
    ]


def controller_pods(*, image: str, cluster_name: str, region: str, vpc_id: str) -> list[Manifest]:
    """The Service of its webhooks, its pods and their disruption budget. All pods answer; one of them works.

    Args:
        image: What runs.
        cluster_name: The cluster.
        region: Where it is. With it and the VPC the controller asks no instance for metadata, which pods cannot reach.
        vpc_id: Its VPC.
    """
    match = k8s.LabelSelector(match_labels=selector(SLIPWAY, NAME))
    arguments = [
        f"--cluster-name={cluster_name}",
        f"--aws-region={region}",
        f"--aws-vpc-id={vpc_id}",
        "--enable-backend-security-group=false",  # security groups and their rules are CloudFormation's
        f"--feature-gates={','.join(f'{gate}=false' for gate in _SWITCHED_OFF)}",
        f"--webhook-bind-port={_WEBHOOK_PORT}",
        f"--webhook-cert-dir={_CERTIFICATE_FOLDER}",
    ]
    return [
        k8s.KubeService.manifest(
            metadata=k8s.ObjectMeta(name=WEBHOOK_SERVICE, namespace=NAMESPACE, labels=labels(SLIPWAY, NAME)),
            spec=k8s.ServiceSpec(
                selector=selector(SLIPWAY, NAME),
                ports=[k8s.ServicePort(port=_HTTPS, target_port=number_or_text("webhooks"))],
            ),
        ),
        k8s.KubeDeployment.manifest(
            metadata=_metadata(),
            spec=k8s.DeploymentSpec(
                replicas=2,
                selector=match,
                strategy=k8s.DeploymentStrategy(
                    type="RollingUpdate",
                    rolling_update=k8s.RollingUpdateDeployment(
                        max_surge=number_or_text(1), max_unavailable=number_or_text(0)
                    ),
                ),
                template=k8s.PodTemplateSpec(
                    metadata=k8s.ObjectMeta(labels=labels(SLIPWAY, NAME)), spec=_pod(image, arguments)
                ),
            ),
        ),
        k8s.KubePodDisruptionBudget.manifest(
            metadata=_metadata(),
            spec=k8s.PodDisruptionBudgetSpec(
                selector=match, max_unavailable=number_or_text(1), unhealthy_pod_eviction_policy="AlwaysAllow"
            ),
        ),
    ]


def _pod(image: str, arguments: list[str]) -> k8s.PodSpec:
    return k8s.PodSpec(
        service_account_name=NAME,
        automount_service_account_token=True,  # it watches the cluster
        priority_class_name="system-cluster-critical",
        node_selector={NODE_KIND: "cpu"},
        security_context=pod_security_context(_USER),
        containers=[_container(image, arguments)],
        topology_spread_constraints=[
            k8s.TopologySpreadConstraint(
                max_skew=1,
                topology_key=key,
                when_unsatisfiable="ScheduleAnyway",
                label_selector=k8s.LabelSelector(match_labels=selector(SLIPWAY, NAME)),
            )
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        volumes=[k8s.Volume(name="certificate", secret=k8s.SecretVolumeSource(secret_name=CERTIFICATE_SECRET))],
    )


def _container(image: str, arguments: list[str]) -> k8s.Container:
    memory = quantity("512Mi")  # it keeps all pods of the cluster in mind
    return k8s.Container(
        name=NAME,
        image=image,
        args=arguments,
        ports=[
            k8s.ContainerPort(name="webhooks", container_port=_WEBHOOK_PORT),
            k8s.ContainerPort(name="metrics", container_port=_METRICS_PORT),
            k8s.ContainerPort(name="health", container_port=_HEALTH_PORT),
        ],
        resources=k8s.ResourceRequirements(
            requests={"cpu": quantity("100m"), "memory": memory}, limits={"memory": memory}
        ),
        security_context=container_security_context(),
        liveness_probe=_probe("/healthz", period_s=20),
        readiness_probe=_probe("/readyz", period_s=5),  # once the webhooks answer
        termination_message_policy="FallbackToLogsOnError",
        volume_mounts=[k8s.VolumeMount(name="certificate", mount_path=_CERTIFICATE_FOLDER, read_only=True)],
    )


def _probe(path: str, *, period_s: int) -> k8s.Probe:
    return k8s.Probe(
        http_get=k8s.HttpGetAction(path=path, port=number_or_text("health")),
        initial_delay_seconds=10,
        period_seconds=period_s,
        timeout_seconds=5,
        failure_threshold=3,
    )


def _metadata() -> k8s.ObjectMeta:
    return k8s.ObjectMeta(name=NAME, namespace=NAMESPACE, labels=labels(SLIPWAY, NAME))


def _cluster_rules() -> list[k8s.PolicyRule]:
    """It has to see every kind that it watches, or it ends; and it changes bindings, and conditions of pods."""
    rule = k8s.PolicyRule
    seen = {
        "": ("endpoints", "namespaces", "nodes", "pods", "services"),
        "discovery.k8s.io": ("endpointslices",),
        GROUP: (BINDINGS, CLASS_PARAMETERS),
        "networking.k8s.io": ("ingressclasses", "ingresses"),
    }
    return [
        *(rule(api_groups=[group], resources=list(kinds), verbs=list(_SEEN)) for group, kinds in seen.items()),
        rule(api_groups=[""], resources=["events"], verbs=["create", "patch"]),
        rule(api_groups=[""], resources=["pods/status"], verbs=["patch", "update"]),
        rule(api_groups=[GROUP], resources=[BINDINGS, f"{BINDINGS}/status"], verbs=["patch", "update"]),
    ]


def _rules_in_namespace() -> list[k8s.PolicyRule]:
    leases = "coordination.k8s.io"
    return [
        k8s.PolicyRule(api_groups=[leases], resources=["leases"], verbs=["create"]),
        k8s.PolicyRule(
            api_groups=[leases], resources=["leases"], resource_names=[_LEASE], verbs=["get", "patch", "update"]
        ),
    ]
