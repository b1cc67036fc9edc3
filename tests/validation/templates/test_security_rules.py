"""An unexplained finding of the security rules fails the synthesis, for every stack of every stage."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack, Stage, aws_sns
from aws_cdk.cx_api import CloudAssembly

from stacks.security_rules import check_security_rules, unexplained_findings


def synthesised(tmp_path: Path, feature_flags: dict[str, Any]) -> CloudAssembly:
    app = App(
        context=feature_flags,
        outdir=str(tmp_path),
        post_cli_context={"@aws-cdk/core:failSynthOnValidationErrors": False},
    )
    aws_sns.Topic(Stack(Stage(app, "Stage"), "Stack"), "Topic")
    check_security_rules(app)
    return app.synth()


def test_the_project_has_no_unexplained_finding(assembly: CloudAssembly, showcase: CloudAssembly) -> None:
    for written in (assembly, showcase):
        assert unexplained_findings(written) == []
        # The CDK's own rules too, which `CDK_VALIDATION=false` would leave out, as the end-to-end tests do.
        report = json.loads((Path(written.directory) / "validation-report.json").read_text())
        asked = {rules["pluginName"] for rules in report["pluginReports"]}
        assert asked == {"AwsSolutions", "CloudFormation Validate", "NIST.800.53.R5"}


def test_a_finding_in_a_stage_is_not_overlooked(tmp_path: Path, feature_flags: dict[str, Any]) -> None:
    found = unexplained_findings(synthesised(tmp_path, feature_flags))
    assert any("Stage/Stack/Topic/Resource: AwsSolutions-SNS3" in line for line in found)
    assert any("NIST.800.53.R5-SNSEncryptedKMS" in line for line in found)
