"""`AWS::EC2::*` types that ministack's API has and its CloudFormation engine lacks."""

import abc
from collections.abc import Iterable
from typing import Any, Final

from slipway.emulator.cloudformation.resource_type import (
    ApiClient,
    Created,
    Effect,
    Properties,
    ResourceType,
    generated_name,
    without,
)

_RANGES: Final = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}


def resource_types(services: ApiClient) -> Iterable[ResourceType]:
    """The types of EC2; no packet flows through any of them."""
    yield _described("EIP", _Address(services), "Address", "Domain", "NetworkBorderGroup", "PublicIpv4Pool")
    yield _described(
        "NatGateway", _NatGateway(services), "AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId"
    )
    yield _described("FlowLog", _FlowLog(services), *services.parameters("ec2", "CreateFlowLogs") | {"ResourceId"})
    for direction in ("Ingress", "Egress"):
        yield _described(
            f"SecurityGroup{direction}",
            _Rule(services, direction),
            *{"GroupId", "IpProtocol", "FromPort", "ToPort", *_RANGES, "Description"},
        )


class _Tagged(abc.ABC):
    """A type of which nothing but the tags can be changed."""

    def __init__(self, services: ApiClient) -> None:
        self._services = services

    @abc.abstractmethod
    def create(self, logical_id: str, properties: Properties) -> Created: ...

    @abc.abstractmethod
    def delete(self, physical_id: str, properties: Properties) -> None: ...

    def attributes(self, physical_id: str) -> dict[str, Any]:
        return {"Id": physical_id}

    def change(self, physical_id: str, old: Properties, new: Properties) -> Created:
        attributes = self.attributes(physical_id)
        if old.get("Tags") != new.get("Tags"):
            resources = [attributes.get("AllocationId", physical_id)]
            self._services.call("ec2", "DeleteTags", Resources=resources, Tags=old.get("Tags", []))
            self._services.call("ec2", "CreateTags", Resources=resources, Tags=new.get("Tags", []))
        return Created(physical_id, attributes)


class _Address(_Tagged):
    def create(self, logical_id: str, properties: Properties) -> Created:  # noqa: ARG002  the handler's form
        wanted = {"Domain": "vpc"} | without(properties, "Tags")
        answer = self._services.call("ec2", "AllocateAddress", **wanted, **_tags(properties, "elastic-ip"))
        return Created(answer["PublicIp"], self.attributes(answer["PublicIp"]))

    def attributes(self, physical_id: str) -> dict[str, Any]:
        (address,) = self._services.call("ec2", "DescribeAddresses", PublicIps=[physical_id])["Addresses"]
        return {"AllocationId": address["AllocationId"], "PublicIp": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        for address in self._services.call("ec2", "DescribeAddresses", PublicIps=[physical_id])["Addresses"]:
            self._services.gone("ec2", "ReleaseAddress", AllocationId=address["AllocationId"])


class _NatGateway(_Tagged):
    def create(self, logical_id: str, properties: Properties) -> Created:  # noqa: ARG002  the handler's form
        wanted = without(properties, "Tags")
        answer = self._services.call("ec2", "CreateNatGateway", **wanted, **_tags(properties, "natgateway"))
        name = answer["NatGateway"]["NatGatewayId"]
        return Created(name, self.attributes(name))

    def attributes(self, physical_id: str) -> dict[str, Any]:
        return {"NatGatewayId": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        self._services.gone("ec2", "DeleteNatGateway", NatGatewayId=physical_id)


class _FlowLog(_Tagged):
    def create(self, logical_id: str, properties: Properties) -> Created:  # noqa: ARG002  the handler's form
        wanted = without(properties, "ResourceId", "Tags") | {"ResourceIds": [properties["ResourceId"]]}
        answer = self._services.call("ec2", "CreateFlowLogs", **wanted, **_tags(properties, "vpc-flow-log"))
        name = answer["FlowLogIds"][0]
        return Created(name, self.attributes(name))

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        self._services.gone("ec2", "DeleteFlowLogs", FlowLogIds=[physical_id])


class _Rule(_Tagged):
    def __init__(self, services: ApiClient, direction: str) -> None:
        super().__init__(services)
        self._direction = direction

    def create(self, logical_id: str, properties: Properties) -> Created:
        self._services.call("ec2", f"AuthorizeSecurityGroup{self._direction}", **_permission(properties))
        name = generated_name(logical_id)
        return Created(name, self.attributes(name))

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        self._services.gone("ec2", f"RevokeSecurityGroup{self._direction}", **_permission(properties))


def _described(kind: str, handler: _Tagged, *replaced_by: str) -> ResourceType:
    return ResourceType(
        name=f"AWS::EC2::{kind}",
        effect=Effect.DESCRIBED,
        behind="ministack's EC2; no packet flows",
        create=handler.create,
        change=handler.change,
        delete=handler.delete,
        replaced_by=frozenset(replaced_by),
    )


def _permission(properties: Properties) -> dict[str, Any]:
    """One rule as the API's `IpPermissions`."""
    permission: dict[str, Any] = {
        part: properties[part] for part in ("IpProtocol", "FromPort", "ToPort") if part in properties
    }
    for part, (ranges, key) in _RANGES.items():
        if part in properties:
            entry = {key: properties[part]}
            if "Description" in properties:
                entry["Description"] = properties["Description"]
            permission[ranges] = [entry]
    return {"GroupId": properties["GroupId"], "IpPermissions": [permission]}


def _tags(properties: Properties, kind: str) -> dict[str, Any]:
    tags = properties.get("Tags")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}
