"""What the pods of a service may do in AWS."""

import pytest
from aws_cdk.assertions import Template

from inference_constructs.eks.service.pod_identity import PodIdentity
from tests.templates import only, resources, statements, strings_in
from tests.unit.eks.workloads import SERVICE, empty_stack, variant

OTHER = "s3://models/triage/2/model.tar.gz"


def identity(*archives: str, with_model: bool = True) -> Template:
    stack = empty_stack()
    variants = [
        variant(stack, f"variant-{number}", s3_uri=archive, with_model=with_model)
        for number, archive in enumerate(archives)
    ]
    PodIdentity(stack, "Identity", cluster_name="slipway-dev", namespace=SERVICE, variants=variants)
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def usual() -> Template:
    return identity("s3://models/triage/1/model.tar.gz", OTHER)


def test_pods_read_their_archives_and_nothing_else(usual: Template) -> None:
    allowed = [
        (each["Action"], "".join(strings_in(each["Resource"])).partition(":s3:::")[2]) for each in statements(usual)
    ]
    assert allowed == [
        ("s3:GetObject", "models/triage/1/model.tar.gz"),
        ("s3:GetObject", "models/triage/2/model.tar.gz"),
    ]


def test_the_service_account_is_associated_without_an_add_on(usual: Template) -> None:
    """EKS fact 14: the CDK's own service account would add an agent that EKS Auto Mode has built in."""
    (role,) = usual.find_resources("AWS::IAM::Role")
    assert only(usual, "AWS::EKS::PodIdentityAssociation") == {
        "ClusterName": "slipway-dev",
        "Namespace": SERVICE,
        "ServiceAccount": "model",
        "RoleArn": {"Fn::GetAtt": [role, "Arn"]},
    }
    assert not resources(usual, "AWS::EKS::Addon")


def test_only_this_service_account_of_this_cluster_gets_the_role(usual: Template) -> None:
    (statement,) = only(usual, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    tags = statement["Condition"]["StringEquals"]
    cluster = "".join(strings_in(tags.pop("aws:RequestTag/eks-cluster-arn")))
    assert cluster.endswith(":eks:us-east-1:111122223333:cluster/slipway-dev")
    assert tags == {
        "aws:RequestTag/kubernetes-namespace": SERVICE,
        "aws:RequestTag/kubernetes-service-account": "model",
    }


def test_no_managed_policy_of_aws_and_no_inline_one(usual: Template) -> None:
    role = only(usual, "AWS::IAM::Role")
    assert "ManagedPolicyArns" not in role
    assert "Policies" not in role
    assert not resources(usual, "AWS::IAM::Policy")


def test_the_association_has_its_rights_from_the_start(usual: Template) -> None:
    (policy,) = usual.find_resources("AWS::IAM::ManagedPolicy")
    (association,) = usual.find_resources("AWS::EKS::PodIdentityAssociation").values()
    assert policy in association["DependsOn"]


def test_old_pods_may_load_the_old_model_until_the_new_ones_are_there() -> None:
    """A policy that is replaced stays attached until CloudFormation cleans up, after the Deployment's update."""
    old, new = (list(identity(uri).find_resources("AWS::IAM::ManagedPolicy")) for uri in ("s3://models/1.tgz", OTHER))
    assert old != new


def test_pods_without_a_model_have_no_role() -> None:
    template = identity("unused", with_model=False)
    assert template.to_json().get("Resources", {}) == {}
