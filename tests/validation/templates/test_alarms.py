"""Alarm names say where and what, once per account and region; descriptions fit and link to a runbook."""

from collections import Counter
from typing import Final

from inference_constructs.config.models.names import alarm_name_prefix
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook
from tests.conftest import ROOT
from tests.templates import Resource
from tests.unit.eks.services import deployed as deployed_on_eks
from tests.unit.sagemaker.endpoints import empty_stack, endpoint_of, variant
from tests.validation.templates.deployed_stacks import Deployed

#: CloudWatch API reference, "PutMetricAlarm".
LONGEST_NAME: Final = 255
LONGEST_DESCRIPTION: Final = 1024
#: The longest names that `config` accepts, and the longest base URL.
LONGEST_ENVIRONMENT, LONGEST_SERVICE, LONGEST_VARIANT, LONGEST_URL = 20, 40, 40, 255


def alarms(stacks: list[Deployed]) -> list[tuple[Deployed, Resource]]:
    return [(stack, alarm) for stack in stacks for alarm in stack.all("AWS::CloudWatch::Alarm").values()]


def notifying(stacks: list[Deployed]) -> list[tuple[Deployed, Resource]]:
    """The alarms that notify people: all but those that roll an update back or scale a variant."""
    return [(stack, alarm) for stack, alarm in alarms(stacks) if "OKActions" in alarm]


def test_no_two_alarms_of_an_account_and_region_have_one_name(deployed: list[Deployed]) -> None:
    names = Counter(
        (stack.environment.account, stack.environment.region, alarm["AlarmName"])
        for stack, alarm in notifying(deployed)
    )
    assert len(names) > 50
    assert [name for name, count in names.items() if count > 1] == []


def test_names_say_environment_service_cell_symptom_and_variant(deployed: list[Deployed]) -> None:
    for stack, alarm in notifying(deployed):
        where = [f"slipway-{stack.environment.name}"]
        where += [stack.service.name] if stack.of_service else []
        where += [f"cell-{stack.cell}"] if stack.part in {"eks", "cluster"} else []
        name = alarm["AlarmName"]
        *place, problem = name.split("/")[: len(where) + 1]
        assert place == where, name
        assert problem.isalnum(), name
        variants = {
            dimension["Value"] for dimension in alarm.get("Dimensions", []) if dimension["Name"] == "VariantName"
        }
        assert set(name.split("/")[len(where) + 1 :]) >= variants, name


def test_only_alarms_that_notify_nobody_are_named_by_cloudformation(deployed: list[Deployed]) -> None:
    """Rollback alarms are listed in the endpoint's `DeploymentConfig`, which may not change alone."""
    for stack, alarm in alarms(deployed):
        assert ("AlarmName" in alarm) == ("OKActions" in alarm), stack.path


def test_the_longest_names_are_within_cloudwatchs_limit(deployed: list[Deployed]) -> None:
    symptoms = {
        part for _, alarm in notifying(deployed) for part in alarm["AlarmName"].split("/") if not part.islower()
    }
    prefix = alarm_name_prefix("e" * LONGEST_ENVIRONMENT, service="s" * LONGEST_SERVICE, cell=999)
    longest = AlarmSettings(name_prefix=prefix).alarm_name(max(symptoms, key=len), "v" * LONGEST_VARIANT)
    assert longest is not None
    assert len(longest) <= LONGEST_NAME


def test_the_longest_descriptions_are_within_cloudwatchs_limit(deployed: list[Deployed]) -> None:
    """Whatever a description names besides, service, variant and cluster are in it once."""
    page = max(map(len, Runbook)) + len("/.md")
    room = LONGEST_DESCRIPTION - LONGEST_URL - page - 2 * LONGEST_ENVIRONMENT - LONGEST_SERVICE - LONGEST_VARIANT
    sentences = [alarm["AlarmDescription"].partition("Runbook: ")[0] for _, alarm in alarms(deployed)]
    assert max(map(len, sentences)) <= room


def test_descriptions_link_to_where_the_environment_publishes_its_runbooks(deployed: list[Deployed]) -> None:
    found = set()
    for stack, alarm in alarms(deployed):
        _, _, link = alarm["AlarmDescription"].partition("Runbook: ")
        if not link:
            assert "AlarmName" not in alarm, "scales a variant"
            continue
        folder, _, page = link.rpartition("/")
        assert folder == (stack.environment.runbook_base_url or "docs/runbooks").removesuffix("/")
        found.add(page)
    assert found == {f"{runbook}.md" for runbook in Runbook}


def test_every_runbook_is_a_page() -> None:
    assert {f"{runbook}.md" for runbook in Runbook} | {"README.md"} == {
        file.name for file in (ROOT / "docs" / "runbooks").glob("*.md")
    }


def test_a_service_that_moves_to_the_other_backend_meets_none_of_its_old_alarms() -> None:
    """Both stacks have one name: CloudFormation creates the new alarms before it deletes the old ones."""
    on_sagemaker = AlarmSettings(name_prefix=alarm_name_prefix("dev", service="triage"))
    on_eks = AlarmSettings(name_prefix=alarm_name_prefix("dev", service="triage", cell=1))
    stack = empty_stack()
    both = (
        endpoint_of(stack, [variant(stack)], alarm_settings=on_sagemaker).template,
        deployed_on_eks(alarm_settings=on_eks).template,
    )
    names = [
        {alarm["Properties"].get("AlarmName") for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()}
        for template in both
    ]
    assert names[0] & names[1] - {None} == set()
    assert all(len(each) > 2 for each in names)
