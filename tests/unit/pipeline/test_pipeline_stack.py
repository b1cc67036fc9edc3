"""The pipeline builds, tests, updates itself, and deploys wave by wave, with as little permission as it can."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from inference_constructs.config import ConfigError, load_project
from stacks.application import create_app
from stacks.security_rules import unexplained_findings
from tests.conftest import ROOT
from tests.templates import only, resources, strings_in
from tests.unit.config.projects import ENVIRONMENT, with_line
from tests.unit.pipeline.pipelines import CONNECTION, PIPELINE, app_of, template_of

Action = dict[str, Any]


@pytest.fixture(scope="module")
def app(feature_flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> App:
    return app_of(tmp_path_factory.mktemp("project"), feature_flags)


@pytest.fixture(scope="module")
def template(app: App) -> Template:
    return template_of(app)


def stages(template: Template) -> dict[str, list[Action]]:
    """The pipeline's stages, each with its actions in the order of their runs."""
    pipeline = only(template, "AWS::CodePipeline::Pipeline")
    return {
        stage["Name"]: sorted(stage["Actions"], key=lambda action: action["RunOrder"]) for stage in pipeline["Stages"]
    }


def build_of(template: Template, name: str) -> dict[str, Any]:
    """What a CodeBuild project does whose logical id has a word in it."""
    found = {
        key: value["Properties"]
        for key, value in template.find_resources("AWS::CodeBuild::Project").items()
        if name in key
    }
    assert len(found) == 1, f"{len(found)} projects with {name}"
    return next(iter(found.values()))


def commands(project: dict[str, Any], phase: str = "build") -> list[str]:
    found: list[str] = json.loads(project["Source"]["BuildSpec"])["phases"][phase]["commands"]
    return found


def test_waves_follow_each_other_after_the_pipeline_updated_itself(template: Template) -> None:
    assert list(stages(template)) == ["Source", "Build", "UpdatePipeline", "Assets", "dev", "prod"]


def test_the_build_runs_the_readmes_command_for_every_test_before_it_synthesises(template: Template) -> None:
    test, synth = commands(build_of(template, "Synth"))
    assert test == "make test-all"
    assert f"\n{test} " in (ROOT / "README.md").read_text()
    assert "node_modules/.bin" in synth
    assert synth.endswith("cdk synth --quiet")


def test_the_build_has_memory_for_every_worker_of_the_tests(template: Template) -> None:
    """Large has 16 GiB, medium 8 (CodeBuild API reference, "ProjectEnvironment"); 3 workers were measured at 6.4."""
    assert build_of(template, "Synth")["Environment"]["ComputeType"] == "BUILD_GENERAL1_LARGE"


def test_the_pipeline_updates_itself_with_the_command_line_that_package_json_names(template: Template) -> None:
    version = json.loads((ROOT / "package.json").read_text())["dependencies"]["aws-cdk"]
    project = build_of(template, "SelfMutation")
    assert commands(project, "install") == [f"npm install -g aws-cdk@{version}"]
    assert commands(project)[0].startswith("cdk -a . deploy slipway-pipeline ")


def test_a_wave_deploys_protects_checks_and_watches_every_region(template: Template) -> None:
    orders = {action["Name"]: action["RunOrder"] for action in stages(template)["prod"]}
    for stage in ("prod", "prod-eu-west-1"):
        deployed = max(order for name, order in orders.items() if re.match(rf"{stage}\.slipway-.*\.Deploy", name))
        protected, checked = orders[f"{stage}.Protect-{stage}"], orders[f"{stage}.Check-{stage}"]
        assert deployed < protected < checked < orders[f"{stage}.Bake-{stage}"]
    assert orders["prod.Check-prod"] == orders["prod-eu-west-1.Check-prod-eu-west-1"], "regions go side by side"


def test_what_is_to_be_protected_is_protected_by_a_step(template: Template) -> None:
    """CodePipeline's CloudFormation action has no setting for termination protection (aws-cdk issue 17871)."""
    project = build_of(template, "prodeuwest1Protect")
    command = commands(project)[-1]
    assert command.endswith("/slipway protect prod-eu-west-1 --templates cdk.out")
    assert any("role/slipway-prod-eu-west-1-protection" in line for line in commands(project, "install"))
    actions = {action["Name"] for stage in stages(template).values() for action in stage}
    assert {name for name in actions if "Protect" in name} == {
        "prod.Protect-prod",
        "prod-eu-west-1.Protect-prod-eu-west-1",
    }, "a development environment asks for no protection"


def test_stacks_are_deployed_in_their_own_region(template: Template) -> None:
    for action in stages(template)["prod"]:
        if action["Name"].startswith("prod-eu-west-1.slipway"):
            assert action["Region"] == "eu-west-1"
            assert "assembly-prod-eu-west-1/" in action["Configuration"]["TemplatePath"]


def test_nothing_of_production_starts_before_somebody_saw_what_changes(template: Template) -> None:
    compare, approve, *rest = stages(template)["prod"]
    assert compare["Name"] == "Compare-prod"
    assert approve["ActionTypeId"]["Provider"] == "Manual"
    assert compare["RunOrder"] < approve["RunOrder"] < min(action["RunOrder"] for action in rest)
    said = approve["Configuration"]
    namespace = compare["Namespace"]
    assert f"#{{{namespace}.CHANGES}}" in said["CustomData"]
    assert said["ExternalEntityLink"] == f"#{{{namespace}.REVIEW_URL}}"
    assert said["NotificationArn"] is not None


def test_the_comparison_tells_every_region_and_exports_what_the_approval_shows(template: Template) -> None:
    project = build_of(template, "Compare")
    told = commands(project)
    assert [line.split()[3] for line in told if "deployed-templates" in line] == ["prod", "prod-eu-west-1"]
    spec = json.loads(project["Source"]["BuildSpec"])
    assert set(spec["env"]["exported-variables"]) == {"CHANGES", "REVIEW_URL"}
    exported = {line.split()[1].split("=")[0] for line in told if line.startswith("export ")}
    assert {"CHANGES", "REVIEW_URL"} <= exported


def test_the_comparison_has_what_tells_replacements(template: Template) -> None:
    """Without cfn-lint's schemas the approval would say "0 replaced" of whatever is replaced."""
    (setup,) = [line for line in commands(build_of(template, "Compare"), "install") if line.startswith("make ")]
    assert setup == "make .venv/.dev"
    assert "\n.venv/.dev: .venv/.run requirements-dev.txt\n" in (ROOT / "Makefile").read_text()
    assert re.search(r"^cfn-lint==", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)


def test_a_development_environment_waits_for_nobody_and_is_not_watched_for_no_minutes(template: Template) -> None:
    assert [action["ActionTypeId"]["Provider"] for action in stages(template)["dev"]] == ["CloudFormation"] * 3 + [
        "CodeBuild"
    ]


def test_an_environment_without_a_service_yet_is_deployed_and_that_is_all(
    feature_flags: dict[str, Any], tmp_path: Path
) -> None:
    """Somebody begins with the network; check and watch would find nothing to ask, and fail."""
    alone = with_line(ENVIRONMENT, "    services:\n      triage: {}\n", "    services: {}\n")
    pipeline = with_line(PIPELINE, "environments: [dev], bake_minutes: 0", "environments: [dev], bake_minutes: 5")
    template = template_of(app_of(tmp_path, feature_flags, pipeline=pipeline, environment=alone))
    assert {action["ActionTypeId"]["Provider"] for action in stages(template)["dev"]} == {"CloudFormation"}


def test_the_check_is_fed_by_what_the_stacks_say_is_live(template: Template) -> None:
    (check,) = [action for action in stages(template)["dev"] if action["Name"] == "Check-dev"]
    (variable,) = json.loads(check["Configuration"]["EnvironmentVariables"])
    assert re.fullmatch(r"#\{\w+\.EndpointConfigName\}", variable["value"])
    assert f'echo "{variable["name"]}: ${variable["name"]}"' in commands(build_of(template, "Checkdev"))


def test_no_setting_of_an_action_is_longer_than_codepipeline_takes(template: Template) -> None:
    for actions in stages(template).values():
        for action in actions:
            for key, value in action["Configuration"].items():
                assert len(json.dumps(value)) <= 1000, (action["Name"], key)


def test_each_step_may_become_its_own_environments_role_and_no_other(template: Template) -> None:
    allowed: dict[str, set[str]] = {}
    for policy in resources(template, "AWS::IAM::Policy"):
        (role,) = (entry["Ref"] for entry in policy["Roles"])
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Action"] == "sts:AssumeRole" and role.startswith("Steps"):
                allowed.setdefault(role, set()).update(_listed(statement["Resource"]))
    names = {
        re.sub(r"^Stepsslipwaypipeline|[0-9A-F]{8}$", "", role): {arn.split("/")[-1] for arn in arns}
        for role, arns in allowed.items()
    }
    assert names == {
        "checkdev": {"slipway-dev-operations"},
        "checkprod": {"slipway-prod-operations"},
        "bakeprod": {"slipway-prod-operations"},
        "checkprodeuwest1": {"slipway-prod-eu-west-1-operations"},
        "bakeprodeuwest1": {"slipway-prod-eu-west-1-operations"},
        "protectprod": {"slipway-prod-protection"},
        "protectprodeuwest1": {"slipway-prod-eu-west-1-protection"},
        "compareprod": {"slipway-prod-operations", "slipway-prod-eu-west-1-operations"},
    }


def test_nothing_has_administrator_access_or_a_secret(template: Template) -> None:
    text = " ".join(strings_in(template.to_json()))
    assert "AdministratorAccess" not in text
    assert "AWS_SECRET" not in text
    assert "SECRETS_MANAGER" not in text
    for project in resources(template, "AWS::CodeBuild::Project"):
        variables = project["Environment"].get("EnvironmentVariables", [])
        assert [variable for variable in variables if variable["Type"] != "PLAINTEXT"] == []


def test_only_the_images_are_built_with_privileges(template: Template) -> None:
    privileged = {
        re.sub("[0-9A-F]{8}$", "", key)
        for key, value in template.find_resources("AWS::CodeBuild::Project").items()
        if value["Properties"]["Environment"]["PrivilegedMode"]
    }
    assert privileged == {"PipelineAssetsDockerAsset"}


def test_every_project_is_pinned_limited_logged_and_caches_nothing(template: Template) -> None:
    for project in resources(template, "AWS::CodeBuild::Project"):
        assert project["Environment"]["Image"] == "aws/codebuild/amazonlinux-x86_64-standard:5.0"
        assert project["Cache"] == {"Type": "NO_CACHE"}
        assert project["TimeoutInMinutes"] <= 120
        assert project["LogsConfig"]["CloudWatchLogs"]["Status"] == "ENABLED"
        assert project["EncryptionKey"]["Fn::GetAtt"][0].startswith("EncryptionKey")
    log = only(template, "AWS::Logs::LogGroup")
    assert log["RetentionInDays"] == 365
    assert log["KmsKeyId"] is not None


def test_keys_rotate_and_artifacts_are_forgotten(app: App, template: Template) -> None:
    assembly = app.synth()
    (support,) = [stack for stack in assembly.stacks if stack.stack_name == "slipway-pipeline-support-eu-west-1"]
    found = [*template.to_json()["Resources"].values(), *support.template["Resources"].values()]
    keys = [resource["Properties"] for resource in found if resource["Type"] == "AWS::KMS::Key"]
    buckets = [resource["Properties"] for resource in found if resource["Type"] == "AWS::S3::Bucket"]
    assert [key["EnableKeyRotation"] for key in keys] == [True, True]
    assert len(buckets) == 3
    for bucket in buckets:
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"] == 90
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_what_the_pipeline_wrote_down_can_be_read_when_its_stack_is_gone(template: Template) -> None:
    """A key that goes takes with it what it encrypted: the artifacts, and a year of logs."""
    kinds = ("AWS::KMS::Key", "AWS::S3::Bucket", "AWS::Logs::LogGroup")
    kept = [(kind, one) for kind in kinds for one in template.find_resources(kind).values()]
    fates = {kind: (one["DeletionPolicy"], one["UpdateReplacePolicy"]) for kind, one in kept}
    assert fates == dict.fromkeys(kinds, ("Retain", "Retain"))


def test_a_bucket_with_a_fixed_name_is_not_in_the_way_of_a_second_attempt(app: App) -> None:
    """What a failed creation retains has the name that the next one wants: CloudFormation would refuse that."""
    (support,) = [one for one in app.synth().stacks if one.stack_name == "slipway-pipeline-support-eu-west-1"]
    (bucket,) = [one for one in support.template["Resources"].values() if one["Type"] == "AWS::S3::Bucket"]
    assert bucket["Properties"]["BucketName"].startswith("slipway-pipeline-support-")
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_an_execution_that_ends_before_its_end_is_told_with_a_link(template: Template) -> None:
    """By EventBridge: a notification rule is no type of twenty regions, and fails in new accounts (aws-cdk 34406).

    Cancelled is one whose pipeline was changed meanwhile: what it deployed was never checked.
    """
    assert resources(template, "AWS::CodeStarNotifications::NotificationRule") == []
    rule = only(template, "AWS::Events::Rule")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.codepipeline"]
    assert pattern["detail-type"] == ["CodePipeline Pipeline Execution State Change"]
    assert pattern["detail"] == {"state": ["FAILED", "CANCELED", "STOPPED"]}
    assert "codepipeline:us-east-1:999988887777:" in str(pattern["resources"])
    (target,) = rule["Targets"]
    told = {"$.detail.pipeline", "$.detail.execution-id", "$.detail.state"}
    assert set(target["InputTransformer"]["InputPathsMap"].values()) == told
    assert "https://us-east-1.console.aws.amazon.com/codesuite/" in target["InputTransformer"]["InputTemplate"]
    assert target["Arn"] == {"Ref": next(iter(template.find_resources("AWS::SNS::Topic")))}


def test_who_publishes_assets_starts_no_builds(template: Template) -> None:
    """CDK Pipelines lets them start any build, with commands of their own: also that of the pipeline's update."""
    policies = [one["Properties"] for one in template.find_resources("AWS::IAM::Policy").values()]
    of_assets = [one for one in policies if any("AssetsFileRole" in str(role) for role in one["Roles"])]
    assert of_assets, "there are files to publish"
    statements = [one for policy in of_assets for one in policy["PolicyDocument"]["Statement"]]
    allowed = [one for one in statements if "codebuild:StartBuild" in one["Action"] and one["Effect"] == "Allow"]
    denied = [one for one in statements if "codebuild:StartBuild" in one["Action"] and one["Effect"] == "Deny"]
    assert len(allowed) == len(denied) == 1
    assert denied[0]["Resource"] == "*"


def test_events_may_be_published_to_the_encrypted_topic(template: Template) -> None:
    """EventBridge sends KMS no source account or ARN, so the key's statement has no such condition (SNS Developer
    Guide, "Enable compatibility between event sources from AWS services and encrypted topics")."""
    key = only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (statement,) = [one for one in key if "events.amazonaws.com" in str(one["Principal"])]
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert "Condition" not in statement
    policy = only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert [one["Action"] for one in policy if "events.amazonaws.com" in str(one["Principal"])] == ["sns:Publish"]


def test_the_pipeline_is_of_type_v2_and_prefers_the_newest_commit(template: Template) -> None:
    pipeline = only(template, "AWS::CodePipeline::Pipeline")
    assert (pipeline["PipelineType"], pipeline["ExecutionMode"]) == ("V2", "SUPERSEDED")
    assert pipeline["RestartExecutionOnUpdate"] is True


def test_who_clones_the_repository_may_use_the_connection_by_both_of_its_services_names(template: Template) -> None:
    connecting = 0
    for policy in resources(template, "AWS::IAM::Policy"):
        actions = {
            action
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Resource"] == CONNECTION
            for action in _listed(statement["Action"])
        }
        connecting += bool(actions)
        assert actions in (set(), {"codestar-connections:UseConnection", "codeconnections:UseConnection"})
    assert connecting == 10, "the source, the build, and every step"


def test_the_stack_is_protected_and_no_finding_is_left_without_a_reason(app: App) -> None:
    assembly = app.synth()
    (stack,) = [stack for stack in assembly.stacks if stack.stack_name == "slipway-pipeline"]
    assert stack.termination_protection
    assert unexplained_findings(assembly) == []


def test_asset_manifests_say_nothing_that_the_publishing_tool_has_no_word_for(app: App, template: Template) -> None:
    """Its schema is one version older: only the number may differ, which a command of the step lowers."""
    folder = Path(app.synth().directory)
    manifests = [json.loads(file.read_text()) for file in folder.rglob("*.assets.json")]
    assert len(manifests) >= 9
    for manifest in manifests:
        assert manifest["version"].startswith("55."), "or cdk-assets is current again: then the command can go"
        assert set(manifest) <= {"version", "files", "dockerImages"}
        for entry in [*manifest.get("files", {}).values(), *manifest.get("dockerImages", {}).values()]:
            assert set(entry) == {"displayName", "source", "destinations"}
            assert set(entry["source"]) <= {"path", "packaging", "directory", "platform"}
            for destination in entry["destinations"].values():
                known = {"bucketName", "objectKey", "repositoryName", "imageTag", "region", "assumeRoleArn"}
                assert set(destination) <= known
    for file in folder.glob("buildspec-*.yaml"):
        (lowering,) = json.loads(file.read_text())["phases"]["pre_build"]["commands"]
        assert '"version": "54.0.0"' in lowering
    assert {build_of(template, name)["Source"]["Type"] for name in ("DockerAsset", "FileAsset")} == {"CODEPIPELINE"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_a_zip_file_in_s3_starts_the_pipeline_by_an_event(feature_flags: dict[str, Any], tmp_path: Path) -> None:
    source = f'source: {{connection: {{arn: "{CONNECTION}", repository: example/slipway}}}}'
    pipeline = with_line(PIPELINE, source, "source: {s3: {bucket: sources, key: slipway.zip}}")
    app = app_of(tmp_path, feature_flags, pipeline=pipeline)
    template = template_of(app)
    (action,) = stages(template)["Source"]
    assert action["Configuration"]["PollForSourceChanges"] is False
    (rule,) = [one for one in resources(template, "AWS::Events::Rule") if "aws.s3" in one["EventPattern"]["source"]]
    assert rule["EventPattern"]["detail"] == {"bucket": {"name": ["sources"]}, "object": {"key": ["slipway.zip"]}}
    assert rule["Targets"][0]["Arn"] is not None
    assert unexplained_findings(app.synth()) == []


def test_codecommit_and_a_vpc_for_the_steps(feature_flags: dict[str, Any], tmp_path: Path) -> None:
    source = f'source: {{connection: {{arn: "{CONNECTION}", repository: example/slipway}}}}'
    pipeline = with_line(PIPELINE, source, "source: {codecommit: {repository: slipway}}")
    vpc = (
        "vpc: {vpc_id: vpc-01234567, subnets: [subnet-01234567], availability_zones: [us-east-1a],"
        " security_groups: [sg-01234567]}"
    )
    app = app_of(tmp_path, feature_flags, pipeline=f"{pipeline}{vpc}\n")
    template = template_of(app)
    (action,) = stages(template)["Source"]
    assert action["ActionTypeId"]["Provider"] == "CodeCommit"
    inside = {
        re.sub("[0-9A-F]{8}$", "", key)
        for key, value in template.find_resources("AWS::CodeBuild::Project").items()
        if "VpcConfig" in value["Properties"]
    }
    assert inside == {
        "PipelinedevCheckdev",
        "PipelineprodCompareprod",
        "PipelineprodprodProtectprod",
        "PipelineprodprodCheckprod",
        "PipelineprodprodBakeprod",
        "Pipelineprodprodeuwest1Protectprodeuwest1",
        "Pipelineprodprodeuwest1Checkprodeuwest1",
        "Pipelineprodprodeuwest1Bakeprodeuwest1",
    }
    config = build_of(template, "Checkdev")["VpcConfig"]
    assert config == {
        "VpcId": "vpc-01234567",
        "Subnets": ["subnet-01234567"],
        "SecurityGroupIds": ["sg-01234567"],
    }
    assert unexplained_findings(app.synth()) == []


def test_a_topic_that_is_there_already_is_used(feature_flags: dict[str, Any], tmp_path: Path) -> None:
    arn = "arn:aws:sns:us-east-1:999988887777:told"
    pipeline = with_line(PIPELINE, "{emails: [a@example.com]}", f'{{topic_arn: "{arn}"}}')
    template = template_of(app_of(tmp_path, feature_flags, pipeline=pipeline))
    assert resources(template, "AWS::SNS::Topic") == []
    assert only(template, "AWS::Events::Rule")["Targets"][0]["Arn"] == arn


def test_the_pipeline_deploys_the_very_stages_that_a_person_does(
    app: App, feature_flags: dict[str, Any], tmp_path: Path
) -> None:
    """Without the pipeline, as somebody does who deploys one environment, every byte of it is the same."""
    alone = app_of(tmp_path, feature_flags, asked_for="prod")
    assert alone.node.try_find_child("slipway-pipeline") is None
    folder, other = Path(app.synth().directory), Path(alone.synth().directory)
    templates = sorted(file.relative_to(folder) for file in folder.glob("assembly-prod*/*.template.json"))
    assert len(templates) == 6
    for name in templates:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


def test_a_finding_in_a_stage_of_the_pipeline_is_not_overlooked(
    feature_flags: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CDK Pipelines synthesises its stages early, before the rules are added to the app."""
    monkeypatch.setattr("inference_constructs.pipeline.operations_role.acknowledge", lambda *_: None)
    found = unexplained_findings(app_of(tmp_path, feature_flags).synth())
    paths = {line.split(":")[0] for line in found}
    assert paths == {f"{stage}/Foundation/Operations/Policy/Resource" for stage in ("dev", "prod", "prod-eu-west-1")}


@pytest.mark.parametrize(
    ("package", "told"),
    [
        ('{"dependencies": {"aws-cdk": "^2.0.0"}}', "package.json: dependencies.aws-cdk: `'^2.0.0'`; accepted: one"),
        ('{"dependencies": {}}', "package.json: dependencies.aws-cdk: `null`; accepted: one version"),
        (None, "package.json: dependencies.aws-cdk: no such file; accepted: one version"),
    ],
)
def test_a_command_line_that_is_not_pinned_is_refused(
    feature_flags: dict[str, Any], tmp_path: Path, package: str | None, told: str
) -> None:
    app_of(tmp_path, feature_flags, asked_for="dev")
    if package is None:
        (tmp_path / "package.json").unlink()
    else:
        (tmp_path / "package.json").write_text(package)
    with pytest.raises(ConfigError) as error:
        create_app(load_project(tmp_path), context=feature_flags, outdir=tmp_path / "other")
    assert str(error.value).startswith(told)
