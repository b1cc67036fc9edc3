"""A permission is what somebody may do: not the statement, the policy or the logical id that it is written under."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.operations.template_diff.iam.conditions import condition_covers
from slipway.operations.template_diff.permission_widening import broadenings

Resources = dict[str, dict[str, Any]]


def policy(*statements: dict[str, Any], role: str = "Role", kind: str = "AWS::IAM::Policy") -> dict[str, Any]:
    return {"Type": kind, "Properties": {"PolicyDocument": {"Statement": list(statements)}, "Roles": [{"Ref": role}]}}


def allow(action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::models/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role(service: str = "sagemaker", **more: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [trust]}, **more}}


def bucket_policy(principal: Any, *, bucket: str = "Bucket") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*"}
    return {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": bucket}, "PolicyDocument": {"Statement": [statement]}},
    }


def condition(operator: str = "StringEquals", **values: Any) -> dict[str, Any]:
    return {"Condition": {operator: {f"aws:{key}": value for key, value in values.items()}}}


READ = allow()
INLINE = role(Policies=[{"PolicyName": "a", "PolicyDocument": {"Statement": [READ]}}])


def invoke(principal: str = "s3.amazonaws.com") -> dict[str, Any]:
    properties = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Ref": "F"},
        "Principal": principal,
        "SourceAccount": "111122223333",
    }
    return {"Type": "AWS::Lambda::Permission", "Properties": properties}


SAME: dict[str, tuple[Resources, Resources]] = {
    "under another logical id": ({"Old": policy(READ), "Role": role()}, {"New": policy(READ), "Role": role()}),
    "in another policy of the role": (
        {"A": policy(READ, allow("sqs:SendMessage")), "B": policy(), "Role": role()},
        {"A": policy(READ), "B": policy(allow("sqs:SendMessage")), "Role": role()},
    ),
    "in a managed policy instead of an inline one": (
        {"P": policy(READ), "Role": role()},
        {"M": policy(READ, kind="AWS::IAM::ManagedPolicy"), "Role": role()},
    ),
    "in the role itself": ({"P": policy(READ), "Role": role()}, {"Role": INLINE}),
    "attached from the other side": (
        {"M": policy(READ, kind="AWS::IAM::ManagedPolicy"), "Role": role()},
        {
            "M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [READ]}}},
            "Role": role(ManagedPolicyArns=[{"Ref": "M"}]),
        },
    ),
    "of a role that is renamed": ({"P": policy(READ), "Role": role()}, {"P": policy(READ, role="New"), "New": role()}),
    "in two statements": ({"P": policy(allow(["a:B", "a:C"]))}, {"P": policy(allow("a:B"), allow("a:C"))}),
    "covered by a wildcard": ({"P": policy(allow("s3:Get*"))}, {"P": policy(allow("s3:GetObject"))}),
    "with another condition besides": (
        {"P": policy(READ | condition(PrincipalAccount="1"))},
        {"P": policy(allow(Condition={"StringEquals": {"aws:PrincipalAccount": "1", "aws:SourceVpc": "2"}}))},
    ),
    "under fewer values": (
        {"P": policy(READ | condition(PrincipalAccount=["1", "2"]))},
        {"P": policy(READ | condition(PrincipalAccount="2"))},
    ),
    "with more exceptions": (
        {"P": policy({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})},
        {"P": policy({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"})},
    ),
    "to the next version of an asset": (
        {"P": policy(allow(resource=f"arn:aws:s3:::assets/{'0' * 64}.zip"))},
        {"P": policy(allow(resource=f"arn:aws:s3:::assets/{'1' * 64}.zip"))},
    ),
    "on a bucket whose policy is renamed": (
        {"Old": bucket_policy({"AWS": "a"}), "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}},
        {"New": bucket_policy({"AWS": "a"}), "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}},
    ),
    "to invoke, under another logical id": ({"Old": invoke()}, {"New": invoke()}),
}

BROADER: dict[str, tuple[Resources, Resources, str]] = {
    "another role": (
        {"P": policy(READ), "A": role(), "Role": role()},
        {"P": policy(READ), "Q": policy(READ, role="A"), "A": role(), "Role": role()},
        "Q (AWS::IAM::Policy) for ${A} allows s3:GetObject",
    ),
    "a role more in the same policy": (
        {"P": policy(READ), "A": role(), "Role": role()},
        {
            "P": {
                "Type": "AWS::IAM::Policy",
                "Properties": policy(READ)["Properties"] | {"Roles": [{"Ref": "Role"}, {"Ref": "A"}]},
            },
            "A": role(),
            "Role": role(),
        },
        "P (AWS::IAM::Policy) for ${A} allows s3:GetObject",
    ),
    "moved to another role": (
        {"P": policy(READ), "A": role(), "Role": role()},
        {"P": policy(READ, role="A"), "A": role(), "Role": role()},
        "for ${A} allows s3:GetObject",
    ),
    "a renamed role that others may assume": (
        {"P": policy(READ), "Role": role()},
        {"P": policy(READ, role="New"), "New": role("lambda")},
        "allows sts:AssumeRole to Service:lambda.amazonaws.com",
    ),
    "a principal": (
        {"B": bucket_policy({"AWS": "a"})},
        {"B": bucket_policy({"AWS": ["a", "b"]})},
        "allows s3:GetObject to AWS:b on *",
    ),
    "the policy on another bucket": (
        {"B": bucket_policy({"AWS": "a"}, bucket="One")},
        {"B": bucket_policy({"AWS": "a"}, bucket="Two")},
        "for ${Two} allows s3:GetObject",
    ),
    "an action": ({"P": policy(READ)}, {"P": policy(READ, allow("s3:PutObject"))}, "allows s3:PutObject"),
    "a wildcard": ({"P": policy(READ)}, {"P": policy(allow("s3:Get*"))}, "allows s3:Get* on"),
    "a condition less": (
        {"P": policy(READ | condition(PrincipalAccount="1"))},
        {"P": policy(READ)},
        "allows s3:GetObject",
    ),
    "a value more": (
        {"P": policy(READ | condition(PrincipalAccount="1"))},
        {"P": policy(READ | condition(PrincipalAccount=["1", "2"]))},
        "when",
    ),
    "a value less that is not allowed": (
        {"P": policy(READ | condition("StringNotEquals", PrincipalAccount=["1", "2"]))},
        {"P": policy(READ | condition("StringNotEquals", PrincipalAccount="1"))},
        "when",
    ),
    "an exception less": (
        {"P": policy({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"})},
        {"P": policy({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})},
        "allows not iam:* on * (WIDE)",
    ),
    "whoever may invoke": (
        {"F": invoke()},
        {"F": invoke(), "G": invoke("*")},
        "allows lambda:InvokeFunction to * on ${F}",
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_permission_is_not_broader(case: str) -> None:
    before, after = SAME[case]
    assert list(broadenings(before, after)) == []


@pytest.mark.parametrize("case", BROADER)
def test_what_somebody_may_do_that_they_could_not_is_broader(case: str) -> None:
    before, after, sentence = BROADER[case]
    told = list(broadenings(before, after))
    assert [each for each in told if sentence in each], told


_ACTIONS = st.lists(st.sampled_from(["s3:GetObject", "s3:PutObject", "kms:Decrypt", "sqs:*"]), min_size=1, unique=True)
_NAMES = st.sampled_from(["A", "B", "C"])


@given(_ACTIONS, st.lists(_NAMES, min_size=4, max_size=4), st.lists(_NAMES, min_size=4, max_size=4))
def test_how_actions_are_spread_over_policies_does_not_matter(
    actions: list[str], old: list[str], new: list[str]
) -> None:
    def spread(names: list[str]) -> Resources:
        found: Resources = {"Role": role()}
        for action, name in zip(actions, names, strict=False):
            found.setdefault(name, policy())["Properties"]["PolicyDocument"]["Statement"].append(allow(action))
        return found

    assert list(broadenings(spread(old), spread(new))) == []


@given(_ACTIONS, _ACTIONS)
def test_exactly_the_actions_that_are_new_are_told(before: list[str], after: list[str]) -> None:
    told = list(broadenings({"P": policy(allow(before))}, {"Q": policy(allow(after))}))
    added = sorted(set(after) - set(before))
    assert [sentence.partition(" allows ")[2].partition(" on ")[0] for sentence in told] == (
        [", ".join(added)] if added else []
    )


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ("", '{"Bool": {"a": "true"}}', True),
        ('{"Bool": {"a": "true"}}', "", False),
        ('{"Bool": {"a": "true"}}', '{"Bool": {"a": "false"}}', False),
        ('{"StringLike": {"a": ["x", "y"]}}', '{"StringLike": {"a": ["y", "x"]}}', True),
        ('{"StringEquals": {"a": "x"}}', '{"StringLike": {"a": "x"}}', False),
        ('{"NumericLessThan": {"a": "3"}}', '{"NumericLessThan": {"a": "3"}, "Bool": {"b": "true"}}', True),
        ("${Unknown}", '{"Bool": {"a": "true"}}', False),
    ],
)
def test_which_condition_covers_which(one: str, other: str, *, covers: bool) -> None:
    assert condition_covers(one, other) is covers
