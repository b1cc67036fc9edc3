"""Application Auto Scaling for endpoint variants: what may be registered, and what that forbids an update to do."""

from typing import ClassVar, Final

from slipway.emulator.common.workspace import ACCOUNT, REGION
from slipway.emulator.sagemaker.endpoints import Endpoints
from slipway.emulator.sagemaker.records import HostedEndpoint, HostedEndpointConfig, VariantState, instance_types_of
from slipway.emulator.vendor import (
    ApplicationAutoScalingResponse,
    AutoScalingValidation,
    JsonRESTError,
    SageMakerValidation,
    scaling_backends,
)

DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"
_NAMESPACE: Final = "sagemaker"


class ScaledVariants:
    """The variants that are scalable targets now."""

    def of(self, endpoint: str) -> set[str]:
        """The names of an endpoint's variants that are registered."""
        prefix = f"endpoint/{endpoint}/variant/"
        targets = scaling_backends[ACCOUNT][REGION].describe_scalable_targets(_NAMESPACE, None, DIMENSION)
        return {t.resource_id.removeprefix(prefix) for t in targets if t.resource_id.startswith(prefix)}

    def check_update(self, endpoint: HostedEndpoint, config: HostedEndpointConfig) -> None:
        """Check that an update leaves every registered variant its instance type.

        Raises:
            SageMakerValidation: It removes one, or changes its type, in SageMaker's words.
        """
        new = {variant["VariantName"]: instance_types_of(variant) for variant in config.production_variants}
        registered = self.of(endpoint.endpoint_name)
        pulled = sorted(
            v.name for v in endpoint.variants if v.name in registered and new.get(v.name) != v.instance_type
        )
        if pulled:
            raise SageMakerValidation(
                f'The variant(s) "{pulled}" must be deregistered as scalable targets with AWS Auto Scaling before they '
                "can be removed or have their instance type updated."
            )


class ScalingApi(ApplicationAutoScalingResponse):
    """The actions of Application Auto Scaling that moto takes unseen; everything else is moto's.

    Attributes:
        endpoints: The endpoints whose variants can be registered.
    """

    endpoints: ClassVar[Endpoints]

    def register_scalable_target(self) -> str:
        """`RegisterScalableTarget`: refuses an unknown variant, bounds that cross, and burstable instances."""
        is_variant = self._get_param("ServiceNamespace") == _NAMESPACE
        if is_variant:
            variant = self._variant(self._get_param("ResourceId"))
            low, high = self._get_int_param("MinCapacity"), self._get_int_param("MaxCapacity")
            if low is not None and high is not None and low > high:
                raise AutoScalingValidation(
                    f"Maximum capacity cannot be less than minimum capacity: minimum {low}, maximum {high}"
                )
            if (variant.instance_type or "").startswith("ml.t"):
                raise AutoScalingValidation(
                    f"Variant {variant.name} can not be registered: instance type {variant.instance_type} is burstable "
                    "and can not be scaled automatically"
                )
        answer = super().register_scalable_target()
        if is_variant:
            self._move_inside_of_bounds(self._get_param("ResourceId"))
        return answer

    def put_scaling_policy(self) -> str:
        """`PutScalingPolicy`: refuses a policy for what is no scalable target."""
        namespace, resource = self._get_param("ServiceNamespace"), self._get_param("ResourceId")
        dimension = self._get_param("ScalableDimension")
        if not self.applicationautoscaling_backend.describe_scalable_targets(namespace, [resource], dimension):
            raise JsonRESTError(
                "ObjectNotFoundException",
                f"No scalable target registered for service namespace: {namespace}, resource ID: {resource}, scalable "
                f"dimension: {dimension}",
            )
        return super().put_scaling_policy()

    def deregister_scalable_target(self) -> str:
        """`DeregisterScalableTarget`: its policies go with it."""
        namespace, resource = self._get_param("ServiceNamespace"), self._get_param("ResourceId")
        dimension = self._get_param("ScalableDimension")
        backend = self.applicationautoscaling_backend
        _, policies = backend.describe_scaling_policies(namespace, resource, dimension, None, "")
        for policy in policies:
            if policy.resource_id == resource:
                backend.delete_scaling_policy(policy.policy_name, namespace, resource, dimension)
        return super().deregister_scalable_target()

    def _move_inside_of_bounds(self, resource: str) -> None:
        """Bring the live count into the range at once; an endpoint that is changing is left to the next call."""
        (target,) = scaling_backends[ACCOUNT][REGION].describe_scalable_targets(_NAMESPACE, [resource], DIMENSION)
        variant, endpoint = self._variant(resource), resource.split("/")[1]
        if variant.instances is None or self.endpoints.get(endpoint).endpoint_status != "InService":
            return
        low, high = target.min_capacity or 0, target.max_capacity or variant.instances
        wanted = min(max(variant.instances, int(low)), int(high))
        if wanted != variant.instances:
            self.endpoints.reweigh(endpoint, [{"VariantName": variant.name, "DesiredInstanceCount": wanted}])

    def _variant(self, resource: str) -> VariantState:
        match resource.split("/"):
            case ["endpoint", endpoint, "variant", name]:
                for hosted in self.endpoints.all():
                    for variant in hosted.variants:
                        if (hosted.endpoint_name, variant.name) == (endpoint, name):
                            return variant
        raise AutoScalingValidation(f"SageMaker endpoint variant not found: {resource}")
