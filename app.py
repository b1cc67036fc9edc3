"""Reads the environments and synthesises their stacks. Run by the CDK command line; see cdk.json."""

import sys
from pathlib import Path

from inference_constructs.common.artifact import ArtifactError
from inference_constructs.config import ConfigError, load_project
from stacks.advice import advice
from stacks.application import create_app
from stacks.limits import findings
from stacks.security_rules import unexplained_findings


def main() -> int:
    """Synthesise every environment under `environments/`.

    Returns:
        The exit status: 1 for a finding of the security rules or a template past CloudFormation's limits, 2 for files
        that cannot be accepted. A template near a limit, and advice, are told and accepted.
    """
    try:
        project = load_project(Path(__file__).parent)
        app = create_app(project)
    except (ConfigError, ArtifactError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    assembly = app.synth()
    unexplained, sizes = unexplained_findings(assembly), findings(assembly)
    sys.stderr.writelines(f"{finding}\n" for finding in (*unexplained, *sizes, *advice(project)))
    return 1 if unexplained or any(size.is_exceeded for size in sizes) else 0


if __name__ == "__main__":
    sys.exit(main())
