"""Every resource type of Slipway's templates, and how much there is behind it in the embedded AWS."""

import dataclasses
from pathlib import Path
from typing import Final

from slipway.emulator import vendor
from slipway.emulator.cloudformation.install import our_types
from slipway.emulator.cloudformation.resource_type import ApiClient, Effect
from slipway.emulator.common.workspace import MINUTE_SECONDS, Workspace
from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane


@dataclasses.dataclass(frozen=True)
class Entry:
    """A resource type.

    Attributes:
        name: As templates spell it.
        effect: How much there is behind it.
        behind: What that is.
    """

    name: str
    effect: Effect
    behind: str


_ELB: Final = "AWS::ElasticLoadBalancingV2"
_NO_PACKET: Final = "ministack's EC2; no packet flows"

_KUBECTL: Final = "the CDK's own Lambda functions run kubectl against the cluster's address"

# Of the types that ministack brings, those that Slipway's templates use.
_MINISTACK: Final = (
    Entry("AWS::CDK::Metadata", Effect.RECORDED, "nothing; it is nothing on AWS either"),
    Entry("AWS::CloudWatch::Alarm", Effect.WORKS, "ministack's CloudWatch evaluates it on published metrics"),
    Entry("AWS::CloudWatch::Dashboard", Effect.DESCRIBED, "ministack's CloudWatch; nobody draws it"),
    Entry("AWS::EC2::InternetGateway", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::Route", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::RouteTable", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::SecurityGroup", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::Subnet", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::SubnetRouteTableAssociation", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::VPC", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::VPCEndpoint", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::EC2::VPCGatewayAttachment", Effect.DESCRIBED, _NO_PACKET),
    Entry("AWS::ECR::Repository", Effect.DESCRIBED, "ministack's ECR; no image is pulled from it"),
    Entry("AWS::IAM::ManagedPolicy", Effect.DESCRIBED, "ministack's IAM; no permission is enforced"),
    Entry("AWS::IAM::Policy", Effect.DESCRIBED, "ministack's IAM; no permission is enforced"),
    Entry("AWS::IAM::Role", Effect.DESCRIBED, "ministack's IAM; no permission is enforced"),
    Entry("AWS::KMS::Alias", Effect.WORKS, "ministack's KMS"),
    Entry("AWS::KMS::Key", Effect.WORKS, "ministack's KMS encrypts by it; no volume or log is encrypted"),
    Entry(
        "AWS::CertificateManager::Certificate",
        Effect.DESCRIBED,
        "ministack's ACM; load balancers answer with another one",
    ),
    Entry("AWS::EKS::Nodegroup", Effect.DESCRIBED, "ministack's EKS tells it back; there are no nodes"),
    Entry(f"{_ELB}::Listener", Effect.WORKS, "the load balancer's TLS port, for HTTPS; others are described only"),
    Entry(f"{_ELB}::ListenerRule", Effect.WORKS, "evaluated for every request"),
    Entry(f"{_ELB}::LoadBalancer", Effect.WORKS, "a TLS port on loopback that passes requests on to pods"),
    Entry(f"{_ELB}::TargetGroup", Effect.WORKS, "the pods that a TargetGroupBinding binds, with health checks"),
    Entry("AWS::IAM::InstanceProfile", Effect.DESCRIBED, "ministack's IAM; no permission is enforced"),
    Entry("AWS::Lambda::LayerVersion", Effect.WORKS, "its programs are on the PATH of every function"),
    Entry("AWS::Lambda::Permission", Effect.DESCRIBED, "ministack's Lambda; no permission is enforced"),
    Entry("AWS::Lambda::Function", Effect.WORKS, "ministack runs its code as a process, with no sandbox"),
    Entry("AWS::Logs::LogGroup", Effect.DESCRIBED, "ministack's CloudWatch Logs; model servers log to files"),
    Entry("AWS::Route53::HostedZone", Effect.DESCRIBED, "ministack's Route 53; nobody resolves its names"),
    Entry("AWS::Route53::RecordSet", Effect.DESCRIBED, "ministack's Route 53; nobody resolves its names"),
    Entry("AWS::S3::Bucket", Effect.WORKS, "ministack's S3, in memory"),
    Entry("AWS::S3::BucketPolicy", Effect.DESCRIBED, "ministack's S3; no permission is enforced"),
    Entry("AWS::SNS::Subscription", Effect.DESCRIBED, "ministack's SNS; no e-mail is sent"),
    Entry("AWS::SNS::Topic", Effect.WORKS, "ministack's SNS"),
    Entry("AWS::SNS::TopicPolicy", Effect.DESCRIBED, "ministack's SNS; no permission is enforced"),
    Entry("AWS::WAFv2::WebACL", Effect.DESCRIBED, "ministack's WAF; no request is blocked"),
    Entry("AWS::StepFunctions::StateMachine", Effect.WORKS, "ministack's Step Functions, with shortened waits"),
    Entry("AWS::SSM::Parameter", Effect.WORKS, "ministack's Parameter Store"),
    Entry("Custom::AWSCDK-EKS-KubernetesObjectValue", Effect.WORKS, _KUBECTL),
    Entry("Custom::AWSCDK-EKS-KubernetesResource", Effect.WORKS, _KUBECTL),
    Entry("Custom::SlipwayBake", Effect.WORKS, "its own Lambda function reads alarms, for a shortened time"),
    Entry("Custom::SlipwayRollout", Effect.WORKS, "its own Lambda functions ask the cluster's address and alarms"),
    Entry("Custom::S3AutoDeleteObjects", Effect.WORKS, "the CDK's own Lambda function empties the bucket"),
    Entry("Custom::VpcRestrictDefaultSG", Effect.WORKS, "the CDK's own Lambda function changes the security group"),
)


def catalogue() -> list[Entry]:
    """The types, in the order of their names."""
    # The handlers are asked for their descriptions only, so that no embedded AWS has to run.
    nowhere = Workspace(port=0, folder=Path())
    types = our_types(ApiClient(nowhere), KubernetesPlane(nowhere, MINUTE_SECONDS))
    ours = [Entry(kind.name, kind.effect, kind.behind) for kind in types]
    return sorted([*ours, *_MINISTACK], key=lambda entry: entry.name)


def deployable() -> set[str]:
    """Every type that the engine takes: ours, and all of ministack's."""
    return {entry.name for entry in catalogue()} | set(vendor.type_names())
