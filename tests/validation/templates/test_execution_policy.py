"""What CloudFormation may do in an account: all that the templates need, and little else."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cfnlint.api
import pytest
from aws_cdk.cx_api import CloudFormationStackArtifact
from cfnlint.config import ManualArgs

from inference_constructs.config import Project, load_project
from stacks.application import create_app
from tests.conftest import ROOT
from tests.templates import stacks_of, strings_in
from tests.validation.templates.handler_permissions import (
    FEATURES,
    NO_ACTIONS,
    NOT_NEEDED,
    PROBED,
    UNSAID,
    handlers,
    is_not_needed,
    listed,
    matches,
    needed,
    property_names,
    services_of_iam,
)

#: What each kind of account is bootstrapped with, as docs/accounts.md says it.
TOOLS = ("identity", "foundation", "pipeline")
WORKLOAD = ("identity", "foundation", "network", "serving")
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: without white space.
MOST_CHARACTERS = 6144
#: Managed policies that a role may have attached, by the same page's defaults.
MOST_POLICIES = 10
#: Types that only options in no environment here make.
OPTIONS = {
    "AWS::Chatbot::SlackChannelConfiguration": WORKLOAD,  # alarm_chat
    "AWS::EC2::SecurityGroup": (*TOOLS, "network"),  # a pipeline in a VPC
    "AWS::Events::Rule": TOOLS,  # commits from S3 or CodeCommit
    "AWS::Events::EventBusPolicy": TOOLS,  # approvals in the registry of another account
}
#: Reading is harmless, and short to say.
READ_BESIDES = ["ec2:Describe*", "lambda:Get*", "s3:GetBucket*"]
Statement = dict[str, Any]
Kinds = set[tuple[str, tuple[str, ...]]]


def document(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "bootstrap" / f"{name}.json").read_text())
    return content


def allowing(names: tuple[str, ...], action: str, resource: str | None = None) -> list[Statement]:
    """The statements that allow an action, on a resource or on any."""
    return [
        statement
        for name in names
        for statement in document(name)["Statement"]
        if statement["Effect"] == "Allow"
        and matches(statement["Action"], action)
        and (resource is None or matches(statement["Resource"], resource))
    ]


def resources_of(stack: CloudFormationStackArtifact) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = stack.template["Resources"]
    return found


@pytest.fixture(scope="module")
def documents(project: Project) -> dict[str, tuple[str, ...]]:
    """The documents by account."""
    accounts = {environment.account: WORKLOAD for environment in project.environments}
    for environment in load_project(ROOT / "tests" / "showcase").environments:
        accounts[environment.account] = WORKLOAD
    return accounts | ({project.pipeline.account: TOOLS} if project.pipeline is not None else {})


@pytest.fixture(scope="module")
def kinds(stacks: list[CloudFormationStackArtifact], documents: dict[str, tuple[str, ...]]) -> Kinds:
    """Every type of resource with the documents of an account that it is deployed to."""
    return {
        (resource["Type"], documents[stack.environment.account])
        for stack in stacks
        for resource in resources_of(stack).values()
    } | set(OPTIONS.items())


def test_every_resource_of_every_template_can_be_deployed(kinds: Kinds) -> None:
    missing = {
        f"{kind}: {action} is allowed by none of {', '.join(names)}"
        for kind, names in kinds
        for action in needed(kind)
        if not allowing(names, action)
    }
    assert sorted(missing) == []
    assert len(kinds) >= 40
    assert {names for _, names in kinds} >= {TOOLS, WORKLOAD}


def test_what_is_probed_without_a_name_is_allowed_on_everything(kinds: Kinds) -> None:
    """Scaling tries the caller's permissions with calls that name no alarm, which no pattern but `*` matches."""
    probed = [(names, action) for kind, names in kinds if kind in PROBED for action in UNSAID[kind]]
    assert {names for names, _ in probed} == {WORKLOAD}
    assert [action for names, action in probed if not allowing(names, action, "*")] == []


def test_features_that_need_more_are_in_no_template(stacks: list[CloudFormationStackArtifact]) -> None:
    """What is taken for unneeded is so because the properties are absent, not because they were once."""
    known, used = property_names(), dict[str, set[str]]()
    for resource in (one for stack in stacks for one in resources_of(stack).values()):
        used.setdefault(resource["Type"], set()).update(strings_in(resource.get("Properties", {})))
    assert {feature.kind for feature in FEATURES} - set(used) <= {"AWS::CodePipeline::Pipeline"}, "nothing has it"
    for feature in FEATURES:
        words = set(feature.properties.split())
        assert words <= known[feature.kind], feature
        assert words & used.get(feature.kind, set()) == set(), f"a template needs {feature.actions}: allow it"
        for pattern in feature.actions.split():
            assert any(matches(pattern, action) for action in handlers()[feature.kind]), f"{pattern} is asked no more"


def test_of_several_services_only_these_are_meant(stacks: list[CloudFormationStackArtifact]) -> None:
    """Of what else could scale, be guarded by a firewall or take its log, NOT_NEEDED allows nothing."""
    found: dict[str, set[str]] = {"guarded": set(), "logs": set(), "scaled": set()}
    for resources in map(resources_of, stacks):
        for resource in resources.values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::WAFv2::WebACLAssociation":
                found["guarded"].add(resources[properties["ResourceArn"]["Ref"]]["Type"])
            if resource["Type"] == "AWS::WAFv2::LoggingConfiguration":
                found["logs"].update(destination.split(":")[2] for destination in properties["LogDestinationConfigs"])
            if resource["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget":
                found["scaled"].add(properties["ServiceNamespace"])
    balancers = {"AWS::ElasticLoadBalancingV2::LoadBalancer"}
    assert found == {"guarded": balancers, "logs": {"logs"}, "scaled": {"sagemaker"}}


def test_outputs_of_other_stacks_can_be_read(stacks: list[CloudFormationStackArtifact]) -> None:
    """`Fn::GetStackOutput` is resolved with cloudformation:DescribeStacks of the executing role."""
    read = [stack for stack in stacks if "Fn::GetStackOutput" in strings_in(stack.template)]
    assert read
    assert all(stack.stack_name.startswith("slipway-") for stack in stacks)
    assert allowing(WORKLOAD, "cloudformation:DescribeStacks", "arn:aws:cloudformation:us-east-1:1:stack/slipway-x/1")


def test_names_and_policies_are_within_what_is_allowed(
    stacks: list[CloudFormationStackArtifact], project: Project
) -> None:
    """The documents allow roles, buckets, log groups … by the name that they or, unnamed, their stack has."""
    attachable = allowing(TOOLS, "iam:AttachRolePolicy")[0]["Condition"]["ArnLike"]["iam:PolicyARN"]
    passable = allowing(TOOLS, "iam:PassRole")[0]["Condition"]["StringEquals"]["iam:PassedToService"]
    logs = "arn:aws:logs:us-east-1:111122223333:log-group:"
    checked = set()
    for stack in stacks:
        for logical_id, resource in resources_of(stack).items():
            properties = resource.get("Properties", {})
            for name in ("RoleName", "ManagedPolicyName", "BucketName", "FunctionName"):
                if isinstance(properties.get(name), str):
                    assert properties[name].startswith("slipway-"), logical_id
                    checked.add(name)
            if resource["Type"] == "AWS::Logs::LogGroup" and isinstance(properties.get("LogGroupName"), str):
                assert allowing(WORKLOAD, "logs:CreateLogGroup", logs + properties["LogGroupName"]), logical_id
                checked.add("LogGroupName")
            if resource["Type"] == "AWS::SSM::Parameter":
                assert "KubectlReady" in logical_id
            if resource["Type"] == "AWS::IAM::Role":
                for policy in properties.get("ManagedPolicyArns", []):
                    name = "".join(part for part in strings_in(policy) if "policy/" in part).partition("policy/")[2]
                    assert not name or matches(attachable, f"arn:aws:iam::aws:policy/{name}"), (logical_id, policy)
                for statement in properties["AssumeRolePolicyDocument"]["Statement"]:
                    service = statement["Principal"].get("Service")
                    assert service is None or service in passable, logical_id
                    checked.add(service)
    assert checked >= {"LogGroupName", "eks.amazonaws.com", "sagemaker.amazonaws.com"}
    assert "RoleName" in checked or project.pipeline is None, "roles that trust each other know their names"


def test_every_alarm_has_a_name_that_is_allowed(stacks: list[CloudFormationStackArtifact]) -> None:
    names = {
        resource["Properties"]["AlarmName"]
        for stack in stacks
        for resource in resources_of(stack).values()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "AlarmName" in resource["Properties"]
    }
    assert names
    for name in names:
        arn = f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}"
        assert allowing(("foundation",), "cloudwatch:PutMetricAlarm", arn), name


@pytest.mark.parametrize(
    "action",
    [
        "iam:CreateUser", "iam:CreateAccessKey", "iam:CreateInstanceProfile", "iam:CreateSAMLProvider",
        "organizations:LeaveOrganization", "account:CloseAccount", "sts:AssumeRole", "cloudformation:CreateStack",
        "s3:DeleteObject", "s3:PutObject", "kms:Encrypt", "logs:PutIndexPolicy", "secretsmanager:GetSecretValue",
        "cloudtrail:StopLogging", "guardduty:DeleteDetector",
    ],
)  # fmt: skip
def test_what_is_allowed_nowhere(action: str) -> None:
    assert allowing((*TOOLS, *WORKLOAD), action) == []


def test_what_no_template_needs_is_not_allowed(kinds: Kinds) -> None:
    known = {action for permissions in handlers().values() for action in permissions}
    for reason, patterns in {"no actions": NO_ACTIONS, **NOT_NEEDED}.items():
        for pattern in patterns.split():
            assert any(matches(pattern, action) for action in known), f"{pattern} ({reason}) is a permission no more"
    actions = {f"{service}:{action}" for service, entry in services_of_iam().items() for action in entry["Actions"]}
    assert {action.lower() for action in NO_ACTIONS.split()} & actions == set(), "IAM knows it"
    used = {kind for kind, _ in kinds if kind in handlers()}
    asked = {(kind, action) for kind in used for action in handlers()[kind]}
    allowed = {
        action
        for action in {action for kind, action in asked if is_not_needed(kind, action)}.difference(*map(needed, used))
        if not matches(READ_BESIDES, action) and allowing((*TOOLS, *WORKLOAD), action)
    }
    assert sorted(allowed) == []


@pytest.mark.parametrize(
    "action", ["CreateRole", "PutRolePolicy", "AttachRolePolicy", "PassRole", "CreatePolicyVersion"]
)
def test_identities_of_others_are_out_of_reach(action: str) -> None:
    """Above all its own role and policies, which it could widen."""
    kind = "policy" if "PolicyVersion" in action else "role"
    execution = "cfn-exec-role-111122223333-us-east-1" if kind == "role" else "execution-slipway-identity"
    names = {*TOOLS, *WORKLOAD}
    for theirs in (f"cdk-{execution}", f"cdk-hnb659fds-{execution}", "administrator", "OrganizationAccountAccessRole"):
        assert allowing(tuple(names), f"iam:{action}", f"arn:aws:iam::111122223333:{kind}/{theirs}") == []
    assert allowing(tuple(names), f"iam:{action}", f"arn:aws:iam::111122223333:{kind}/slipway-dev-network-Role")


def test_the_page_creates_and_attaches_these_documents() -> None:
    page = (ROOT / "docs" / "accounts.md").read_text()
    for account, names in (("999988887777", TOOLS), ("111122223333", WORKLOAD)):
        assert f"for document in {' '.join(names)}; do" in page
        assert f"$(policies {account} {' '.join(names)})" in page
    assert {file.stem for file in (ROOT / "bootstrap").glob("*.json")} == {*TOOLS, *WORKLOAD, "boundary"}
    assert len(set(WORKLOAD)) + 1 <= MOST_POLICIES


@pytest.mark.parametrize("name", sorted({*TOOLS, *WORKLOAD, "boundary"}))
def test_iam_would_accept_it(name: str) -> None:
    """It is small enough, every action exists, and nothing is allowed with `*` for a service or for all."""
    content = document(name)
    assert len("".join(json.dumps(content).split())) <= MOST_CHARACTERS
    assert not any(action.endswith(":*") or action == "*" for s in content["Statement"] for action in s["Action"])
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": content}}
    found = cfnlint.api.lint(json.dumps({"Resources": {"Policy": policy}}), config=ManualArgs(regions=["us-east-1"]))
    assert [str(match) for match in found] == []


@pytest.mark.parametrize("name", sorted({*TOOLS, *WORKLOAD}))
def test_every_action_is_allowed_on_what_it_acts_on(name: str) -> None:
    """IAM never allows an action that takes no resource on a named one, nor on one of another type."""
    iam = services_of_iam()
    for statement in document(name)["Statement"]:
        allowed = listed(statement["Resource"])
        for action in statement["Action"] if allowed != ["*"] else []:
            service, _, pattern = action.lower().partition(":")
            arns = {kind.lower(): entry["ARNFormats"] for kind, entry in iam[service]["Resources"].items()}
            meant = [
                entry.get("Resources", []) for each, entry in iam[service]["Actions"].items() if matches(pattern, each)
            ]
            forms = [form for kinds in meant for kind in kinds for form in arns[kind.lower()]]
            assert any(may_be(form, resource) for form in forms for resource in allowed), (action, allowed, forms)


def may_be(form: str, resource: str) -> bool:
    """Whether an ARN of IAM's format, such as `arn:${Partition}:sns:${Region}:${Account}:.*`, may match a pattern."""
    of_type, _, _ = form.split(":", 5)[5].partition(".*")
    allowed, _, _ = resource.split(":", 5)[5].partition("*")
    same_service = form.split(":")[2] == resource.split(":")[2]
    return same_service and (of_type.startswith(allowed) or allowed.startswith(of_type))


def test_no_role_without_the_permissions_boundary(
    project: Project, feature_flags: dict[str, Any], tmp_path: Path
) -> None:
    """Where an environment names one, every role has it, and bootstrap/boundary.json denies any without."""
    (local,) = [one for one in project.environments if one.name == "local"]
    bounded = local.model_copy(update={"permissions_boundary": "slipway-boundary"})
    only = replace(project, environments=(bounded,), pipeline=None)
    stacks = stacks_of(create_app(only, context=feature_flags, outdir=tmp_path).synth())
    roles = [one for stack in stacks for one in resources_of(stack).values() if one["Type"] == "AWS::IAM::Role"]
    assert len(roles) >= 5
    for role in roles:
        assert ":policy/slipway-boundary" in "".join(strings_in(role["Properties"]["PermissionsBoundary"]))
    roles_only, kept, left_alone = document("boundary")["Statement"]
    assert {roles_only["Effect"], kept["Effect"], left_alone["Effect"]} == {"Deny"}
    assert "iam:CreateRole" in roles_only["Action"]
    assert roles_only["Condition"] == {"StringNotLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/BOUNDARY"}}
    assert kept["Action"] == ["iam:DeleteRolePermissionsBoundary"]
    assert left_alone["Resource"] == "arn:aws:iam::*:policy/BOUNDARY"
