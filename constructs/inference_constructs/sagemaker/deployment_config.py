"""The deployment configuration of an endpoint: how traffic moves, and which alarms roll it back."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_cloudwatch, aws_sagemaker

from inference_constructs.config import Rollout, Strategy
from inference_constructs.sagemaker.variant import Variant

_Endpoint = aws_sagemaker.CfnEndpoint
_BLUE_GREEN = {Strategy.ALL_AT_ONCE: "ALL_AT_ONCE", Strategy.CANARY: "CANARY", Strategy.LINEAR: "LINEAR"}


def update_properties(
    variants: Sequence[Variant], rollout: Rollout, rollback_alarms: Sequence[aws_cloudwatch.IAlarm] = ()
) -> dict[str, Any]:
    """The properties of an endpoint that SageMaker reads with an update only.

    Args:
        variants: The production variants.
        rollout: How a new version takes over.
        rollback_alarms: Up to 10 alarms.
    """
    serverless = any(variant.compute.serverless is not None for variant in variants)
    automatic = any(variant.scaling.automatic for variant in variants)
    return {
        # Guardrails are for instances only (SageMaker Developer Guide, "deployment-guardrails").
        "deployment_config": None
        if serverless
        else deployment_config(
            rollout, rollback_alarms, start_s=max((variant.compute.start_s for variant in variants), default=0)
        ),
        # Otherwise every update sets the live number of instances back to the initial one, under full load. What the
        # configuration says of the variants' shares, and of a fixed number, is meant to take effect.
        "retain_all_variant_properties": True,
        "exclude_retained_variant_properties": [
            _Endpoint.VariantPropertyProperty(variant_property_type=kind)
            for kind in (("DesiredWeight",) if automatic else ("DesiredInstanceCount", "DesiredWeight"))
        ],
    }


def deployment_config(
    rollout: Rollout, rollback_alarms: Sequence[aws_cloudwatch.IAlarm], *, start_s: int
) -> _Endpoint.DeploymentConfigProperty:
    """The deployment configuration of a rollout.

    Args:
        rollout: How a new version takes over.
        rollback_alarms: Up to 10 alarms; when one goes off, the update is rolled back. Empty: no alarm does that.
        start_s: The longest that an instance of any variant may take to start.
    """
    rollback = (
        _Endpoint.AutoRollbackConfigProperty(
            alarms=[_Endpoint.AlarmProperty(alarm_name=alarm.alarm_name) for alarm in rollback_alarms]
        )
        if rollback_alarms
        else None
    )
    if rollout.strategy is Strategy.ROLLING:
        return _Endpoint.DeploymentConfigProperty(
            auto_rollback_configuration=rollback, rolling_update_policy=_rolling(rollout, start_s)
        )
    return _Endpoint.DeploymentConfigProperty(
        auto_rollback_configuration=rollback, blue_green_update_policy=_blue_green(rollout, start_s)
    )


def _blue_green(rollout: Rollout, start_s: int) -> _Endpoint.BlueGreenUpdatePolicyProperty:
    size = _capacity(rollout)
    return _Endpoint.BlueGreenUpdatePolicyProperty(
        traffic_routing_configuration=_Endpoint.TrafficRoutingConfigProperty(
            type=_BLUE_GREEN[rollout.strategy],
            wait_interval_in_seconds=rollout.bake_s,
            canary_size=size if rollout.strategy is Strategy.CANARY else None,
            linear_step_size=size if rollout.strategy is Strategy.LINEAR else None,
        ),
        termination_wait_in_seconds=rollout.keep_old_s,
        maximum_execution_timeout_in_seconds=rollout.timeout_s(start_s),
    )


def _rolling(rollout: Rollout, start_s: int) -> _Endpoint.RollingUpdatePolicyProperty | None:
    size = _capacity(rollout)
    if size is None:
        return None
    return _Endpoint.RollingUpdatePolicyProperty(
        maximum_batch_size=size,
        wait_interval_in_seconds=rollout.bake_s,
        maximum_execution_timeout_in_seconds=rollout.timeout_s(start_s),
    )


def _capacity(rollout: Rollout) -> _Endpoint.CapacitySizeProperty | None:
    return _Endpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=rollout.percent) if rollout.percent else None
