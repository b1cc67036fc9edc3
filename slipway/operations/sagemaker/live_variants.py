"""The variants of a live endpoint, with what they run: in the same form as a template's, to compare."""

from slipway.operations.aws.clients import Aws
from slipway.operations.sagemaker.endpoints import Endpoint
from slipway.operations.sagemaker.plans import PlannedVariant, Value, containers_of, instance_type_of
from slipway.operations.templates.template_values import Resolver


def live_variants(aws: Aws, endpoint: Endpoint, resolver: Resolver) -> dict[str, PlannedVariant]:
    """The production and shadow variants of an endpoint's configuration, by name."""
    config = aws.sagemaker.describe_endpoint_config(EndpointConfigName=endpoint.config_name)
    written = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", ())]
    found = {}
    for variant in written:
        found[variant["VariantName"]] = PlannedVariant(
            name=variant["VariantName"],
            instance_type=instance_type_of(variant, resolver),
            instances=variant.get("InitialInstanceCount", 0),
            weight=variant.get("InitialVariantWeight", 1.0),
            containers=_containers(aws, variant.get("ModelName"), resolver),
        )
    return found


def _containers(aws: Aws, model: str | None, resolver: Resolver) -> tuple[Value, ...]:
    return containers_of(aws.sagemaker.describe_model(ModelName=model), resolver) if model else ()
