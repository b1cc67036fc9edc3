"""The job that proposes approved models: what wakes it, what it may do, what it runs."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack, aws_kms
from aws_cdk.assertions import Template

from inference_constructs.config import Promotion
from inference_constructs.config.pipeline.source import Connection, GitHost
from inference_constructs.pipeline import ApprovedModelPromotion
from stacks.security_rules import check_security_rules, unexplained_findings
from tests.templates import only, unvalidated_app

KEY = "arn:aws:kms:us-east-1:111122223333:key/8f3c2a1e-0000-4000-8000-000000000000"
CONNECTION = "arn:aws:codeconnections:us-east-1:111122223333:connection/8f3c2a1e-0000-4000-8000-000000000000"


GROUP = "arn:aws:sagemaker:us-east-1:111122223333:model-package-group/churn-models"


def _stack(app: App, *, host: GitHost | None = None, **promotion: Any) -> Stack:
    stack = Stack(app, "Tools", env=Environment(account="111122223333", region="us-east-1"))
    ApprovedModelPromotion(
        stack,
        "Promotion",
        promotion=Promotion.model_validate(
            {"service": "churn", "model_package_group": GROUP, "artifacts": "s3://pipelines/churn/"} | promotion
        ),
        connection=Connection(arn=CONNECTION, repository="example/slipway", branch="main", host=host or GitHost()),
        encryption_key=aws_kms.Key.from_key_arn(stack, "Key", KEY),
    )
    return stack


@pytest.fixture(scope="module")
def usual() -> Template:
    return Template.from_stack(_stack(unvalidated_app()))


def _statements(template: Template) -> dict[str, dict[str, Any]]:
    policies = template.find_resources("AWS::IAM::ManagedPolicy").values()
    found = [each for policy in policies for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    return {each.get("Sid", "Start"): each for each in found}


def test_it_hears_of_approvals_of_one_group(usual: Template) -> None:
    """Events of the default bus may come from another account: what one forwards is no approval of another's group."""
    assert only(usual, "AWS::Events::Rule")["EventPattern"] == {
        "account": ["111122223333"],
        "region": ["us-east-1"],
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": ["churn-models"], "ModelApprovalStatus": ["Approved"]},
    }


def test_it_may_read_one_group_and_push_to_one_repository(usual: Template) -> None:
    allowed = {sid: (each["Action"], each["Resource"]) for sid, each in _statements(usual).items()}
    actions, groups = allowed["Registry"]
    assert sorted(actions) == ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"]
    assert set(groups) == {GROUP, "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn-models/*"}
    assert allowed["Repository"] == (
        ["codeconnections:GetConnection", "codeconnections:GetConnectionToken", "codeconnections:UseConnection"],
        CONNECTION,
    )
    assert allowed["FindModels"][0] == "s3:ListBucket"
    assert allowed["ReadModels"][0] == "s3:GetObject"
    assert allowed["ReadModels"][1] == "arn:aws:s3:::pipelines/churn/*"
    assert allowed["Start"][0] == "codebuild:StartBuild"
    assert set(allowed) == {"Registry", "Repository", "FindModels", "ReadModels", "Log", "Start"}


def test_a_group_whose_name_has_capitals_may_be_read_however_sagemaker_writes_it() -> None:
    """A group may be called so (API reference, "CreateModelPackageGroup"); of its versions AWS shows ARNs both ways."""
    group = GROUP.replace("churn-models", "ChurnModels")
    template = Template.from_stack(_stack(unvalidated_app(), model_package_group=group))
    versions = "arn:aws:sagemaker:us-east-1:111122223333:model-package/{}/*"
    small = [group.lower(), versions.format("churnmodels")]
    assert set(_statements(template)["Registry"]["Resource"]) == {group, versions.format("ChurnModels"), *small}
    assert only(template, "AWS::Events::Rule")["EventPattern"]["detail"]["ModelPackageGroupName"] == ["ChurnModels"]


def test_the_models_key_is_for_reading_only() -> None:
    template = Template.from_stack(_stack(unvalidated_app(), artifacts_key_arn=KEY))
    assert (_statements(template)["DecryptModels"]["Action"], _statements(template)["DecryptModels"]["Resource"]) == (
        "kms:Decrypt",
        KEY,
    )


def test_the_repository_is_cloned_by_the_connection_and_not_by_a_token(usual: Template) -> None:
    project = only(usual, "AWS::CodeBuild::Project")
    assert project["Source"]["Auth"] == {"Type": "CODECONNECTIONS", "Resource": CONNECTION}
    assert project["Source"]["Location"] == "https://github.com/example/slipway.git"
    assert project["Source"]["Type"] == "GITHUB"
    assert project["Environment"]["PrivilegedMode"] is False


def test_the_role_may_use_the_connection_before_codebuild_looks(usual: Template) -> None:
    """CreateProject fails with OAuthProviderException where the role may not yet (aws-cdk 38504)."""
    (policy,) = (
        key
        for key, value in usual.find_resources("AWS::IAM::ManagedPolicy").items()
        if "codeconnections:UseConnection" in str(value)
    )
    (project,) = usual.find_resources("AWS::CodeBuild::Project").values()
    assert policy in project["DependsOn"]


def test_another_host_is_named_by_its_kind_too() -> None:
    """CodeBuild's sources are of one type per host (API reference, "ProjectSource"); GITHUB is github.com alone."""
    stack = _stack(unvalidated_app(), host=GitHost(type="GITLAB", url="https://gitlab.com"))
    source = only(Template.from_stack(stack), "AWS::CodeBuild::Project")["Source"]
    assert (source["Type"], source["Location"]) == ("GITLAB", "https://gitlab.com/example/slipway.git")


def test_an_approval_that_comes_while_a_job_runs_is_not_lost(usual: Template) -> None:
    """Builds past a project's limit "are throttled and are not run" (CodeBuild API reference, "CreateProject")."""
    assert "ConcurrentBuildLimit" not in only(usual, "AWS::CodeBuild::Project")
    (target,) = only(usual, "AWS::Events::Rule")["Targets"]
    assert "RetryPolicy" not in target, "EventBridge's own: for 24 hours"


def test_no_unexplained_finding(tmp_path: Path, feature_flags: dict[str, Any]) -> None:
    app = App(
        context=feature_flags,
        outdir=str(tmp_path),
        post_cli_context={"@aws-cdk/core:failSynthOnValidationErrors": False},
    )
    _stack(app)
    check_security_rules(app)
    assert unexplained_findings(app.synth()) == []


# --- what the job runs ------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone with a remote, where the tools that the job calls are stand-ins that write what they would change."""
    remote, clone, tools = tmp_path / "remote.git", tmp_path / "clone", tmp_path / "tools"
    _git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", str(remote))
    _git(tmp_path, "clone", "--quiet", str(remote), str(clone))
    for folder in ("environments", "model_artifacts", "tests/snapshots"):
        (clone / folder).mkdir(parents=True)
        (clone / folder / "file").write_text("before\n")
    _git(clone, "add", ".")
    _git(clone, "commit", "--quiet", "--message", "before")
    _git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    tools.mkdir()
    for name, script in {
        "slipway": 'echo "$@" > "$ASKED"; echo "$MODEL" > model_artifacts/file',
        "make": 'test "$1" = snapshots && echo after > tests/snapshots/file',
    }.items():
        (tools / name).write_text(f"#!/bin/bash\nset -e\n{script}\n")
        (tools / name).chmod(0o755)
    return clone


def _git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def _job(template: Template, checkout: Path, model: str, *, environment: str = "", region: str = "") -> None:
    spec = json.loads(only(template, "AWS::CodeBuild::Project")["Source"]["BuildSpec"])
    commands = spec["phases"]["build"]["commands"][-1]
    variables = {
        "PATH": f"{checkout.parent / 'tools'}:{os.environ['PATH']}",
        "HOME": str(checkout.parent),
        "ASKED": str(checkout.parent / "asked"),
        "MODEL": model,
        "SERVICE": "churn",
        "GROUP": "churn-models",
        "ENVIRONMENT": environment,
        "WITHIN": region,
    }
    subprocess.run(["bash", "-c", commands], cwd=checkout, env=variables, check=True, capture_output=True)


def _branches(checkout: Path) -> list[str]:
    return [line.split("refs/heads/")[1] for line in _git(checkout, "ls-remote", "--heads", "origin").splitlines()]


def test_a_promotion_becomes_a_branch_with_its_snapshots(usual: Template, checkout: Path) -> None:
    _job(usual, checkout, "after")
    assert (checkout.parent / "asked").read_text() == "promote churn --latest-approved churn-models\n"
    main, branch = sorted(_branches(checkout))
    assert (main, branch.startswith("promote/churn-")) == ("main", True)
    changed = _git(checkout, "diff", "--name-only", "origin/main", "HEAD").split()
    assert changed == ["model_artifacts/file", "tests/snapshots/file"]


def test_the_environment_and_its_region_are_handed_on(usual: Template, checkout: Path) -> None:
    _job(usual, checkout, "after", environment="prod", region="eu-west-1")
    asked = (checkout.parent / "asked").read_text()
    assert asked.endswith("--latest-approved churn-models --environment prod --region eu-west-1\n")


def test_a_second_event_for_the_same_approval_pushes_nothing(usual: Template, checkout: Path) -> None:
    _job(usual, checkout, "after")
    pushed = _git(checkout, "ls-remote", "--heads", "origin")
    _git(checkout, "checkout", "--quiet", "-B", "again", "origin/main")
    _job(usual, checkout, "after")
    assert _git(checkout, "ls-remote", "--heads", "origin") == pushed


def test_a_job_that_was_overtaken_ends_well(usual: Template, checkout: Path) -> None:
    """Another one pushed the same branch between the look at it and the push."""
    overtaking = (
        'test "$1" = snapshots && echo after > tests/snapshots/file && git push -q origin "HEAD:refs/heads/$NAME"'
    )
    _job(usual, checkout, "after")
    (branch,) = (name for name in _branches(checkout) if name != "main")
    _git(checkout, "push", "--quiet", "origin", f":refs/heads/{branch}")
    _git(checkout, "checkout", "--quiet", "-B", "again", "origin/main")
    other = _git(checkout, "commit-tree", "origin/main^{tree}", "-m", "another job's").strip()
    make = overtaking.replace("HEAD:", f"{other}:").replace("$NAME", branch)
    (checkout.parent / "tools" / "make").write_text(f"#!/bin/bash\nset -e\n{make}\n")
    _job(usual, checkout, "after")
    assert _git(checkout, "ls-remote", "--heads", "origin", branch).split()[0] == other


def test_a_push_that_is_refused_fails(usual: Template, checkout: Path) -> None:
    hook = checkout.parent / "remote.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/bash\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(subprocess.CalledProcessError):
        _job(usual, checkout, "after")


def test_a_model_that_is_pinned_already_makes_no_branch(usual: Template, checkout: Path) -> None:
    _job(usual, checkout, "before")
    assert _branches(checkout) == ["main"]
