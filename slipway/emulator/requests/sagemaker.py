"""What SageMaker says of hosting beyond its model."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slipway.emulator.common.workspace import REGION
from slipway.emulator.requests.refusal import Refusal

_VALIDATION: Final = "ValidationException"
_ECR: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<repository>[^:@\s]+)"
    r"(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_MAY_BE_LONGER: Final = 600


def refusals(operation: str, wanted: Mapping[str, Any]) -> Iterator[Refusal]:
    """Why SageMaker refuses an operation."""
    found: list[str] = []
    if operation == "CreateModel":
        found = [*_of_model(wanted)]
    elif operation == "CreateEndpointConfig":
        found = [*_of_config(wanted)]
    elif operation in {"CreateEndpoint", "UpdateEndpoint"}:
        found = [*_of_deployment(wanted.get("DeploymentConfig") or {})]
    yield from (Refusal(_VALIDATION, sentence) for sentence in (*_of_tags(wanted.get("Tags") or ()), *found))


def _of_tags(tags: Sequence[Mapping[str, str]]) -> Iterator[str]:
    keys = [str(tag.get("Key")) for tag in tags]
    if len(set(keys)) != len(keys):
        yield f"Duplicate tag keys: {sorted({key for key in keys if keys.count(key) > 1})}"
    reserved = [key for key in keys if key.lower().startswith("aws:") and not key.startswith("aws:cloudformation:")]
    if reserved:
        yield f"aws: prefixed tag key names are not allowed for external use: {reserved}"


def _of_model(wanted: Mapping[str, Any]) -> Iterator[str]:
    primary, several = wanted.get("PrimaryContainer"), wanted.get("Containers")
    if primary and several:
        yield "Both PrimaryContainer and Containers were specified; only one of them can be."
    for container in [primary] if primary else several or []:
        image = container.get("Image")
        if not image and not container.get("ModelPackageName"):
            yield "Container definition must contain either Image or ModelPackageName."
        elif image:
            yield from _of_image(image, container.get("ImageConfig") or {}, wanted.get("VpcConfig"))


def _of_image(image: str, config: Mapping[str, Any], vpc: object) -> Iterator[str]:
    ecr = _ECR.fullmatch(image)
    if ecr is None and config.get("RepositoryAccessMode") != "Vpc":
        yield (
            f'Using non-ECR image "{image}" without Vpc repository access mode is not supported. '
            "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG is an image of ECR."
        )
    elif ecr is None and not vpc:
        yield f'Using the image "{image}" with Vpc repository access mode needs a VpcConfig.'
    elif ecr is not None and ecr["region"] != REGION:
        yield f'Requested image "{image}" is in {ecr["region"]}, and has to be in the region of the model: {REGION}.'


def _of_config(wanted: Mapping[str, Any]) -> Iterator[str]:
    variants, shadows = wanted.get("ProductionVariants") or [], wanted.get("ShadowProductionVariants") or []
    for variant in (*variants, *shadows):
        serverless, name = variant.get("ServerlessConfig"), variant.get("VariantName")
        if serverless and (variant.get("InstanceType") or variant.get("InitialInstanceCount")):
            yield f"The variant {name} can not have both ServerlessConfig and InstanceType or InitialInstanceCount."
        if variant.get("InstancePools") and variant.get("InstanceType"):
            yield f"The variant {name} can not have both InstanceType and InstancePools."
        priorities = [pool.get("Priority") for pool in variant.get("InstancePools") or []]
        if len(set(priorities)) != len(priorities):
            yield f"The instance pools of the variant {name} must have different priorities, and have {priorities}."
        provisioned = (serverless or {}).get("ProvisionedConcurrency", 0)
        if serverless and provisioned > serverless.get("MaxConcurrency", 0):
            yield f"ProvisionedConcurrency of the variant {name} must be at most its MaxConcurrency."
    if shadows and (len(shadows) > 1 or len(variants) > 1):
        yield "One shadow variant beside one production variant is supported."
    if wanted.get("AsyncInferenceConfig") and (shadows or len(variants) > 1):
        yield "An endpoint for asynchronous inference has one production variant."


def _of_deployment(deployment: Mapping[str, Any]) -> Iterator[str]:
    rolling, blue_green = deployment.get("RollingUpdatePolicy"), deployment.get("BlueGreenUpdatePolicy")
    if rolling and blue_green:
        yield "Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be specified."
    routing = (blue_green or {}).get("TrafficRoutingConfiguration") or {}
    for what, size, low, high in (
        ("CanarySize", routing.get("CanarySize"), 1, 50),
        ("LinearStepSize", routing.get("LinearStepSize"), 10, 50),
        ("MaximumBatchSize", (rolling or {}).get("MaximumBatchSize"), 5, 50),
        ("RollbackMaximumBatchSize", (rolling or {}).get("RollbackMaximumBatchSize"), 5, 100),
    ):
        if size and size.get("Type") == "CAPACITY_PERCENT" and not low <= size.get("Value", 0) <= high:
            yield f"{what} must be between {low}% and {high}% of the capacity, and is {size.get('Value')}%."
    policy = rolling or blue_green or {}
    waits = (rolling or routing).get("WaitIntervalInSeconds", 0) + policy.get("TerminationWaitInSeconds", 0)
    limit = policy.get("MaximumExecutionTimeoutInSeconds", _MAY_BE_LONGER)
    if "MaximumExecutionTimeoutInSeconds" in policy and limit <= waits:
        yield f"MaximumExecutionTimeoutInSeconds ({limit}) must exceed the waits of the deployment ({waits})."
