"""The summary of a change of templates: from folders, cloud assemblies and git."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from slipway.cli.main import app
from slipway.operations.template_diff.markdown import markdown
from slipway.operations.template_diff.replacement import Replacement, replacement
from slipway.operations.template_diff.template_sources import templates_in
from slipway.operations.template_diff.templates import compare_templates

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BEFORE: dict[str, Any] = {
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "a", "DisplayName": "A"}},
        "Old": {"Type": "AWS::SNS::Topic", "Properties": {}},
        "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "1"}},
    }
}
AFTER: dict[str, Any] = {
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "b", "DisplayName": "A"}},
        "New": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyDocument": {"Statement": EVERYTHING}},
        },
        "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "2"}},
    },
    "Outputs": {"Url": {"Value": "x"}},
}


def test_what_becomes_of_every_resource() -> None:
    (stack,) = compare_templates({"one": BEFORE}, {"one": AFTER})
    assert [each.logical_id for each in stack.added] == ["New"]
    assert [each.logical_id for each in stack.removed] == ["Old"]
    assert [(each.logical_id, each.properties, each.effect) for each in stack.changed] == [
        ("Topic", ("TopicName",), Replacement.YES)
    ]
    assert stack.other == ("Outputs",)


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        ("AWS::S3::Bucket", {"BucketName": "a"}, {"BucketName": "b"}, Replacement.YES),
        ("AWS::S3::Bucket", {}, {"Tags": [{"Key": "a", "Value": "b"}]}, Replacement.NO),
        ("AWS::EKS::Cluster", {"AccessConfig": {"AuthenticationMode": "API"}}, {"AccessConfig": {}}, Replacement.NO),
        (
            "AWS::EKS::Cluster",
            {"AccessConfig": {"BootstrapClusterCreatorAdminPermissions": True}},
            {"AccessConfig": {"BootstrapClusterCreatorAdminPermissions": False}},
            Replacement.YES,
        ),
        ("AWS::No::Such", {"A": 1}, {"A": 2}, Replacement.UNKNOWN),
    ],
)
def test_replacement_is_what_cloudformations_schema_says(
    kind: str, before: dict[str, Any], after: dict[str, Any], expected: Replacement
) -> None:
    assert replacement(kind, before, after) is expected


def test_counts_come_first_and_details_are_folded() -> None:
    lines = markdown(compare_templates({"one": BEFORE}, {"one": AFTER})).splitlines()
    assert lines[2] == (
        "1 stack changed: 1 resource added, 1 removed, 1 changed, **1 replaced**. Security: **1 broader**."
    )
    assert "- **wide** `New (AWS::IAM::Policy) allows * on *`" in lines
    folds = [line for line in lines if "<details" in line]
    assert len(folds) == len([line for line in lines if line == "</details>"]) == 2


def test_no_change() -> None:
    assert (
        markdown(compare_templates({"one": BEFORE}, {"one": BEFORE})) == "## Template changes\n\nNo template changes.\n"
    )


def test_a_change_of_everything_still_fits_into_a_comment() -> None:
    many = {
        f"stack-{number}": {"Resources": {f"Topic{one}{'x' * 80}": BEFORE["Resources"]["Topic"] for one in range(80)}}
        for number in range(60)
    }
    text = markdown(compare_templates({}, many))
    assert len(text) < 65_536
    assert "The rest is left out".lower() in text.lower()
    assert text.count("<details") == text.count("</details>")


def test_what_a_template_says_cannot_leave_its_code_span() -> None:
    evil = {"Resources": {"`</details><img src=x>": {"Type": "AWS::SNS::Topic"}}}
    text = markdown(compare_templates({}, {"a<b>": evil}))
    assert "- + `` `</details><img src=x> `` AWS::SNS::Topic" in text
    assert "<summary>a&lt;b&gt;: every change</summary>" in text


def test_an_assembly_and_a_folder_of_snapshots(tmp_path: Path) -> None:
    inner = tmp_path / "cdk.out" / "assembly-dev"
    inner.mkdir(parents=True)
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json", "stackName": "one"}}
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-dev"}}
    (inner.parent / "manifest.json").write_text(json.dumps({"artifacts": {"assembly-dev": nested}}))
    (inner / "manifest.json").write_text(json.dumps({"artifacts": {"devone": stack}}))
    (inner / "t.json").write_text(json.dumps(BEFORE))
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "one.json").write_text(json.dumps(BEFORE))
    assert templates_in(tmp_path / "cdk.out") == templates_in(tmp_path / "snapshots") == {"one": BEFORE}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch that changed a snapshot since it left main, which went on meanwhile."""
    folder = tmp_path / "snapshots"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(BEFORE))
    _git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    _commit(tmp_path, "before")
    _git(tmp_path, "checkout", "--quiet", "-b", "change")
    (folder / "one.json").write_text(json.dumps(AFTER))
    _commit(tmp_path, "after")
    _git(tmp_path, "checkout", "--quiet", "main")
    (folder / "two.json").write_text(json.dumps(BEFORE))
    _commit(tmp_path, "something else")
    _git(tmp_path, "checkout", "--quiet", "change")
    return tmp_path


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", message)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["diff-templates", *arguments])


def test_against_where_the_branch_left_another(repository: Path) -> None:
    """What the other branch gained meanwhile is no change of this one."""
    result = _run("--git", "main", "--snapshots", str(repository / "snapshots"))
    assert result.exit_code == 0, result.output
    assert "1 stack changed: 1 resource added, 1 removed, 1 changed, **1 replaced**" in result.stdout
    assert "two" not in result.stdout


def test_a_revision_that_git_does_not_know(repository: Path) -> None:
    result = _run("--git", "no-such-branch", "--snapshots", str(repository / "snapshots"))
    assert result.exit_code == 2
    assert result.stderr.startswith("git merge-base: fatal: Not a valid object name no-such-branch")


def test_into_a_file(tmp_path: Path, repository: Path) -> None:
    output = tmp_path / "change.md"
    snapshots = str(repository / "snapshots")
    assert _run(snapshots, snapshots, "--output", str(output), "--title", "Prod").exit_code == 0
    assert output.read_text() == "## Prod\n\nNo template changes.\n"


@pytest.mark.parametrize("arguments", [(), ("a",), ("a", "--git", "main")])
def test_half_a_comparison(arguments: tuple[str, ...]) -> None:
    result = _run(*arguments)
    assert result.exit_code == 2
    assert result.stderr == "diff-templates: accepted: two folders, BASE and HEAD, or --git REF.\n"


def test_before_the_first_deployment_there_is_nothing(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "deployed").mkdir()
    result = _run(str(tmp_path / "deployed"), str(repository / "snapshots"))
    assert result.exit_code == 0
    assert "| `one` (new) |" in result.stdout


def test_a_folder_without_templates(tmp_path: Path) -> None:
    result = _run(str(tmp_path), str(tmp_path))
    assert result.exit_code == 2
    assert "has no template; accepted: cdk.out, or a folder of template snapshots." in result.stderr
