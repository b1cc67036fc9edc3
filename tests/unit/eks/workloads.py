"""Workloads in stacks of their own, on a cluster that is somewhere else, to look at their objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aws_cdk import Environment, Stack, aws_ec2, aws_eks_v2, aws_iam
from aws_cdk.assertions import Template

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.model_data import ModelData
from inference_constructs.config import Pods, Rollout, Scaling
from inference_constructs.eks.common.cluster_handle import ClusterHandle
from inference_constructs.eks.common.contract import NodeMode
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.service.workload import Workload
from tests.templates import unvalidated_app
from tests.validation.templates.kubernetes_schemas import objects_in

SERVICE = "triage"
SERVER = "111122223333.dkr.ecr.us-east-1.amazonaws.com/triage:7"
LOADER = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:1"
ARCHIVE = "s3://models/triage/1/model.tar.gz"
SHA256 = "5a" * 32
PODS = Pods(cpu="2", memory="4Gi")
SCALING = Scaling(min=2, max=20, target=8)
CLUSTER = "slipway-dev"
ZONES = ["us-east-1a", "us-east-1b"]
WATCH = "arn:aws:lambda:us-east-1:111122223333:function:rollouts"
KUBECTL = "arn:aws:lambda:us-east-1:111122223333:function:kubectl"
TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/{}/1"


@dataclass(frozen=True)
class Deployed:
    """Something that applies manifests, and its template on demand."""

    stack: Stack

    @cached_property
    def template(self) -> Template:
        return Template.from_stack(self.stack)

    @cached_property
    def objects(self) -> list[dict[str, Any]]:
        return objects_in(self.template.to_json())

    def one(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """The one object of a kind, or of a kind and name."""
        found = [each for each in self.objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]
        assert len(found) == 1, f"{len(found)} objects {kind} {name}"
        return found[0]

    @property
    def pod(self) -> dict[str, Any]:
        """What the pods of the one Deployment are made of."""
        spec: dict[str, Any] = self.one("Deployment")["spec"]["template"]["spec"]
        return spec

    @property
    def server(self) -> dict[str, Any]:
        """Their only container."""
        (container,) = self.pod["containers"]
        assert isinstance(container, dict)
        return container


def empty_stack() -> Stack:
    return Stack(unvalidated_app(), "Service", env=Environment(account="111122223333", region="us-east-1"))


def cluster_of(stack: Stack) -> aws_eks_v2.ICluster:
    """A cluster of another stack."""
    role = aws_iam.Role.from_role_arn(stack, "KubectlRole", "arn:aws:iam::111122223333:role/kubectl")
    kubectl = aws_eks_v2.KubectlProvider.from_kubectl_provider_attributes(
        stack, "Kubectl", service_token=KUBECTL, role=role
    )
    return aws_eks_v2.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name=CLUSTER, kubectl_provider=kubectl)


def variant(
    stack: Stack,
    name: str = "main",
    *,
    scaling: Scaling = SCALING,
    environment: Mapping[str, str] | None = None,
    s3_uri: str = ARCHIVE,
    sha256: str | None = SHA256,
    with_model: bool = True,
) -> PodVariant:
    """A variant with values that fit; a test names those it is about."""
    model = ModelData.from_s3_uri(stack, f"Model{name}", s3_uri=s3_uri, sha256=sha256) if with_model else None
    image = ContainerImage.from_uri(stack, f"Image{name}", uri=SERVER)
    return PodVariant(name=name, weight=1, image=image, model=model, scaling=scaling, environment=environment or {})


def workload_of(
    stack: Stack,
    variants: Sequence[PodVariant],
    *,
    pods: Pods = PODS,
    rollout: Rollout | None = None,
    nodes: NodeMode = "auto_mode",
    spread_spot: bool = False,
    target_group_arns: Mapping[str, str] | None = None,
) -> Workload:
    """The workload of these variants."""
    return Workload(
        stack,
        "Workload",
        cluster=ClusterHandle(
            cluster=cluster_of(stack),
            cluster_name=CLUSTER,
            rollout_token=WATCH,
            nodes=nodes,
            vpc=aws_ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=ZONES),
            vpc_cidr="10.0.0.0/16",
        ),
        service_name=SERVICE,
        variants=variants,
        pods=pods,
        rollout=rollout or Rollout(),
        loader_image=ContainerImage.from_uri(stack, "Loader", uri=LOADER),
        target_group_arns=target_group_arns or {each.name: TARGET_GROUP.format(each.name) for each in variants},
        spread_spot=spread_spot,
    )


def deployed(
    *,
    pods: Pods = PODS,
    rollout: Rollout | None = None,
    nodes: NodeMode = "auto_mode",
    spread_spot: bool = False,
    **of_the_variant: Any,
) -> Deployed:
    """A workload of one variant."""
    stack = empty_stack()
    workload_of(
        stack, [variant(stack, **of_the_variant)], pods=pods, rollout=rollout, nodes=nodes, spread_spot=spread_spot
    )
    return Deployed(stack)
