"""The variants of an endpoint configuration."""

from aws_cdk import aws_sagemaker

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
    return _Variant(
        variant_name=variant.name,
        model_name=model_name,
        instance_type=variant.compute.instance_type,
        initial_instance_count=variant.scaling.min,
        initial_variant_weight=variant.weight,
        # The default, RANDOM, sends requests behind slow ones while other instances idle.
        routing_config=_Config.RoutingConfigProperty(routing_strategy="LEAST_OUTSTANDING_REQUESTS"),
    )
