"""What `pipeline.yaml` says, and what of it is refused with a sentence."""

from pathlib import Path
from textwrap import dedent

import pytest

from inference_constructs.spec import Environment, Pipeline, SpecError, load_project
from inference_constructs.spec.json_schema import pipeline_schema
from tests.conftest import ROOT
from tests.unit.spec.projects import ENVIRONMENT, with_line, write_project
from tests.unit.spec.test_wrong_files import Case, assert_told, corpus

PIPELINE = """\
    account: "999988887777"
    region: us-east-1
    source: {connection: {arn: "arn:aws:codeconnections:us-east-1:999988887777:connection/0a", repository: a/b}}
    waves:
      - {environments: [dev], bake_minutes: 5}
      - {environments: [prod], approval: true}
    notifications: {emails: [a@example.com]}
    """


def write_pipeline(root: Path, pipeline: str = PIPELINE) -> Path:
    """A project with a development and a production environment, and a pipeline."""
    write_project(root)
    prod = with_line(with_line(ENVIRONMENT, "name: dev", "name: prod"), "purpose: development", "purpose: production")
    (root / "environments" / "prod.yaml").write_text(dedent(prod))
    (root / "pipeline.yaml").write_text(dedent(pipeline))
    return root


def test_a_project_without_the_file_has_no_pipeline(tmp_path: Path) -> None:
    assert load_project(write_project(tmp_path)).pipeline is None


def test_it_deploys_the_environments_in_the_order_of_its_waves(tmp_path: Path) -> None:
    pipeline = load_project(write_pipeline(tmp_path)).pipeline
    assert pipeline is not None
    assert pipeline.environments == ("dev", "prod")
    assert [(wave.approval, wave.bake_minutes) for wave in pipeline.waves] == [(False, 5), (True, 10)]


@pytest.mark.parametrize("case", corpus("wrong_pipelines.yaml"), ids=lambda case: case.written.strip())
def test_a_wrong_pipeline_is_told_in_a_sentence(tmp_path: Path, case: Case) -> None:
    root = write_pipeline(tmp_path, with_line(PIPELINE, case.instead_of, case.written))
    with pytest.raises(SpecError) as error:
        load_project(root)
    assert_told(str(error.value), "pipeline.yaml", case)


def test_an_empty_file_is_no_pipeline(tmp_path: Path) -> None:
    root = write_pipeline(tmp_path, "")
    with pytest.raises(SpecError, match=r"pipeline\.yaml: an empty file; accepted: a mapping"):
        load_project(root)


def test_every_production_environment_of_this_project_waits_for_an_approval() -> None:
    project = load_project(ROOT)
    assert project.pipeline is not None
    approved = {name for wave in project.pipeline.waves if wave.approval for name in wave.environments}
    in_production = {each.name for each in project.environments if _deployed(each, project.pipeline)}
    assert in_production
    assert in_production <= approved


def _deployed(environment: Environment, pipeline: Pipeline) -> bool:
    return environment.purpose == "production" and environment.name in pipeline.environments


def test_the_schema_names_every_key() -> None:
    assert set(pipeline_schema()["properties"]) == set(Pipeline.model_fields)
