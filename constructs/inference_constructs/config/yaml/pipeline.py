"""Reads `pipeline.yaml`."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from inference_constructs.config.errors import ConfigError, Finding, Problem, dotted, findings
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.pipeline.pipeline import PIPELINE_FILE, Pipeline
from inference_constructs.config.pipeline.rules import check_environments
from inference_constructs.config.yaml.file import YamlFile, read_yaml


def load_pipeline(root: Path, environments: Iterable[Environment]) -> Pipeline | None:
    """Read the pipeline of a project, None where it has none.

    Args:
        root: The project's folder.
        environments: Every environment of the project, in each of its regions.

    Raises:
        ConfigError: With every problem of the file and of the environments it names.
    """
    if not (root / PIPELINE_FILE).exists():
        return None
    source = read_yaml(root / PIPELINE_FILE, root=root)
    try:
        pipeline = Pipeline.model_validate(source.data)
    except ValidationError as error:
        raise ConfigError(_problem(source, finding) for finding in findings(error, Pipeline)) from None
    problems = [_problem(source, finding) for finding in check_environments(pipeline, environments)]
    if problems:
        raise ConfigError(problems)
    return pipeline


def _problem(source: YamlFile, finding: Finding) -> Problem:
    line = source.line(finding.path)
    return Problem(
        file=source.path, line=line, key=dotted(finding.path), found=finding.found, accepted=finding.accepted
    )
