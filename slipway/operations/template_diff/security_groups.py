"""Which security groups let more through than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from slipway.operations.template_diff.iam.policies import text_of

_IN, _OUT = "ingress", "egress"
_EVERYWHERE: Final = frozenset({"0.0.0.0/0", "::/0"})
_PEERS: Final = (
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "DestinationSecurityGroupId",
    "SourcePrefixListId",
    "DestinationPrefixListId",
)
_ALL: Final = "-1"


@dataclass(frozen=True, kw_only=True)
class SecurityGroupRule:
    """What one rule of a security group lets through.

    Attributes:
        group: The security group.
        direction: `ingress` or `egress`.
        protocol: Such as `tcp`; `-1` for all.
        ports: The first and the last.
        peer: From or to where: a block, a security group or a prefix list.
    """

    group: str
    direction: str
    protocol: str
    ports: tuple[int, int]
    peer: str

    def covers(self, other: SecurityGroupRule) -> bool:
        """Whether whatever the other one lets through passes this one."""
        every = self.protocol == _ALL
        return (
            (_id(self.group), self.direction) == (_id(other.group), other.direction)
            and (every or self.protocol == other.protocol)
            and (every or (self.ports[0] <= other.ports[0] and other.ports[1] <= self.ports[1]))
            and (self.peer == other.peer or _contains(self.peer, other.peer))
        )

    def __str__(self) -> str:
        first, last = self.ports
        ports = "every port" if self.protocol == _ALL else f"port {first}" if first == last else f"ports {first}-{last}"
        way = "from" if self.direction == _IN else "to"
        wide = " (WIDE)" if self.peer in _EVERYWHERE and self.direction == _IN else ""
        protocol = "every protocol" if self.protocol == _ALL else self.protocol
        return f"{self.group} opens {self.direction} {protocol}, {ports}, {way} {self.peer}{wide}"


def opened(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What the security groups of a stack let through that they did not, a sentence each."""
    old = list(_rules(before))
    for rule in _rules(after):
        if not any(known.covers(rule) for known in old):
            yield str(rule)


def _rules(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[SecurityGroupRule]:
    for logical_id, resource in resources.items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::EC2::SecurityGroup":
                group = f"${{{logical_id}.GroupId}}"
                yield from (_rule(each, group, _IN) for each in properties.get("SecurityGroupIngress", []))
                yield from (_rule(each, group, _OUT) for each in properties.get("SecurityGroupEgress", []))
            case "AWS::EC2::SecurityGroupIngress":
                yield _rule(properties, text_of(properties.get("GroupId")), _IN)
            case "AWS::EC2::SecurityGroupEgress":
                yield _rule(properties, text_of(properties.get("GroupId")), _OUT)


def _rule(said: Mapping[str, Any], group: str, direction: str) -> SecurityGroupRule:
    peers = [text_of(said[key]) for key in _PEERS if key in said]
    return SecurityGroupRule(
        group=group,
        direction=direction,
        protocol=str(said.get("IpProtocol", _ALL)),
        ports=(_port(said.get("FromPort"), 0), _port(said.get("ToPort"), 65_535)),
        peer=peers[0] if peers else "nowhere",
    )


def _id(group: str) -> str:
    """A group in a VPC has one id, by whichever attribute a rule refers to it."""
    return group.replace(".GroupId}", "}")


def _port(value: Any, default: int) -> int:
    return int(value) if isinstance(value, (int, str)) and str(value).lstrip("-").isdigit() else default


def _contains(block: str, other: str) -> bool:
    try:
        one, two = ip_network(block), ip_network(other)
    except ValueError:  # a security group, a prefix list, or what only the deployment knows
        return False
    if isinstance(one, IPv4Network):
        return isinstance(two, IPv4Network) and one.supernet_of(two)
    return isinstance(two, IPv6Network) and one.supernet_of(two)
