"""What `pipeline.yaml` says, and what of it is refused with a sentence."""

from pathlib import Path
from textwrap import dedent

import pytest

from inference_constructs.config import ConfigError, Environment, Pipeline, Wave, load_project
from inference_constructs.config.pipeline.rules import check_environments
from inference_constructs.config.yaml.json_schema import pipeline_schema
from tests.conftest import ROOT
from tests.unit.config.projects import ENVIRONMENT, with_line, write_project
from tests.unit.config.test_wrong_files import Case, assert_told, corpus

PIPELINE = """\
    account: "999988887777"
    region: us-east-1
    source: {connection: {arn: "arn:aws:codeconnections:us-east-1:999988887777:connection/0a", repository: a/b}}
    waves:
      - {environments: [dev], bake_minutes: 5}
      - {environments: [prod], approval: true}
    notifications: {emails: [a@example.com]}
    """


def write_pipeline(root: Path, pipeline: str = PIPELINE, *, account: str = "333344445555") -> Path:
    """A project with a development and a production environment, the latter in this account, and a pipeline."""
    write_project(root)
    prod = with_line(with_line(ENVIRONMENT, "name: dev", "name: prod"), "purpose: development", "purpose: production")
    prod = with_line(prod, "111122223333", account)
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
    with pytest.raises(ConfigError) as error:
        load_project(root)
    assert_told(str(error.value), "pipeline.yaml", case)


def test_an_empty_file_is_no_pipeline(tmp_path: Path) -> None:
    root = write_pipeline(tmp_path, "")
    with pytest.raises(ConfigError, match=r"pipeline\.yaml: an empty file; accepted: a mapping"):
        load_project(root)


def test_nothing_is_deployed_beside_production_without_an_approval(tmp_path: Path) -> None:
    """CloudFormation's role in an account may change all that is there, whatever an environment is for."""
    shared = "111122223333"
    root = write_pipeline(tmp_path, account=shared)
    with pytest.raises(ConfigError) as error:
        load_project(root)
    assert str(error.value) == (
        "pipeline.yaml:5: waves[0].approval: `false`; accepted: true: dev is in 111122223333 as is prod, which is for"
        " production, and somebody has to have seen what changes there"
    )
    approved = with_line(PIPELINE, "[dev], bake_minutes: 5", "[dev], approval: true")
    (root / "pipeline.yaml").write_text(dedent(approved))
    assert load_project(root).pipeline is not None


def test_production_counts_where_the_pipeline_deploys_nothing_of_it(tmp_path: Path) -> None:
    root = write_pipeline(tmp_path, with_line(PIPELINE, "      - {environments: [prod], approval: true}\n", ""))
    assert load_project(root).pipeline is not None
    prod = root / "environments" / "prod.yaml"
    prod.write_text(with_line(prod.read_text(), "333344445555", "111122223333"))
    with pytest.raises(ConfigError, match="true: dev is in 111122223333 as is prod"):
        load_project(root)


def test_a_rule_holds_for_every_region_of_an_environment(tmp_path: Path) -> None:
    """The one that is read last is not the environment."""
    project = load_project(write_pipeline(tmp_path))
    pipeline = project.pipeline
    assert pipeline is not None
    dev, prod = project.environments
    elsewhere = prod.model_copy(update={"purpose": "development", "region": "eu-west-1", "account": "222233334444"})
    unapproved = Pipeline.model_validate_json(pipeline.model_dump_json().replace("true", "false"))
    (told,) = check_environments(unapproved, (dev, prod, elsewhere))
    assert (told.path, told.accepted.split(",")[0]) == (("waves", 1, "approval"), "true: prod is for production")
    in_tools = prod.model_copy(update={"account": pipeline.account})
    (told,) = check_environments(pipeline, (dev, in_tools, elsewhere))
    assert told.accepted.startswith("another account than prod's")


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eu-isoe-west-1"])
def test_no_environment_is_deployed_to_another_partition(tmp_path: Path, region: str) -> None:
    """Roles of the pipeline are named with `arn:aws:`, and no role of another partition can trust them."""
    root = write_pipeline(tmp_path)
    dev = root / "environments" / "dev.yaml"
    dev.write_text(dev.read_text().replace("us-east-1", region))
    with pytest.raises(ConfigError) as error:
        load_project(root)
    assert str(error.value) == (
        "pipeline.yaml:5: waves[0].environments[0]: `'dev'`; accepted: environments in regions of AWS's commercial"
        f" partition, such as us-east-1: dev is in {region}, whose accounts know nobody of the pipeline's"
    )
    (root / "pipeline.yaml").unlink()
    assert load_project(root).environments[0].region == region, "by hand it may be"


def test_a_waves_name_has_room_for_what_the_cdk_adds() -> None:
    most = tuple(each * 18 for each in "abcde")
    assert len(Wave(environments=(*most, "ff")).name) == 97
    with pytest.raises(ValueError, match="up to 97 characters"):
        Wave(environments=(*most, "fff"))


def test_every_production_environment_of_this_project_waits_for_an_approval() -> None:
    project = load_project(ROOT)
    if project.pipeline is None:
        pytest.skip("this project has no pipeline")
    approved = {name for wave in project.pipeline.waves if wave.approval for name in wave.environments}
    in_production = {each.name for each in project.environments if _deployed(each, project.pipeline)}
    assert in_production
    assert in_production <= approved


def _deployed(environment: Environment, pipeline: Pipeline) -> bool:
    return environment.purpose == "production" and environment.name in pipeline.environments


def test_the_schema_names_every_key() -> None:
    assert set(pipeline_schema()["properties"]) == set(Pipeline.model_fields)
