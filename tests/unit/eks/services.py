"""Services on EKS in stacks of their own, to look at their templates."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Environment, RemovalPolicy, Stack, aws_ec2, aws_eks_v2, aws_kms, aws_sns
from aws_cdk.assertions import Template

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.model_data import ModelData
from inference_constructs.common.retention import Retention
from inference_constructs.config import Authentication, LoadBalancer, Objectives, Pods, Rollout, Scaling
from inference_constructs.eks.common.cluster_handle import ClusterHandle
from inference_constructs.eks.common.contract import NodeMode
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.ingress.access_logs import AccessLogBucket
from inference_constructs.eks.ingress.settings import Ingress
from inference_constructs.eks.service.service import EksService
from inference_constructs.observability.alarm_settings import AlarmSettings
from tests.templates import Resource, unvalidated_app

IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000"
SETTINGS = LoadBalancer(domain_name="models.example.com", certificate_arn=CERTIFICATE)
WITH_ZONE = LoadBalancer(domain_name="models.example.com", hosted_zone_id="Z0123456789ABC")
PUBLIC = LoadBalancer(
    domain_name="models.example.com",
    certificate_arn=CERTIFICATE,
    scheme="internet_facing",
    authentication=Authentication(anonymous=True),
    allowed_cidrs=("0.0.0.0/0",),
)
PODS = Pods(cpu="2", memory="4Gi")
PROMISED = Objectives(latency_p99_ms=100, availability=99.9)
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
#: What waits for a Deployment.
WAIT = "Custom::SlipwayRollout"
WATCH = "arn:aws:lambda:us-east-1:111122223333:function:rollouts"
CLUSTER = "slipway-dev"
CLUSTER_GROUP = "sg-0c1a5000000000000"


@dataclass(frozen=True)
class Deployed:
    """A service, its stack, and its template on demand."""

    stack: Stack
    service: EksService
    _templates: list[Template] = field(default_factory=list)

    @property
    def template(self) -> Template:
        if not self._templates:
            self._templates.append(Template.from_stack(self.stack))
        return self._templates[0]


def empty_stack() -> Stack:
    return Stack(unvalidated_app(), "Service", env=Environment(account="111122223333", region="us-east-1"))


def network(stack: Stack, *, private: bool = True, zones: Sequence[str] = ZONES) -> aws_ec2.IVpc:
    """A VPC with isolated and public subnets, and private ones where asked for."""
    isolated, public, private_ = (subnet_ids(kind, zones) for kind in ("1", "2", "3"))
    return aws_ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=list(zones),
        isolated_subnet_ids=isolated,
        public_subnet_ids=public,
        private_subnet_ids=private_ if private else None,
    )


def subnet_ids(kind: str, zones: Sequence[str] = ZONES) -> list[str]:
    """Ids that tell their kind, 1 isolated, 2 public, 3 private, and their zone by its place."""
    return [f"subnet-0000000000000{kind}{number:03}" for number, _ in enumerate(zones, start=1)]


def cluster_in(stack: Stack, vpc: aws_ec2.IVpc) -> aws_eks_v2.ICluster:
    """A cluster that is there already, with what applies manifests to it."""
    handler = "arn:aws:lambda:us-east-1:111122223333:function:kubectl"
    provider = aws_eks_v2.KubectlProvider.from_kubectl_provider_attributes(stack, "Kubectl", service_token=handler)
    return aws_eks_v2.Cluster.from_cluster_attributes(
        stack,
        "Cluster",
        cluster_name=CLUSTER,
        cluster_security_group_id=CLUSTER_GROUP,
        kubectl_provider=provider,
        vpc=vpc,
    )


def variant(
    stack: Stack, name: str = "main", *, weight: float = 1, scaling: Scaling | None = None, version: str = "1"
) -> PodVariant:
    """A variant with values that fit; a test names those it is about."""
    model = ModelData.from_s3_uri(
        stack, f"Model{name}", s3_uri=f"s3://models/triage/{version}/model.tar.gz", sha256="0" * 64
    )
    return PodVariant(
        name=name,
        weight=weight,
        image=ContainerImage.from_uri(stack, f"Image{name}", uri=IMAGE),
        model=model,
        scaling=scaling or Scaling(min=2, max=20, target=8),
    )


def service_of(
    stack: Stack,
    variants: Sequence[PodVariant],
    *,
    private: bool = True,
    nodes: NodeMode = "auto_mode",
    load_balancer: LoadBalancer = SETTINGS,
    cell: int = 1,
    drained: bool = False,
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    **properties: Any,
) -> Deployed:
    """A service with these variants."""
    vpc = network(stack, private=private)
    logs = AccessLogBucket(stack, "AccessLogs", retention_days=90, removal_policy=RemovalPolicy.RETAIN)
    key = aws_kms.Key(stack, "Key", enable_key_rotation=True)
    defaults: dict[str, Any] = {
        "pods": PODS,
        "rollout": Rollout(),
        "objectives": PROMISED,
        "alarm_settings": AlarmSettings(topic=aws_sns.Topic(stack, "Topic", master_key=key, enforce_ssl=True)),
    }
    service = EksService(
        stack,
        "Service",
        cluster=ClusterHandle(
            cluster=cluster_in(stack, vpc),
            cluster_name=CLUSTER,
            rollout_token=WATCH,
            nodes=nodes,
            vpc=vpc,
            vpc_cidr="10.0.0.0/16",
        ),
        service_name="triage",
        variants=variants,
        loader_image=ContainerImage.from_uri(stack, "Loader", uri=IMAGE),
        ingress=Ingress(load_balancer=load_balancer, access_logs=logs.bucket, cell=cell, drained=drained),
        retention=Retention(encryption_key=key, removal_policy=removal_policy),
        **defaults | properties,
    )
    return Deployed(stack, service)


def deployed(*, second: str | None = None, **properties: Any) -> Deployed:
    """A service with one variant, or with a second one of the given name that gets a tenth of the traffic."""
    stack = empty_stack()
    variants = (
        [variant(stack, weight=90), variant(stack, second, weight=10, version="2")] if second else [variant(stack)]
    )
    return service_of(stack, variants, **properties)


def attributes(resource: Resource, key: str) -> dict[str, Any]:
    """A list of keys and values, as a mapping."""
    return {each["Key"]: each["Value"] for each in resource[key]}


def objects(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Every Kubernetes object of a kind that the template applies, by name. Tokens within are left as `?`."""
    found = {}
    for resource in template.find_resources("Custom::AWSCDK-EKS-KubernetesResource").values():
        manifest = resource["Properties"]["Manifest"]
        text = manifest if isinstance(manifest, str) else "".join(_texts(manifest["Fn::Join"][1]))
        found.update({each["metadata"]["name"]: each for each in json.loads(text) if each["kind"] == kind})
    return found


def needs(template: Template) -> dict[str, set[str]]:
    """For each resource all that have to be there before it, directly or not: what it depends on or refers to."""
    resources = template.to_json()["Resources"]
    direct = {name: set(_named(resource)) & set(resources) - {name} for name, resource in resources.items()}
    everything: dict[str, set[str]] = {}

    def reach(name: str) -> set[str]:
        if name not in everything:
            everything[name] = set()
            everything[name] = direct[name].union(*(reach(other) for other in direct[name]))
        return everything[name]

    for name in direct:
        reach(name)
    return everything


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        depends = node.get("DependsOn", [])
        yield from [depends] if isinstance(depends, str) else depends
        if "Ref" in node:
            yield node["Ref"]
        if "Fn::GetAtt" in node:
            yield node["Fn::GetAtt"][0]
        for value in node.values():
            yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)


def _texts(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        yield part if isinstance(part, str) else "?"
