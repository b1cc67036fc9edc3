"""Clusters in stacks of their own, each synthesised once."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import Environment, RemovalPolicy, Stack, aws_kms, aws_logs
from aws_cdk.assertions import Template

from inference_constructs.common.network import ServiceNetwork
from inference_constructs.common.retention import Retention
from inference_constructs.config import Clusters, Network
from inference_constructs.eks.cluster.cluster import InferenceCluster
from tests.templates import Resource, strings_in, unvalidated_app
from tests.validation.templates.kubernetes_schemas import Object, objects_in

NAME = "slipway-dev"
ADMIN = "arn:aws:iam::111122223333:role/Admin"
VIEWER = "arn:aws:iam::111122223333:role/Viewer"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
TAGS = {"slipway:environment": "dev", "team": "scoring"}
_LOAD_BALANCER = {"domain_name": "models.example.com", "certificate_arn": CERTIFICATE}
_FLAGS = json.loads((Path(__file__).resolve().parents[3] / "cdk.json").read_text())["context"]


class _InThreeZones(Stack):
    @property
    def availability_zones(self) -> list[str]:
        return list(ZONES)


@dataclass(frozen=True)
class Deployed:
    """A cluster's template, and ways to look into it."""

    template: Template

    @cached_property
    def document(self) -> dict[str, Any]:
        """The template as a dictionary, fetched from the CDK once."""
        return dict(self.template.to_json())

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.document["Resources"]
        return found

    def properties(self, kind: str) -> list[Resource]:
        """The properties of every resource of a type."""
        return [resource["Properties"] for resource in self.resources.values() if resource["Type"] == kind]

    def only(self, kind: str) -> Resource:
        """The properties of the one resource of a type."""
        found = self.properties(kind)
        assert len(found) == 1, f"{len(found)} resources of type {kind}"
        return found[0]

    @property
    def statements(self) -> list[dict[str, Any]]:
        """Every statement of every managed policy."""
        policies = self.properties("AWS::IAM::ManagedPolicy")
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def objects(self, kind: str) -> list[Object]:
        """The Kubernetes objects of a kind."""
        return [each for each in objects_in(self.document) if each["kind"] == kind]

    def one(self, kind: str, name: str | None = None) -> Object:
        """The one object of a kind, or of a kind and name."""
        found = [each for each in self.objects(kind) if name in (None, each["metadata"]["name"])]
        assert len(found) == 1, f"{len(found)} objects {kind} {name}"
        return found[0]

    def ids(self, kind: str, naming: str = "") -> list[str]:
        """The logical ids of the resources of a type that have some text in them."""
        return [
            logical_id
            for logical_id, resource in self.resources.items()
            if resource["Type"] == kind and naming in json.dumps(resource)
        ]

    def manifest_of(self, kind: str) -> str:
        """The logical id of the manifest with the object of a kind."""
        (found,) = self.manifests_of(kind)
        return found

    def manifests_of(self, kind: str) -> list[str]:
        """The logical ids of the manifests with an object of a kind."""
        return [
            logical_id
            for logical_id, resource in self.resources.items()
            if any(each["kind"] == kind for each in objects_in({"Resources": {logical_id: resource}}))
        ]

    def needs(self, logical_id: str) -> set[str]:
        """Everything that CloudFormation makes before a resource, and deletes after it."""
        seen: set[str] = set()
        waiting = [logical_id]
        while waiting:
            resource = self.resources[waiting.pop()]
            named = {text for text in strings_in(resource) if text in self.resources}
            waiting += named - seen
            seen |= named
        return seen

    def add_on(self, name: str) -> Resource:
        """The properties of an add-on."""
        (found,) = (
            resource["Properties"]
            for resource in self.resources.values()
            if resource["Type"] == "AWS::EKS::Addon" and resource["Properties"]["AddonName"] == name
        )
        return dict(found)


def deployed(
    *, retained: bool = False, nat_gateways: int = 1, tags: Mapping[str, str] = TAGS, **settings: Any
) -> Deployed:
    """A cluster with these settings, everything else as it is by default."""
    return _deployed(json.dumps(settings, sort_keys=True), retained, nat_gateways, json.dumps(dict(tags)))


@functools.cache
def _deployed(settings: str, retained: bool, nat_gateways: int, tags: str) -> Deployed:  # noqa: FBT001 - a cache's key
    # The layers of kubectl and the AWS CLI, 59 MB, are not copied for a template.
    app = unvalidated_app(context=_FLAGS | {"aws:cdk:disable-asset-staging": True})
    environment = Environment(account="111122223333", region="us-east-1")
    network = _InThreeZones(app, "Network", env=environment)
    key = aws_kms.Key(network, "Key")
    retention = Retention(
        encryption_key=key,
        log_retention=aws_logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.RETAIN if retained else RemovalPolicy.DESTROY,
    )
    vpc = ServiceNetwork(
        network,
        "Network",
        network=Network(availability_zones=ZONES, nat_gateways=nat_gateways),
        retention=retention,
    ).vpc
    stack = _InThreeZones(app, "Cluster", env=environment)
    InferenceCluster(
        stack,
        "Cluster",
        cluster_name=NAME,
        clusters=Clusters.model_validate({"load_balancer": _LOAD_BALANCER} | json.loads(settings)),
        vpc=vpc,
        vpc_cidr=Network.model_fields["cidr"].default,
        retention=retention,
        tags=json.loads(tags),
    )
    return Deployed(Template.from_stack(stack))
