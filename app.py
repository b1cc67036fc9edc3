"""Reads the environments and synthesises their stacks. Run by the CDK command line; see cdk.json."""

import sys
from pathlib import Path

from aws_cdk import App

from inference_constructs.artifact import ArtifactError
from inference_constructs.spec import SpecError, load_project
from stacks.environment_stage import EnvironmentStage
from stacks.security_rules import check_security_rules, unexplained_findings


def main() -> int:
    """Synthesise every environment under `environments/`."""
    try:
        project = load_project(Path(__file__).parent)
        app = App(post_cli_context={"@aws-cdk/core:failSynthOnValidationErrors": False})  # told below, for every stack
        for environment in project.environments:
            EnvironmentStage(app, project=project, environment=environment)
    except (SpecError, ArtifactError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    check_security_rules(app)
    findings = unexplained_findings(app.synth())
    sys.stderr.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
