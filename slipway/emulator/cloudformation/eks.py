"""`AWS::EKS::*`: clusters that answer to kubectl, and what belongs to them."""

import dataclasses
import time
from collections.abc import Iterable
from typing import Any, Final

from slipway.emulator import vendor
from slipway.emulator.cloudformation.naming import camel, first_lower
from slipway.emulator.cloudformation.resource_type import (
    ApiClient,
    Created,
    Effect,
    Properties,
    ResourceError,
    ResourceType,
    generated_name,
    without,
)
from slipway.emulator.common.environment import k3s_is_wanted
from slipway.emulator.kubernetes.control_plane.add_ons import left_by
from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane

_EKS: Final = "eks"
_K3S_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.5
#: What DescribeCluster tells and ministack's own CreateCluster forgets.
_DETAILS: Final = (
    "AccessConfig",
    "ComputeConfig",
    "ControlPlaneScalingConfig",
    "DeletionProtection",
    "EncryptionConfig",
    "KubernetesNetworkConfig",
    "StorageConfig",
    "UpgradePolicy",
    "ZonalShiftConfig",
)


def resource_types(services: ApiClient, plane: KubernetesPlane) -> Iterable[ResourceType]:
    """The types of EKS."""
    cluster = _Cluster(services, plane)
    yield ResourceType(
        name="AWS::EKS::Cluster",
        effect=Effect.WORKS,
        behind="a Kubernetes API at its endpoint, and pods of serving/ as processes; it has no nodes",
        create=cluster.create,
        change=cluster.change,
        delete=cluster.delete,
        replaced_by=frozenset({"Name", "RoleArn", "EncryptionConfig"}),
    )
    for part in _PARTS:
        handler = _PartOfCluster(services, part, plane)
        yield ResourceType(
            name=f"AWS::EKS::{part.kind}",
            effect=Effect.DESCRIBED,
            behind=part.behind,
            create=handler.create,
            change=handler.change,
            delete=handler.delete,
            replaced_by=frozenset(part.identity) | part.fixed,
        )


class _Cluster:
    """A cluster, the security group that EKS makes for it, and its Kubernetes API."""

    def __init__(self, services: ApiClient, plane: KubernetesPlane) -> None:
        self._services = services
        self._plane = plane

    def create(self, logical_id: str, properties: Properties) -> Created:
        name, version = properties.get("Name") or generated_name(logical_id, 100), str(properties["Version"])
        network = camel(properties["ResourcesVpcConfig"])
        wanted = {"name": name, "roleArn": properties["RoleArn"], "version": version} | _tags(properties)
        self._services.call(_EKS, "CreateCluster", **wanted, resourcesVpcConfig=network)
        record = vendor.eks_cluster(name)
        if k3s_is_wanted():
            self._wait_for_k3s(name)
        else:
            record |= self._rehearsed(name, version)
        record["resourcesVpcConfig"] |= self._network_of(name, network)
        return self._described(name, properties)

    def change(self, physical_id: str, old: Properties, new: Properties) -> Created:
        if old["Version"] != new["Version"]:
            raise ResourceError(
                f"The embedded AWS can not upgrade a cluster from {old['Version']} to {new['Version']}: "
                "destroy it, or start anew with `make down up`."
            )
        vendor.eks_cluster(physical_id)["resourcesVpcConfig"] |= camel(new["ResourcesVpcConfig"])
        return self._described(physical_id, new)

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        self._plane.close_cluster(physical_id)
        try:
            described = self._services.call(_EKS, "DescribeCluster", name=physical_id)["cluster"]
        except ResourceError:
            return
        self._services.gone(_EKS, "DeleteCluster", name=physical_id)
        group = described["resourcesVpcConfig"]["clusterSecurityGroupId"]
        self._services.gone("ec2", "DeleteSecurityGroup", GroupId=group)

    def _rehearsed(self, name: str, version: str) -> dict[str, Any]:
        """The part of a cluster's record that says where its API answers."""
        try:
            address = self._plane.open_cluster(name, version)
        except ValueError as error:
            self._services.gone(_EKS, "DeleteCluster", name=name)
            raise ResourceError(str(error)) from error
        authority = {"data": address.certificate_authority}
        return {"endpoint": address.endpoint, "certificateAuthority": authority, "status": "ACTIVE"}

    def _wait_for_k3s(self, name: str) -> None:
        """Ministack starts it in a container in the background, and calls the cluster active either way."""
        deadline = time.monotonic() + _K3S_SECONDS
        while time.monotonic() < deadline:
            cluster = self._services.call(_EKS, "DescribeCluster", name=name)["cluster"]
            if cluster["status"] == "ACTIVE" and vendor.has_k3s(name):
                return
            if cluster["status"] == "ACTIVE":
                break
            time.sleep(_POLL_SECONDS)
        self._services.gone(_EKS, "DeleteCluster", name=name)
        raise ResourceError(
            "SLIPWAY_K3S=1 asks for k3s, and no Docker engine could start it. Without it, none is needed."
        )

    def _network_of(self, name: str, network: dict[str, Any]) -> dict[str, Any]:
        """The VPC of the subnets, and a security group of the cluster's own in it, as EKS makes one."""
        subnets = self._services.call("ec2", "DescribeSubnets", SubnetIds=network["subnetIds"])["Subnets"]
        vpc = subnets[0]["VpcId"]
        wanted = {"GroupName": f"eks-cluster-sg-{name}", "Description": "EKS created security group", "VpcId": vpc}
        group = self._services.call("ec2", "CreateSecurityGroup", **wanted)["GroupId"]
        return {"vpcId": vpc, "clusterSecurityGroupId": group}

    def _described(self, name: str, properties: Properties) -> Created:
        record = vendor.eks_cluster(name)
        record |= {first_lower(part): camel(properties[part]) for part in _DETAILS if part in properties}
        logging = properties.get("Logging", {}).get("ClusterLogging", {})
        types = [entry["Type"] for entry in logging.get("EnabledTypes", [])]
        record["logging"] = {"clusterLogging": [{"types": types, "enabled": True}] if types else []}
        network, issuer = record["resourcesVpcConfig"], record["identity"]["oidc"]["issuer"]
        return Created(
            name,
            {
                "Arn": record["arn"],
                "Endpoint": record["endpoint"],
                "CertificateAuthorityData": record["certificateAuthority"]["data"],
                "ClusterSecurityGroupId": network["clusterSecurityGroupId"],
                "OpenIdConnectIssuerUrl": issuer,
                "EncryptionConfigKeyArn": next(
                    (entry["provider"]["keyArn"] for entry in record.get("encryptionConfig", [])), ""
                ),
            },
        )


@dataclasses.dataclass(frozen=True)
class _Part:
    """A type that is a part of a cluster.

    Attributes:
        kind: Its name behind `AWS::EKS::`.
        behind: What there is behind it.
        identity: The properties that name it for an update, with the API's spelling.
        answer: Where CreateXxx's answer has it.
        named_by: The attribute that tells it apart in its cluster.
        attributes: What `Fn::GetAtt` gives, by the API's spelling.
        fixed: Further properties that can not be changed in place.
        elsewhere: The properties that CreateXxx does not take.
    """

    kind: str
    behind: str
    identity: dict[str, str]
    answer: str
    named_by: str
    attributes: dict[str, str]
    fixed: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


_PARTS: Final = (
    _Part(
        kind="Addon",
        behind="ministack's EKS tells it back; nothing of it runs",
        identity={"ClusterName": "clusterName", "AddonName": "addonName"},
        answer="addon",
        named_by="addonName",
        attributes={"Arn": "addonArn"},
        elsewhere=frozenset({"PreserveOnDelete"}),
    ),
    _Part(
        kind="AccessEntry",
        behind="ministack's EKS tells it back; whoever reaches the cluster may do everything",
        identity={"ClusterName": "clusterName", "PrincipalArn": "principalArn"},
        answer="accessEntry",
        named_by="principalArn",
        attributes={"AccessEntryArn": "accessEntryArn"},
        fixed=frozenset({"Type"}),
        elsewhere=frozenset({"AccessPolicies"}),
    ),
    _Part(
        kind="PodIdentityAssociation",
        behind="ministack's EKS tells it back; pods have the embedded AWS's credentials, which may do everything",
        identity={"ClusterName": "clusterName"},
        answer="association",
        named_by="associationId",
        attributes={"AssociationArn": "associationArn", "AssociationId": "associationId"},
        fixed=frozenset({"Namespace", "ServiceAccount"}),
    ),
)


class _PartOfCluster:
    """Creates, changes and deletes a part of a cluster through the API."""

    def __init__(self, services: ApiClient, part: _Part, plane: KubernetesPlane) -> None:
        self._services = services
        self._part = part
        self._plane = plane

    def create(self, logical_id: str, properties: Properties) -> Created:  # noqa: ARG002  the handler's form
        part = self._part
        wanted = camel(without(properties, "Tags", *part.elsewhere)) | _tags(properties)
        found = self._services.call(_EKS, f"Create{part.kind}", **wanted)[part.answer]
        self._allow(properties, [])
        if (left := left_by(properties.get("AddonName", ""))) is not None:
            self._plane.put_object(properties["ClusterName"], *left)
        attributes = {name: found[key] for name, key in part.attributes.items()}
        return Created(f"{properties['ClusterName']}|{found[part.named_by]}", attributes)

    def change(self, physical_id: str, old: Properties, new: Properties) -> Created:
        part = self._part
        known = self._services.parameters(_EKS, f"Update{part.kind}")
        wanted = {name: value for name, value in camel(without(new, "Tags")).items() if name in known}
        self._services.call(_EKS, f"Update{part.kind}", **wanted | self._names(physical_id))
        self._allow(new, old.get("AccessPolicies", []))
        found = self._services.call(_EKS, f"Describe{part.kind}", **self._names(physical_id))[part.answer]
        return Created(physical_id, {name: found[key] for name, key in part.attributes.items()})

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002  the handler's form
        self._services.gone(_EKS, f"Delete{self._part.kind}", **self._names(physical_id))

    def _names(self, physical_id: str) -> dict[str, str]:
        cluster, _, name = physical_id.partition("|")
        return {"clusterName": cluster, self._part.named_by: name}

    def _allow(self, properties: Properties, before: list[dict[str, Any]]) -> None:
        """The access policies of an access entry are calls of their own."""
        who = {"clusterName": properties["ClusterName"], "principalArn": properties.get("PrincipalArn", "")}
        policies = properties.get("AccessPolicies", [])
        for policy in policies:
            self._services.call(_EKS, "AssociateAccessPolicy", **who, **camel(policy))
        kept = {policy["PolicyArn"] for policy in policies}
        for policy in before:
            if policy["PolicyArn"] not in kept:
                self._services.gone(_EKS, "DisassociateAccessPolicy", **who, policyArn=policy["PolicyArn"])


def _tags(properties: Properties) -> dict[str, dict[str, str]]:
    tags = properties.get("Tags", {})
    found = dict(tags) if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}
    return {"tags": found} if found else {}
