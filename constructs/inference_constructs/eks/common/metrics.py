"""CloudWatch metrics of a service on EKS, each over one minute by default, in the units of their publishers.

Sources: Elastic Load Balancing User Guide, "CloudWatch metrics for your Application Load Balancer"; CloudWatch User
Guide, "Amazon EKS and Kubernetes Container Insights with enhanced observability metrics"; and, for what is published
under which dimensions, the CloudWatch agent's own list of them (aws/amazon-cloudwatch-agent,
translator/translate/otel/exporter/awsemf/kubernetes.go).
"""

from dataclasses import dataclass
from typing import Unpack

from aws_cdk import aws_cloudwatch

from inference_constructs.observability.metrics import ExpressionOptions, MetricOptions, expression, metric

LOAD_BALANCERS = "AWS/ApplicationELB"
CONTAINERS = "ContainerInsights"

#: A count of 0 is published as nothing at all. Without any request the share is 0, and an alarm stays quiet.
_TARGET_ERROR_RATE = "IF(FILL(requests, 0) > 0, FILL(errors, 0) / FILL(requests, 1), 0)"
#: Requests are counted when a target was chosen for them, so that those for which there was none come on top.
_LOAD_BALANCER_ERROR_RATE = (
    "IF(FILL(requests, 0) + FILL(errors, 0) > 0, FILL(errors, 0) / (FILL(requests, 0) + FILL(errors, 0)), 0)"
)


@dataclass(frozen=True, kw_only=True)
class LoadBalancerMetrics:
    """What happens at a load balancer before a target answers, or instead of it.

    Attributes:
        load_balancer: The end of its ARN, as `app/name/id`.
    """

    load_balancer: str

    @property
    def dimensions(self) -> dict[str, str]:
        """What selects them in CloudWatch."""
        return {"LoadBalancer": self.load_balancer}

    def requests(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Requests for which a target was chosen, as a number per period."""
        return self._metric("RequestCount", "Sum", options)

    def error_rate(self, **options: Unpack[ExpressionOptions]) -> aws_cloudwatch.MathExpression:
        """Share of requests that the load balancer itself answered with a 5xx, from 0 to 1.

        502: a target broke the connection or answered nonsense; 503: there was no target; 504: none answered in time.
        """
        metrics = {"errors": self._metric("HTTPCode_ELB_5XX_Count", "Sum", {}), "requests": self.requests()}
        return expression(_LOAD_BALANCER_ERROR_RATE, metrics=metrics, label="5xx of the load balancer", options=options)

    def rejected_connections(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Connections refused because the load balancer had as many as it can have, as a number per period."""
        return self._metric("RejectedConnectionCount", "Sum", options)

    def _metric(self, name: str, statistic: str, options: MetricOptions) -> aws_cloudwatch.Metric:
        return metric(LOAD_BALANCERS, name, dimensions=self.dimensions, statistic=statistic, options=options)


@dataclass(frozen=True, kw_only=True)
class TargetGroupMetrics:
    """What the load balancer measures of one variant.

    Attributes:
        load_balancer: The end of the load balancer's ARN, as `app/name/id`.
        target_group: The end of the target group's ARN, as `targetgroup/name/id`.
    """

    load_balancer: str
    target_group: str

    @property
    def dimensions(self) -> dict[str, str]:
        """What selects them in CloudWatch."""
        return {"LoadBalancer": self.load_balancer, "TargetGroup": self.target_group}

    def latency(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Time from a request's departure to the first byte of its answer, in **seconds**."""
        return self._metric("TargetResponseTime", "p99", options)

    def requests(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Requests sent to the variant, as a number per period."""
        return self._metric("RequestCount", "Sum", options)

    def error_rate(self, **options: Unpack[ExpressionOptions]) -> aws_cloudwatch.MathExpression:
        """Share of requests that the variant's pods answered with a 5xx, from 0 to 1."""
        metrics = {"errors": self._metric("HTTPCode_Target_5XX_Count", "Sum", {}), "requests": self.requests()}
        return expression(_TARGET_ERROR_RATE, metrics=metrics, label="5xx of the pods", options=options)

    def unhealthy_targets(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Pods that do not pass the load balancer's health check, as the node that sees most of them counts."""
        return self._metric("UnHealthyHostCount", "Maximum", options)

    def healthy_targets(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Pods that get requests, as the node that sees fewest of them counts."""
        return self._metric("HealthyHostCount", "Minimum", options)

    def _metric(self, name: str, statistic: str, options: MetricOptions) -> aws_cloudwatch.Metric:
        return metric(LOAD_BALANCERS, name, dimensions=self.dimensions, statistic=statistic, options=options)


@dataclass(frozen=True, kw_only=True)
class DeploymentMetrics:
    """Container Insights' metrics of one variant's pods. `PodName` is what Container Insights calls their Deployment.

    Attributes:
        cluster_name: The cluster.
        namespace: The service's namespace.
        deployment: The variant's Deployment.
    """

    cluster_name: str
    namespace: str
    deployment: str

    @property
    def dimensions(self) -> dict[str, str]:
        """What selects them in CloudWatch."""
        return {"ClusterName": self.cluster_name, "Namespace": self.namespace, "PodName": self.deployment}

    def desired_pods(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """How many pods there should be: what the autoscaler last asked for."""
        return self._metric("replicas_desired", "Maximum", options)

    def unready_pods(self, **options: Unpack[ExpressionOptions]) -> aws_cloudwatch.MathExpression:
        """How many pods are missing or not ready.

        Not `status_replicas_unavailable`, which also counts pods that serve and are younger than the Deployment's
        `minReadySeconds`: here the bake of a rollout, an hour at most.
        """
        found = {"desired": self.desired_pods(), "ready": self._metric("replicas_ready", "Minimum", {})}
        return expression(
            "desired - FILL(ready, 0)", metrics=found, label="Pods that are missing or not ready", options=options
        )

    def unready_share(self, **options: Unpack[ExpressionOptions]) -> aws_cloudwatch.MathExpression:
        """Which share of the pods is missing or not ready, from 0 to 1."""
        found = {"desired": self.desired_pods(), "ready": self._metric("replicas_ready", "Minimum", {})}
        return expression(
            "IF(desired > 0, (desired - FILL(ready, 0)) / desired, 0)",
            metrics=found,
            label="Share of pods that are missing or not ready",
            options=options,
        )

    def pending_pods(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Whether a pod waits, 1 or 0: for a node, for its image, or for its model to be there."""
        return self._metric("pod_status_pending", "Maximum", options)

    def restarts(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Containers that were restarted, over all pods, as a number per period: the agent publishes differences."""
        return self._metric("pod_number_of_container_restarts", "Sum", options)

    def cpu_utilization(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """CPU of a pod in percent of its limit, on average over the pods."""
        return self._metric("pod_cpu_utilization_over_pod_limit", "Average", options)

    def _metric(self, name: str, statistic: str, options: MetricOptions) -> aws_cloudwatch.Metric:
        return metric(CONTAINERS, name, dimensions=self.dimensions, statistic=statistic, options=options)


@dataclass(frozen=True, kw_only=True)
class ClusterMetrics:
    """Container Insights' metrics of a cluster.

    Attributes:
        cluster_name: The cluster.
    """

    cluster_name: str

    @property
    def dimensions(self) -> dict[str, str]:
        """What selects them in CloudWatch."""
        return {"ClusterName": self.cluster_name}

    def nodes(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """How many nodes there are."""
        return metric(
            CONTAINERS, "cluster_node_count", dimensions=self.dimensions, statistic="Maximum", options=options
        )

    def failed_nodes(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """How many nodes have a condition that they should not have, such as not being ready."""
        return metric(
            CONTAINERS, "cluster_failed_node_count", dimensions=self.dimensions, statistic="Maximum", options=options
        )

    def pending_pods(self, **options: Unpack[MetricOptions]) -> aws_cloudwatch.Metric:
        """Whether any pod of the cluster waits, 1 or 0."""
        return metric(
            CONTAINERS, "pod_status_pending", dimensions=self.dimensions, statistic="Maximum", options=options
        )
