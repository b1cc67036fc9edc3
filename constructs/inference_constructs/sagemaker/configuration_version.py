"""A short name for an endpoint configuration and everything that SageMaker reads together with it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from constructs import IConstruct

from inference_constructs.config import EndpointMetrics, Objectives
from inference_constructs.sagemaker.captured_data import CapturedData
from inference_constructs.sagemaker.endpoint_config import metrics_config, variant_config
from inference_constructs.sagemaker.variant import Container, Variant


def version_of(
    scope: IConstruct,
    *,
    variants: Sequence[Variant],
    shadow: Variant | None = None,
    subnet_ids: Sequence[str] = (),
    volume_key_arn: str | None = None,
    capture: CapturedData | None = None,
    metrics: EndpointMetrics | None = None,
    isolated: bool = True,
    objectives: Objectives | None = None,
    update: Mapping[str, Any] | None = None,
) -> str:
    """What changes with the configuration, its models, and whatever is sent with an update only.

    SageMaker rejects an update to the configuration that is in use, so that the endpoint's other properties can only
    change together with its configuration. The configuration, the rollback alarms and the role's policy have this
    version in their logical ids: they are replaced together, or none of them is.

    The version is a digest of properties by their names in CloudFormation, with tokens resolved. A property that is not
    set is not in it: a new optional key changes no version until somebody uses it.

    Args:
        scope: Whose stack resolves tokens.
        variants: The production variants.
        shadow: The shadow variant, if any.
        subnet_ids: Where the containers' network interfaces are.
        volume_key_arn: Encrypts the instances' volumes, None where nothing does.
        capture: Where requests and answers are kept, if they are.
        metrics: What is published, None where nothing is said of it.
        isolated: Whether the models' containers can open no connections.
        objectives: What is promised. Which objectives there are decides which alarms guard an update; a threshold
            changes in its alarm.
        update: Properties of the endpoint besides its name, its configuration and its alarms.
    """
    promised = (objectives or Objectives()).model_dump(exclude_defaults=True)
    described: dict[str, Any] = {
        "variants": [_described(variant) for variant in variants],
        "shadow": _described(shadow) if shadow else None,
        "subnets": list(subnet_ids),
        "volume_key": volume_key_arn,
        "capture": capture.config() if capture else None,
        "rollback": sorted(promised),
        "update": dict(update or {}),
    }
    if metrics is not None:
        described["metrics"] = metrics_config(metrics)
    if not isolated:
        described["isolated"] = isolated
    resolved = Stack.of(scope).resolve(described)
    return hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:8]


def _described(variant: Variant) -> dict[str, Any]:
    """The variant as the configuration has it, with what its model is made of in place of the model's name."""
    return {
        "config": variant_config(variant, variant.name),
        "containers": [_container(container) for container in variant.containers],
    }


def _container(container: Container) -> dict[str, Any]:
    return {
        "name": container.name,
        "image": container.image.version,
        "model": container.model.version if container.model else None,
        "environment": dict(container.environment),
    }
