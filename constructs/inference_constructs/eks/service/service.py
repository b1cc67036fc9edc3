"""A model served by pods behind a load balancer."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from aws_cdk import aws_cloudwatch, aws_ec2
from constructs import Construct

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.retention import Retention
from inference_constructs.config import Objectives, Pods, Rollout, Strategy
from inference_constructs.config.models.variant import CANDIDATE
from inference_constructs.eks.common.cluster_handle import ClusterHandle
from inference_constructs.eks.common.metrics import DeploymentMetrics, LoadBalancerMetrics, TargetGroupMetrics
from inference_constructs.eks.common.rollout_custom_resource import Bake, RolloutWait, TrafficBake
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.ingress.listener import traffic_weights
from inference_constructs.eks.ingress.load_balancer import ServiceLoadBalancer
from inference_constructs.eks.ingress.settings import Ingress
from inference_constructs.eks.service.alarms import ServiceAlarms
from inference_constructs.eks.service.pod_identity import PodIdentity
from inference_constructs.eks.service.workload import Workload
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.metrics import ExpressionOptions, MetricOptions

_HTTPS = aws_ec2.Port.tcp(443)


class EksService(Construct):
    """One service on one cluster: its load balancer, its pods, what they may read, and its alarms.

    CloudFormation creates it in this order, and deletes it in the reverse: the load balancer with the rules that attach
    its target groups; the namespace and, for each variant, its Service; what binds their pods to the target groups; the
    pods; the rule that shares the traffic, once they have rolled out; the DNS record. So no request comes before
    its pod, and on the way out the name goes first, then the traffic, the pods, and the load balancer when nothing is
    registered with it. A rollout that fails rolls the stack back, and so does an alarm on what is promised while pods
    or traffic bake.

    `metric_…` are the metrics of the first variant; `metrics` and `pod_metrics` have those of any. Each takes options
    of `aws_cloudwatch.MetricOptions`, and is over one minute unless they say otherwise.

    Attributes:
        load_balancer: The load balancer and everything at it.
        workload: What runs in the cluster.
        url: Where callers find the service.
        dns_name: AWS's own name of the load balancer.
        target_group_arns: The targets of each variant, by its name.
        alarms: Every alarm.
        bake_alarms: What is watched while a candidate gets traffic; nothing without one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ClusterHandle,
        service_name: str,
        variants: Sequence[PodVariant],
        pods: Pods,
        loader_image: ContainerImage,
        ingress: Ingress,
        retention: Retention,
        rollout: Rollout | None = None,
        objectives: Objectives | None = None,
        spread_spot: bool = False,
        alarm_settings: AlarmSettings | None = None,
    ) -> None:
        """Create the service.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster that it runs on.
            service_name: The service, its namespace, and the first label of its host name.
            variants: What shares the traffic, up to 5.
            pods: What a pod gets, and how traffic reaches it.
            loader_image: What fetches models from S3 into the pods.
            ingress: How traffic comes in.
            retention: How logs in CloudWatch are encrypted and kept. With `DESTROY` the load balancer can be deleted
                too, unless the environment says otherwise.
            rollout: How a new version takes over. Default: all at once.
            objectives: What is promised; alarms derive from it. Default: nothing.
            spread_spot: Whether pods are spread over spot and on-demand nodes. Default: they are not.
            alarm_settings: Who is notified of alarms, and how they are named. Default: nobody is notified, and
                CloudFormation names them.

        Raises:
            ValueError: The VPC has too few subnets, no variant gets traffic, or a model cannot be checked.
        """
        super().__init__(scope, construct_id)
        self._cluster_name = cluster.cluster_name
        self._main = next((variant.name for variant in variants), "main")
        self.load_balancer = ServiceLoadBalancer(
            self,
            "LoadBalancer",
            cluster=cluster,
            service_name=service_name,
            variants=variants,
            pods=pods,
            ingress=ingress,
            retention=retention,
        )
        self.target_group_arns: Mapping[str, str] = {
            name: target_group.ref for name, target_group in self.load_balancer.target_groups.items()
        }
        identity = PodIdentity(
            self, "Identity", cluster_name=cluster.cluster_name, namespace=service_name, variants=variants
        )
        self.workload = Workload(
            self,
            "Workload",
            cluster=cluster,
            service_name=service_name,
            variants=variants,
            pods=pods,
            rollout=rollout or Rollout(),
            loader_image=loader_image,
            target_group_arns=self.target_group_arns,
            spread_spot=spread_spot,
        )
        alarms = ServiceAlarms(
            self,
            "Alarms",
            service_name=service_name,
            cluster_name=cluster.cluster_name,
            load_balancer=self.load_balancer.load_balancer,
            target_groups=self.load_balancer.target_groups,
            variants=variants,
            objectives=objectives or Objectives(),
            settings=alarm_settings or AlarmSettings(),
        )
        names = {name: [alarm.alarm_name for alarm in each] for name, each in alarms.promises.items()}
        self._put_in_order(identity, cluster.rollout_token, variants, alarms=names, rollout=rollout or Rollout())
        self.url = self.load_balancer.url
        self.dns_name = self.load_balancer.dns_name
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = alarms.alarms
        self.bake_alarms: tuple[aws_cloudwatch.Alarm, ...] = alarms.promises.get(CANDIDATE, ())

    def allow_from(self, peer: aws_ec2.IPeer, description: str) -> None:
        """Let somebody besides the environment's blocks call this service: a security group, or a list of prefixes.

        There is nothing to grant in IAM: who reaches the load balancer may ask.

        Args:
            peer: Who.
            description: Why, for whoever reads the rule.
        """
        self.load_balancer.security_group.add_ingress_rule(peer, _HTTPS, description)

    def metrics(self, variant_name: str | None = None) -> TargetGroupMetrics:
        """What the load balancer measures of a variant.

        Args:
            variant_name: The variant. Default: the first one.

        Raises:
            KeyError: There is no variant of this name.
        """
        return TargetGroupMetrics(
            load_balancer=self.load_balancer.load_balancer.attr_load_balancer_full_name,
            target_group=self.load_balancer.target_groups[variant_name or self._main].attr_target_group_full_name,
        )

    def pod_metrics(self, variant_name: str | None = None) -> DeploymentMetrics:
        """What the cluster measures of the pods of a variant.

        Args:
            variant_name: The variant. Default: the first one.
        """
        return DeploymentMetrics(
            cluster_name=self._cluster_name,
            namespace=self.workload.namespace,
            deployment=variant_name or self._main,
        )

    @property
    def load_balancer_metrics(self) -> LoadBalancerMetrics:
        """What happens at the load balancer itself."""
        return LoadBalancerMetrics(load_balancer=self.load_balancer.load_balancer.attr_load_balancer_full_name)

    def metric_latency(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Time from a request's departure to the first byte of its answer, in **seconds**; p99."""
        return self.metrics().latency(**options)

    def metric_requests(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Requests sent to pods; sum."""
        return self.metrics().requests(**options)

    def metric_error_rate(self, **options: Unpack[ExpressionOptions]) -> aws_cloudwatch.MathExpression:
        """Share of requests that pods answered with a 5xx, from 0 to 1."""
        return self.metrics().error_rate(**options)

    def metric_healthy_targets(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Pods that get requests; minimum."""
        return self.metrics().healthy_targets(**options)

    def metric_unhealthy_targets(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Pods that fail the load balancer's health check; maximum."""
        return self.metrics().unhealthy_targets(**options)

    def metric_load_balancer_error_rate(self, **options: Unpack[ExpressionOptions]) -> aws_cloudwatch.MathExpression:
        """Share of requests that the load balancer itself answered with a 5xx, from 0 to 1."""
        return self.load_balancer_metrics.error_rate(**options)

    def metric_rejected_connections(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Connections that the load balancer rejected at its limit; sum."""
        return self.load_balancer_metrics.rejected_connections(**options)

    def metric_desired_pods(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Pods that the autoscaler asks for; maximum."""
        return self.pod_metrics().desired_pods(**options)

    def metric_unready_pods(self, **options: Unpack[ExpressionOptions]) -> aws_cloudwatch.MathExpression:
        """Pods that are missing or not ready."""
        return self.pod_metrics().unready_pods(**options)

    def metric_restarts(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Containers that were restarted; sum."""
        return self.pod_metrics().restarts(**options)

    def metric_cpu_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """CPU of a pod in percent of its limit; average."""
        return self.pod_metrics().cpu_utilization(**options)

    def _put_in_order(
        self,
        identity: PodIdentity,
        rollout_token: str,
        variants: Sequence[PodVariant],
        *,
        alarms: Mapping[str, Sequence[str]],
        rollout: Rollout,
    ) -> None:
        """A binding wants a target group that is attached to a load balancer; pods want their rights from the start.

        Traffic waits for pods, since a load balancer sends a target group its share whether it has targets or not, and
        answers 503 for it. What goes wrong then is taken back: pods that get traffic when they come, and traffic that
        moves to pods.
        """
        self.workload.bind_after(self.load_balancer.ready)
        if identity.association is not None:
            self.workload.start_after(identity.association)
        for variant in variants:
            wait = RolloutWait(
                self,
                f"Rollout-{variant.name}",
                service_token=rollout_token,
                namespace=self.workload.namespace,
                deployment=self.workload.rollouts[variant.name],
                minimum=variant.scaling.min,
                bake=_bake_of(variant, alarms[variant.name], rollout),
            )
            wait.node.add_dependency(self.workload.deployments[variant.name])
            self.load_balancer.traffic.node.add_dependency(wait)
        if self.load_balancer.records is not None:
            self.load_balancer.records.node.add_dependency(self.load_balancer.traffic)
        if len(variants) > 1:
            TrafficBake(
                self,
                "Bake",
                service_token=rollout_token,
                namespace=self.workload.namespace,
                weights=traffic_weights(variants),
                alarms=alarms,
                seconds=rollout.bake_s,
            ).node.add_dependency(self.load_balancer.traffic)


def _bake_of(variant: PodVariant, alarms: Sequence[str], rollout: Rollout) -> Bake | None:
    """Pods without traffic show nothing. A rolling update bakes batch by batch, so that no time is left after it."""
    if not variant.weight:
        return None
    return Bake(alarms=alarms, seconds=0 if rollout.strategy is Strategy.ROLLING else rollout.bake_s)
