"""What a reviewer has to look at twice, and what they need not be told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.operations.template_diff.iam.policies import Grant
from slipway.operations.template_diff.permission_widening import broadenings


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return _resource("AWS::IAM::Policy", PolicyDocument={"Statement": list(statements)})


def _allow(action: Any, resource: Any = "arn:aws:s3:::models/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _told(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
    return list(broadenings({"X": before} if before else {}, {"X": after} if after else {}))


def _group(*ingress: dict[str, Any]) -> dict[str, Any]:
    return _resource("AWS::EC2::SecurityGroup", SecurityGroupIngress=list(ingress))


def _from(block: str, first: int = 443, last: int = 443) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "CidrIp": block}


def _alarm(**properties: Any) -> dict[str, Any]:
    given = {"Threshold": 100, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 3}
    return _resource("AWS::CloudWatch::Alarm", **(given | {"AlarmActions": ["topic"]} | properties))


def _bucket(*, blocked: bool, kept: str | None = None) -> dict[str, Any]:
    keys = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    found = _resource("AWS::S3::Bucket", PublicAccessBlockConfiguration=dict.fromkeys(keys, blocked))
    return found | ({"DeletionPolicy": kept} if kept else {})


READ, ALL = _allow("s3:GetObject"), _allow("s3:*", "*")
ONLY_MINE = {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
DENY = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
ROLLBACK = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}
CLUSTER = "AWS::EKS::Cluster"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"

BROADER: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None, str]] = {
    "an action": (_policy(READ), _policy(_allow(["s3:GetObject", "s3:PutObject"])), "allows s3:PutObject on arn:aws"),
    "a wildcard": (_policy(READ), _policy(ALL), "allows s3:* on * (WIDE)"),
    "a condition that goes": (_policy(READ | {"Condition": ONLY_MINE}), _policy(READ), "allows s3:GetObject"),
    "a denial that goes": (_policy(READ, DENY), _policy(READ), "no longer denies s3:DeleteObject on *"),
    "a policy of denials that goes": (_policy(DENY), None, "no longer denies s3:DeleteObject"),
    "everything but": (
        None,
        _policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        "allows not iam:* on * (WIDE)",
    ),
    "everything but, in one place": (
        None,
        _policy({"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "arn:aws:s3:::models/1"}),
        "allows not s3:DeleteObject on arn:aws:s3:::models/1 (WIDE)",
    ),
    "anybody trusted": (
        None,
        _resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": TRUST}),
        "allows sts:AssumeRole to AWS:* (WIDE)",
    ),
    "a principal of a key": (
        _resource("AWS::KMS::Key", EnableKeyRotation=True, KeyPolicy={"Statement": []}),
        _resource("AWS::KMS::Key", EnableKeyRotation=True, KeyPolicy={"Statement": [TRUST | {"Resource": "*"}]}),
        "allows sts:AssumeRole to AWS:* on *",
    ),
    "a managed policy": (
        _resource("AWS::IAM::Role", ManagedPolicyArns=[]),
        _resource("AWS::IAM::Role", ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
        "gets the managed policy arn:aws:iam::aws:policy/AdministratorAccess",
    ),
    "a boundary that goes": (
        _resource("AWS::IAM::Role", PermissionsBoundary="b"),
        _resource("AWS::IAM::Role"),
        "loses its permissions boundary",
    ),
    "a wider block": (_group(_from("10.0.0.0/16")), _group(_from("0.0.0.0/0")), "from 0.0.0.0/0 (WIDE)"),
    "everybody by IPv6": (
        _group(_from("10.0.0.0/16")),
        _group({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"}),
        "opens ingress tcp, port 443, from ::/0 (WIDE)",
    ),
    "more ports": (
        _group(_from("10.0.0.0/16")),
        _group(_from("10.0.0.0/16", 0, 1024)),
        "ports 0-1024, from 10.",
    ),
    "a rule of its own": (
        None,
        _resource("AWS::EC2::SecurityGroupIngress", GroupId={"Ref": "Sg"}, IpProtocol="-1", CidrIp="10.0.0.0/8"),
        "${Sg} opens ingress every protocol, every port, from 10.0.0.0/8",
    ),
    "a public bucket": (_bucket(blocked=True), _bucket(blocked=False), "public access is not blocked"),
    "an internet-facing load balancer": (
        _resource(LOAD_BALANCER, Scheme="internal"),
        _resource(LOAD_BALANCER, Scheme="internet-facing"),
        "reachable from the internet (Scheme)",
    ),
    "a public cluster": (
        _resource(CLUSTER, DeletionProtection=True, ResourcesVpcConfig={"EndpointPublicAccess": False}),
        _resource(CLUSTER, DeletionProtection=True, ResourcesVpcConfig={"EndpointPublicAccess": True}),
        "its API is reachable from the internet",
    ),
    "a cluster that can be deleted": (
        _resource(CLUSTER, DeletionProtection=True),
        _resource(CLUSTER, DeletionProtection=False),
        "can be deleted (DeletionProtection)",
    ),
    "a load balancer that can be deleted": (
        _resource(LOAD_BALANCER, LoadBalancerAttributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]),
        _resource(LOAD_BALANCER, LoadBalancerAttributes=[{"Key": "deletion_protection.enabled", "Value": "false"}]),
        "can be deleted (deletion_protection.enabled)",
    ),
    "who may reach the cluster": (
        _resource(CLUSTER, ResourcesVpcConfig={"PublicAccessCidrs": ["10.0.0.0/8"]}),
        _resource(CLUSTER, ResourcesVpcConfig={"PublicAccessCidrs": ["10.0.0.0/8", "0.0.0.0/0"]}),
        "0.0.0.0/0 may reach its API",
    ),
    "an access entry": (
        None,
        _resource("AWS::EKS::AccessEntry"),
        "lets a principal into the cluster",
    ),
    "a key that goes": (
        _resource("AWS::Logs::LogGroup", KmsKeyId="key"),
        _resource("AWS::Logs::LogGroup"),
        "not encrypted with a key of its own any more (KmsKeyId)",
    ),
    "logs kept shorter": (
        _resource("AWS::Logs::LogGroup", RetentionInDays=90),
        _resource("AWS::Logs::LogGroup", RetentionInDays=7),
        "keeps logs for 7 days, before 90",
    ),
    "a removal policy": (
        _bucket(blocked=True, kept="Retain"),
        _bucket(blocked=True),
        "DeletionPolicy was Retain and is Delete",
    ),
    "a bucket that goes": (_bucket(blocked=True), None, "leaves the stack: deleted with what it holds"),
    "a key that leaves": (_resource("AWS::KMS::Key"), None, "leaves the stack: deleted with what it holds"),
    "an alarm that goes": (_alarm(), None, "an alarm is removed"),
    "a higher threshold": (_alarm(), _alarm(Threshold=200), "goes off at 200, before at 100"),
    "a lower threshold where less is worse": (
        _alarm(ComparisonOperator="LessThanThreshold"),
        _alarm(ComparisonOperator="LessThanThreshold", Threshold=50),
        "goes off at 50, before at 100",
    ),
    "more periods": (_alarm(), _alarm(EvaluationPeriods=5), "EvaluationPeriods is 5, before 3"),
    "silence that is no alarm any more": (
        _alarm(TreatMissingData="breaching"),
        _alarm(TreatMissingData="notBreaching"),
        "missing data is notBreaching, before breaching",
    ),
    "an alarm that tells nobody": (_alarm(), _alarm(AlarmActions=[]), "AlarmActions has 0 receivers, before 1"),
    "rollback alarms": (
        _resource("AWS::SageMaker::Endpoint", DeploymentConfig=ROLLBACK),
        _resource("AWS::SageMaker::Endpoint", DeploymentConfig={}),
        "1 alarms do not roll a deployment back any more",
    ),
    "a firewall that goes": (_resource("AWS::WAFv2::WebACLAssociation"), None, "loses its firewall"),
}


@pytest.mark.parametrize("case", BROADER)
def test_what_is_broader_is_told(case: str) -> None:
    before, after, sentence = BROADER[case]
    told = _told(before, after)
    assert any(sentence in each for each in told), told


#: What changes a resource that stays has a way back, which is narrower.
_CHANGES = sorted(case for case, (before, after, _) in BROADER.items() if before and after)


@pytest.mark.parametrize("case", _CHANGES)
def test_the_way_back_is_not_told(case: str) -> None:
    before, after, sentence = BROADER[case]
    assert not any(sentence in each for each in _told(after, before))


def test_nothing_is_told_of_what_stays() -> None:
    for before, after, _ in BROADER.values():
        for resource in filter(None, (before, after)):
            assert _told(resource, resource) == []


def test_whoever_was_let_in_before_is_no_news() -> None:
    """Tags and the order of creation let nobody in; another principal or policy does."""
    entry = _resource("AWS::EKS::AccessEntry", PrincipalArn="arn:aws:iam::111122223333:role/a", Tags=[])
    later = entry | {
        "DependsOn": ["Cluster"],
        "Properties": entry["Properties"] | {"Tags": [{"Key": "a", "Value": "b"}]},
    }
    assert _told(entry, later) == []
    other = _resource("AWS::EKS::AccessEntry", PrincipalArn="arn:aws:iam::111122223333:role/b", Tags=[])
    assert len(_told(entry, other)) == 1


def test_a_policy_that_is_only_renamed_is_no_news() -> None:
    assert list(broadenings({"Old": _policy(READ)}, {"New": _policy(READ)})) == []


def test_the_same_permission_for_another_role_is_news() -> None:
    before = {"A": _policy(READ)}
    assert len(list(broadenings(before, before | {"B": _policy(READ)}))) == 1


def test_an_alarm_that_is_only_renamed_is_no_news() -> None:
    assert list(broadenings({"Old": _alarm()}, {"New": _alarm()})) == []


_PART = st.sampled_from(["s3:GetObject", "s3:*", "*", "s3:Get*", "kms:Decrypt"])


@given(st.lists(_PART, min_size=1), st.lists(_PART, min_size=1))
def test_what_covers_an_action_is_never_told_as_new(before: list[str], after: list[str]) -> None:
    """If everything was allowed, nothing is new; and what is the same is never new."""
    assert not _told(_policy(_allow("*", "*")), _policy(_allow(after)))
    assert not _told(_policy(_allow(before)), _policy(_allow(before)))


def test_what_covers_what() -> None:
    def grant(action: str, resource: str = "*", condition: str = "") -> Grant:
        return Grant(where="P", effect="Allow", principal="", action=action, resource=resource, condition=condition)

    assert grant("s3:Get*").covers(grant("S3:getobject"))
    assert not grant("s3:GetObject").covers(grant("s3:Get*"))
    assert not grant("s3:Get*", condition="{}").covers(grant("s3:GetObject"))
    assert not grant("s3:*", "arn:aws:s3:::a").covers(grant("s3:*", "arn:aws:s3:::b"))
