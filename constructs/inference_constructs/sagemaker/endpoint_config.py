"""The variants of an endpoint configuration, and the metrics it publishes."""

from aws_cdk import aws_sagemaker

from inference_constructs.config import CapacityReservation, Compute, EndpointMetrics
from inference_constructs.sagemaker.variant import Variant

_Variant = aws_sagemaker.CfnEndpointConfig.ProductionVariantProperty
_Config = aws_sagemaker.CfnEndpointConfig


def variant_config(variant: Variant, model_name: str) -> _Variant:
    """A variant as a configuration describes it.

    Args:
        variant: The variant.
        model_name: The name that AWS gave its model.
    """
    serverless = variant.compute.serverless
    if serverless is not None:
        return _Variant(
            variant_name=variant.name,
            model_name=model_name,
            initial_variant_weight=variant.weight,
            serverless_config=_Config.ServerlessConfigProperty(
                memory_size_in_mb=serverless.memory_mb,
                max_concurrency=serverless.max_concurrency,
                provisioned_concurrency=serverless.provisioned_concurrency,
            ),
        )
    compute = variant.compute
    return _Variant(
        variant_name=variant.name,
        model_name=model_name,
        instance_type=compute.instance_type,
        instance_pools=_pools(compute),
        variant_instance_provision_timeout_in_seconds=compute.instance_provision_timeout_s,
        volume_size_in_gb=compute.volume_size_gb,
        model_data_download_timeout_in_seconds=compute.model_data_download_timeout_s,
        container_startup_health_check_timeout_in_seconds=compute.container_startup_health_check_timeout_s,
        inference_ami_version=compute.inference_ami_version,
        capacity_reservation_config=_reservation(compute.capacity_reservation),
        initial_instance_count=variant.scaling.min,
        initial_variant_weight=variant.weight,
        # The default, RANDOM, sends requests behind slow ones while other instances idle.
        routing_config=_Config.RoutingConfigProperty(routing_strategy="LEAST_OUTSTANDING_REQUESTS"),
    )


def metrics_config(metrics: EndpointMetrics) -> _Config.MetricsConfigProperty:
    """Which metrics are published, with every value: what is left out is decided by defaults that AWS has changed.

    Args:
        metrics: The service's settings.
    """
    return _Config.MetricsConfigProperty(
        enable_detailed_observability=metrics.detailed_observability,
        enable_enhanced_metrics=metrics.enhanced,
        metric_publish_frequency_in_seconds=metrics.publish_every_s,
    )


def _pools(compute: Compute) -> list[_Config.InstancePoolProperty] | None:
    """In the order they are written: 1 is tried first."""
    pools = [
        _Config.InstancePoolProperty(instance_type=name, priority=priority)
        for priority, name in enumerate(compute.instance_pools, start=1)
    ]
    return pools or None


def _reservation(reservation: CapacityReservation | None) -> _Config.CapacityReservationConfigProperty | None:
    if reservation is None:
        return None
    return _Config.CapacityReservationConfigProperty(
        ml_reservation_arn=reservation.ml_reservation_arn, capacity_reservation_preference=reservation.preference
    )
