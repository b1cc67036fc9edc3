"""The rules that every template has to pass at synth."""

import json
from pathlib import Path

from aws_cdk import App, Validations
from aws_cdk.cx_api import CloudAssembly
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks


def check_security_rules(app: App) -> None:
    """Have the synthesis check AWS Solutions and NIST 800-53 R5, besides the CDK's own rules for templates."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), NIST80053R5Checks(app))


def unexplained_findings(assembly: CloudAssembly) -> list[str]:
    """What a synthesis found and no construct gives a reason for, a line each.

    The CDK command line shows findings only for the stacks that it was asked for, so that a plain `cdk synth` over
    stages shows none and succeeds. Hence the app looks itself.
    """
    report = json.loads((Path(assembly.directory) / "validation-report.json").read_text())
    return [
        f"{construct['constructPath']}: {violation['ruleName']}: {violation['description']}"
        for rules in report["pluginReports"]
        for violation in rules["violations"]
        for construct in violation["violatingConstructs"]
    ]
