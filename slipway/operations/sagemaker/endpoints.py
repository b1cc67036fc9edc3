"""A live endpoint, as SageMaker describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from slipway.operations.aws.clients import Aws, error_message

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_sagemaker.type_defs import (
        DescribeEndpointOutputTypeDef,
        PendingProductionVariantSummaryTypeDef,
        ProductionVariantSummaryTypeDef,
    )

#: Statuses that pass by themselves; meanwhile SageMaker refuses every other change.
TRANSITIONAL: Final = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True, kw_only=True)
class LiveVariant:
    """A production variant of a live endpoint.

    Attributes:
        name: Its name.
        weight: Its share of the traffic, relative to the other variants' weights.
        instances: How many instances it has, None if it is serverless.
        desired_instances: How many it should have, None if it is serverless.
        stage: What SageMaker is doing with it, such as `Baking`; empty when nothing.
    """

    name: str
    weight: float
    instances: int | None
    desired_instances: int | None
    stage: str = ""

    @property
    def short_of_instances(self) -> bool:
        """Whether it has fewer instances than it should."""
        return (self.instances or 0) < (self.desired_instances or 0)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A live endpoint.

    Attributes:
        name: Its name.
        status: SageMaker's word for its state.
        config_name: The endpoint configuration that it runs.
        failure_reason: Why it, or its last update, failed; empty when nothing is known.
        variants: Its production variants.
        pending: The variants that are being brought up, empty outside a deployment.
        rollback_alarms: The names of the alarms that roll its last deployment back.
        changed: When it was last modified.
    """

    name: str
    status: str
    config_name: str
    failure_reason: str
    variants: tuple[LiveVariant, ...]
    pending: tuple[LiveVariant, ...]
    rollback_alarms: tuple[str, ...]
    changed: datetime

    @property
    def settled(self) -> bool:
        """Whether its status will stay as it is."""
        return self.status not in TRANSITIONAL

    @property
    def in_service(self) -> bool:
        """Whether it takes requests, on one configuration."""
        return self.status == "InService"


def find_endpoint(aws: Aws, name: str) -> Endpoint | None:
    """Describe an endpoint, None if there is none of this name."""
    try:
        found = aws.sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if error_message(error).startswith("Could not find"):
            return None
        raise
    return Endpoint(
        name=name,
        status=found["EndpointStatus"],
        config_name=found.get("EndpointConfigName", ""),
        failure_reason=found.get("FailureReason", "").strip(),
        variants=tuple(_variant(variant) for variant in found.get("ProductionVariants", ())),
        pending=tuple(_variant(v) for v in found.get("PendingDeploymentSummary", {}).get("ProductionVariants", ())),
        rollback_alarms=_rollback_alarms(found),
        changed=found["LastModifiedTime"],
    )


def progress_of(endpoint: Endpoint | None) -> str:
    """Where an endpoint stands, in a few words."""
    if endpoint is None:
        return "not there yet"
    stages = [
        f"{variant.name} {variant.instances or 0} of {variant.desired_instances} instances"
        + (f" ({variant.stage})" if variant.stage else "")
        for variant in endpoint.pending or endpoint.variants
        if variant.desired_instances is not None
    ]
    return ", ".join([endpoint.status, *stages])


def _variant(found: ProductionVariantSummaryTypeDef | PendingProductionVariantSummaryTypeDef) -> LiveVariant:
    stages = found.get("VariantStatus", ())
    return LiveVariant(
        name=found["VariantName"],
        weight=found.get("CurrentWeight", 0.0),
        instances=found.get("CurrentInstanceCount"),
        desired_instances=found.get("DesiredInstanceCount"),
        stage=", ".join(stage["Status"] for stage in stages),
    )


def _rollback_alarms(found: DescribeEndpointOutputTypeDef) -> tuple[str, ...]:
    rollback = found.get("LastDeploymentConfig", {}).get("AutoRollbackConfiguration", {})
    return tuple(alarm["AlarmName"] for alarm in rollback.get("Alarms", ()) if "AlarmName" in alarm)
