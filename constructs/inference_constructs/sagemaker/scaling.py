"""Automatic scaling of one variant of an endpoint."""

from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from inference_constructs.spec import Scaling, ScalingMetric

_PREDEFINED_METRICS = {
    ScalingMetric.CONCURRENT_REQUESTS: "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    ScalingMetric.INVOCATIONS_PER_INSTANCE: "SageMakerVariantInvocationsPerInstance",
}


class VariantScaling(Construct):
    """Keeps a metric of a variant at its target by adding and removing instances.

    From stable L1s: the L2 makes a role, but SageMaker's variants are scaled by a service-linked one.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, variant_name: str, scaling: Scaling
    ) -> None:
        """Register the variant and attach its policy.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: The endpoint, as an attribute of its resource: the variant must exist before it is
                registered, and be deregistered before it goes.
            variant_name: The variant.
            scaling: Bounds, metric and target.

        Raises:
            ValueError: The scaling has no target, so there is nothing to follow.
        """
        super().__init__(scope, construct_id)
        if scaling.target is None:
            message = f"{variant_name}: scaling from {scaling.min} to {scaling.max} has no target to hold"
            raise ValueError(message)
        target = self._create_target(endpoint_name, variant_name, scaling)
        self._create_policy(target, scaling, scaling.target)

    def _create_target(self, endpoint_name: str, variant_name: str, scaling: Scaling) -> autoscaling.CfnScalableTarget:
        return autoscaling.CfnScalableTarget(
            self,
            "Resource",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{endpoint_name}/variant/{variant_name}",
            min_capacity=scaling.min,
            max_capacity=scaling.max,
        )

    def _create_policy(self, target: autoscaling.CfnScalableTarget, scaling: Scaling, value: float) -> None:
        metric = _PREDEFINED_METRICS[scaling.metric]
        autoscaling.CfnScalingPolicy(
            self,
            "TargetTracking",
            policy_name=metric,  # unique within its target
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=value,
                scale_out_cooldown=scaling.scale_out_cooldown_s,
                scale_in_cooldown=scaling.scale_in_cooldown_s,
                predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type=metric
                ),
            ),
        )
