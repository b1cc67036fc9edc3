"""Every handler of ours, put into ministack's CloudFormation engine."""

from typing import Any

from slipway.emulator import vendor
from slipway.emulator.cloudformation import autoscaling, checked, cloudwatch, ec2, eks, elbv2, layers, s3, sagemaker
from slipway.emulator.cloudformation.resource_type import ApiClient, Created, Effect, Properties, ResourceType
from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane


def our_types(services: ApiClient, plane: KubernetesPlane) -> list[ResourceType]:
    """Every resource type that is ours, in the order of their names."""
    modules = (autoscaling, cloudwatch, ec2, sagemaker)
    types = [kind for module in modules for kind in module.resource_types(services)]
    return sorted([*types, *eks.resource_types(services, plane)], key=lambda kind: kind.name)


def install(services: ApiClient, plane: KubernetesPlane) -> None:
    """Teach the engine our types. To be called once, before the first request."""
    vendor.know_every_access_entry_type()
    elbv2.open_what_is_deployed(plane)
    layers.put_programs_on_the_path(services.workspace)
    s3.keep_tags(services)
    types = our_types(services, plane)
    for kind in types:
        _add(kind)
    checked.check_types()
    vendor.refuse_what_is_in_use()
    vendor.add_attributes("AWS::EC2::VPC", lambda properties: {"CidrBlock": properties.get("CidrBlock", "")})
    vendor.run_in_threads(kind.name for kind in types)


def _add(kind: ResourceType) -> None:
    def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:  # noqa: ARG001
        return _pair(kind.create(logical_id, properties))

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:  # noqa: ARG001
        return _pair(kind.change(physical_id, old, new))

    def delete(physical_id: str, properties: Properties) -> None:
        kind.delete(physical_id, properties)

    vendor.add_resource_type(kind.name, create=create, update=update, delete=delete, replaced_by=kind.replaced_by)


def _pair(created: Created) -> tuple[str, dict[str, Any]]:
    return created.physical_id, created.attributes


__all__ = ["Effect", "install", "our_types"]
