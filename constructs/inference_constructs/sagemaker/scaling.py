"""Automatic scaling of one variant of an endpoint."""

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch
from constructs import Construct

from inference_constructs.config import InstanceType, Scaling, ScalingMetric, ScalingTarget, Steps
from inference_constructs.sagemaker.metrics import INSTANCES, VariantMetrics

_PREDEFINED = {
    ScalingMetric.CONCURRENT_REQUESTS: "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    ScalingMetric.INVOCATIONS_PER_INSTANCE: "SageMakerVariantInvocationsPerInstance",
}
_UTILIZATION = {ScalingMetric.CPU_UTILIZATION: "CPUUtilization", ScalingMetric.GPU_UTILIZATION: "GPUUtilization"}

_Policy = autoscaling.CfnScalingPolicy


class VariantScaling(Construct):
    """Keeps metrics of a variant at their targets by adding and removing instances.

    From stable L1s: the L2 makes a role, but SageMaker's variants are scaled by a service-linked one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        metrics: VariantMetrics,
        instance: InstanceType,
        scaling: Scaling,
    ) -> None:
        """Register the variant and attach its policies.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: The endpoint, as an attribute of its resource: the variant must exist before it is
                registered, and be deregistered before it goes.
            metrics: The variant's metrics.
            instance: What the variant runs on: utilisation is summed over its vCPUs or GPUs.
            scaling: Bounds, metrics and targets.

        Raises:
            ValueError: The scaling has no target, so there is nothing to follow.
        """
        super().__init__(scope, construct_id)
        if not scaling.tracked:
            name = metrics.variant_name
            message = f"{name}: scaling from {scaling.min} to {scaling.max} has no target to hold"
            raise ValueError(message)
        self._metrics = metrics
        self._instance = instance
        self._target = self._create_target(endpoint_name, scaling)
        for target in scaling.tracked:
            self._create_tracking(target, scaling)
        if scaling.steps is not None:
            self._create_steps(scaling.steps, scaling)

    def _create_target(self, endpoint_name: str, scaling: Scaling) -> autoscaling.CfnScalableTarget:
        return autoscaling.CfnScalableTarget(
            self,
            "Resource",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{endpoint_name}/variant/{self._metrics.variant_name}",
            min_capacity=scaling.min,
            max_capacity=scaling.max,
            scheduled_actions=[
                autoscaling.CfnScalableTarget.ScheduledActionProperty(
                    scheduled_action_name=schedule.name,
                    schedule=f"cron({schedule.cron})",
                    timezone=schedule.time_zone,
                    scalable_target_action=autoscaling.CfnScalableTarget.ScalableTargetActionProperty(
                        min_capacity=schedule.min, max_capacity=schedule.max
                    ),
                )
                for schedule in scaling.schedules
            ]
            or None,
        )

    def _create_tracking(self, target: ScalingTarget, scaling: Scaling) -> None:
        name = _PREDEFINED.get(target.metric) or _UTILIZATION[target.metric]
        _Policy(
            self,
            f"Track-{target.metric.value}",
            policy_name=name,  # unique within its target
            policy_type="TargetTrackingScaling",
            scaling_target_id=self._target.ref,
            target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=self._in_units_of_the_metric(target.metric, target.value or 0),
                scale_out_cooldown=scaling.scale_out_cooldown_s,
                scale_in_cooldown=scaling.scale_in_cooldown_s,
                predefined_metric_specification=_predefined(target.metric),
                customized_metric_specification=self._customized(target.metric),
            ),
        )

    def _customized(self, metric: ScalingMetric) -> _Policy.CustomizedMetricSpecificationProperty | None:
        if metric not in _UTILIZATION:
            return None
        return _Policy.CustomizedMetricSpecificationProperty(
            namespace=INSTANCES,
            metric_name=_UTILIZATION[metric],
            dimensions=[
                _Policy.MetricDimensionProperty(name=name, value=value)
                for name, value in self._metrics.dimensions.items()
            ],
            statistic="Average",
            unit="Percent",
        )

    def _create_steps(self, steps: Steps, scaling: Scaling) -> None:
        """An alarm at the first step, and what to add by how far the metric is above it."""
        watched = self._watched(steps.metric)
        first = self._in_units_of_the_metric(steps.metric, steps.steps[0].above)
        bounds = [self._in_units_of_the_metric(steps.metric, step.above) - first for step in steps.steps]
        policy = _Policy(
            self,
            "Steps",
            policy_name="Steps",
            policy_type="StepScaling",
            scaling_target_id=self._target.ref,
            step_scaling_policy_configuration=_Policy.StepScalingPolicyConfigurationProperty(
                adjustment_type="ChangeInCapacity",
                cooldown=scaling.scale_out_cooldown_s,
                metric_aggregation_type=watched.statistic,
                step_adjustments=[
                    _Policy.StepAdjustmentProperty(
                        scaling_adjustment=step.add,
                        metric_interval_lower_bound=lower,
                        metric_interval_upper_bound=upper,
                    )
                    for step, lower, upper in zip(steps.steps, bounds, [*bounds[1:], None], strict=True)
                ],
            ),
        )
        aws_cloudwatch.CfnAlarm(
            self,
            "StepsAlarm",
            alarm_description=f"Scales {self._metrics.endpoint_name} out in steps. Notifies nobody.",
            namespace=watched.namespace,
            metric_name=watched.metric_name,
            dimensions=[
                aws_cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in self._metrics.dimensions.items()
            ],
            statistic=watched.statistic,
            period=60,
            evaluation_periods=1,
            threshold=first,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[policy.ref],
        )

    def _watched(self, metric: ScalingMetric) -> aws_cloudwatch.Metric:
        match metric:
            case ScalingMetric.CPU_UTILIZATION:
                return self._metrics.cpu_utilization()
            case ScalingMetric.GPU_UTILIZATION:
                return self._metrics.gpu_utilization()
            case _:
                return self._metrics.concurrent_requests()

    def _in_units_of_the_metric(self, metric: ScalingMetric, value: float) -> float:
        """Percent of an instance, as SageMaker's sum over its vCPUs or GPUs; everything else as it is."""
        match metric:
            case ScalingMetric.CPU_UTILIZATION:
                return value * self._instance.vcpus
            case ScalingMetric.GPU_UTILIZATION:
                return value * self._instance.gpus
            case _:
                return value


def _predefined(metric: ScalingMetric) -> _Policy.PredefinedMetricSpecificationProperty | None:
    if metric not in _PREDEFINED:
        return None
    return _Policy.PredefinedMetricSpecificationProperty(predefined_metric_type=_PREDEFINED[metric])
