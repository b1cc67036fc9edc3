import io
import json
from typing import Any

import pytest
from rich.console import Console

from slipway.operations.preflight import PreflightResult, print_preflight
from slipway.operations.sagemaker.plans import Plan, plan_of
from slipway.operations.sagemaker.preflight import preflight
from slipway.operations.sagemaker.service import DeployedSageMakerService
from tests.operations.stubbed import ENDPOINT, STACK, Stubbed, live_variant
from tests.operations.synthetic_templates import DATA, IMAGE, RESOLVER, deployed, live, plan, template, variant

STATE = "while it is registered with Application Auto Scaling (1 to 4 instances)"
STAYS = "The endpoint configuration stays config-new."
NEW = "A new endpoint configuration takes the place of config-new."


def compare(stubbed: Stubbed, service: DeployedSageMakerService, planned: Plan) -> PreflightResult:
    return preflight(stubbed.aws, service, planned, RESOLVER)


def under_another_id(body: dict[str, Any]) -> dict[str, Any]:
    """The same template with another logical id for the configuration."""
    changed: dict[str, Any] = json.loads(json.dumps(body).replace('"Config"', '"Config-1"'))
    return changed


def standing(stubbed: Stubbed, **endpoint: Any) -> None:
    stubbed.stack()
    stubbed.endpoint(**endpoint)


def test_a_first_deployment(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.no_stack()
    stubbed.no_endpoint()
    found = compare(stubbed, service, plan())
    assert (found.refusals, found.changes) == (
        (),
        (f"The first deployment: there is no endpoint {ENDPOINT} yet.",),
    )


def test_nothing_changes(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan())
    assert (found.refusals, found.changes) == ((), (STAYS, "Variant main: nothing changes."))


def test_a_new_model_under_a_scaled_variant_is_allowed(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """Fact 7: changing only the model is allowed."""
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan(data="s3://models/2.tar.gz"))
    assert found.refusals == ()
    assert found.changes == (NEW, f"Variant main: another model: s3://models/2.tar.gz instead of {DATA}.")


def test_tags_make_no_new_configuration(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    standing(stubbed)
    live(stubbed)
    body = template()
    for resource in body["Resources"].values():
        resource["Properties"].pop("Tags", None)
    deployed(stubbed, body)
    assert compare(stubbed, service, plan()).changes[0] == STAYS


def test_another_instance_type_under_a_scaled_variant(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """Fact 7: changing `InstanceType` under a `ScalableTarget` fails until it is deregistered."""
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan(variant(InstanceType="ml.c7i.xlarge")))
    (refusal,) = found.refusals
    assert refusal == (
        f"{ENDPOINT}, variant main: the instance type changes from ml.c7i.large to ml.c7i.xlarge {STATE}, which"
        " SageMaker refuses. In two steps: first deploy with `scaling: {suspended: true}` for main, which deregisters"
        " it and keeps its number of instances; then deploy this change, and after it remove `suspended`."
    )
    assert found.changes == (NEW, "Variant main: ml.c7i.xlarge instead of ml.c7i.large.")


def test_other_instance_pools_under_a_scaled_variant(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """What a variant runs on is compared as a whole, whichever of its types it has at the moment."""
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    pools = [{"InstanceType": name, "Priority": number} for number, name in ((2, "ml.g5.xlarge"), (1, "ml.g6.xlarge"))]
    pooled = variant(InstancePools=pools)
    del pooled["InstanceType"]
    (refusal,) = compare(stubbed, service, plan(pooled)).refusals
    assert "changes from ml.c7i.large to ml.g6.xlarge, ml.g5.xlarge" in refusal


def test_suspending_and_changing_at_once_is_refused_too(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """CloudFormation deregisters what is gone from the template only after it has updated the endpoint."""
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan(variant(InstanceType="ml.c7i.xlarge"), scaled=()))
    assert len(found.refusals) == 1


def test_the_two_steps_are_allowed(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    first = compare(stubbed, service, plan(scaled=()))
    assert first.refusals == ()
    assert first.changes == (STAYS, "Variant main: no longer scaled automatically (1 to 4 instances until now).")
    standing(stubbed)
    live(stubbed, scaled=())
    deployed(stubbed, template(scaled=()))
    second = compare(stubbed, service, plan(variant(InstanceType="ml.c7i.xlarge")))
    assert second.refusals == ()
    assert second.changes == (
        NEW,
        "Variant main: ml.c7i.xlarge instead of ml.c7i.large; scaled automatically from now on.",
    )


def test_from_instances_to_serverless_under_a_scaled_variant(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    serverless = variant(ServerlessConfig={"MemorySizeInMB": 2048})
    del serverless["InstanceType"], serverless["InitialInstanceCount"]
    (refusal,) = compare(stubbed, service, plan(serverless)).refusals
    assert "changes from ml.c7i.large to serverless" in refusal


def test_removing_a_scaled_variant(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """Fact 7: so does removing a variant."""
    standing(stubbed, ProductionVariants=[live_variant(), live_variant("challenger")])
    live(stubbed, variant(), variant("challenger"), scaled=("challenger",))
    deployed(stubbed, template(variant(), variant("challenger"), scaled=("challenger",)))
    found = compare(stubbed, service, plan(scaled=()))
    (refusal,) = found.refusals
    assert refusal.startswith(f"{ENDPOINT}, variant challenger: it is removed {STATE}, which SageMaker refuses. In two")
    assert "then deploy the removal" in refusal
    assert found.changes[-1] == "Variant challenger is removed."


def test_renaming_a_scaled_variant(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """Fact 4: a renamed variant is a removal."""
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan(variant("primary"), scaled=("primary",)))
    (refusal,) = found.refusals
    assert "it is removed (if primary is its new name: SageMaker takes a renamed variant for a removed one)" in refusal
    assert "Variant primary is added: 2 x ml.c7i.large, weight 1." in found.changes


def test_removing_a_variant_that_is_not_scaled_is_allowed(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    standing(stubbed, ProductionVariants=[live_variant(), live_variant("challenger")])
    live(stubbed, variant(), variant("challenger"))
    deployed(stubbed, template(variant(), variant("challenger")))
    assert compare(stubbed, service, plan()).refusals == ()


@pytest.mark.parametrize(
    ("unknown", "sentence"),
    [
        (
            {"InstanceType": {"Ref": "Size"}},
            f"the new instance type cannot be known {STATE}: it is what CloudFormation",
        ),
        ({"VariantName": {"Ref": "Name"}}, f"whether it stays cannot be known {STATE}: one variant's name is what"),
    ],
)
def test_what_cannot_be_known_of_a_scaled_variant_is_refused(
    stubbed: Stubbed, service: DeployedSageMakerService, unknown: dict[str, Any], sentence: str
) -> None:
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    (refusal,) = compare(stubbed, service, plan(variant(**unknown))).refusals
    assert sentence in refusal


def test_counts_that_are_kept_and_weights_that_are_not(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """Fact 6: an update keeps the live counts, and takes the new weights."""
    standing(stubbed, ProductionVariants=[live_variant(current=7, desired=7, weight=0.9)])
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan(variant(InitialInstanceCount=3, InitialVariantWeight=0.5)))
    assert found.changes == (
        NEW,
        "Variant main: 3 initial instances, not 2; the 7 live ones stay; weight 0.5 instead of 0.9.",
    )


def test_counts_and_weights_of_an_endpoint_that_keeps_nothing(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    standing(stubbed, ProductionVariants=[live_variant(current=7, desired=7)])
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan(data="s3://models/2.tar.gz", RetainAllVariantProperties=False))
    assert found.changes[0] == NEW
    assert found.changes[-1].endswith("2 instances instead of 7.")


def test_an_update_with_the_configuration_in_use_is_refused(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    """Fact 20. Templates of an earlier version may have such a change."""
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    linear = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "LINEAR"}}}
    found = compare(stubbed, service, plan(DeploymentConfig=linear, ExcludeRetainedVariantProperties=[]))
    (refusal,) = found.refusals
    assert refusal == (
        f"{ENDPOINT}: DeploymentConfig, ExcludeRetainedVariantProperties changes and the configuration config-new"
        " stays, which SageMaker refuses: it takes no update with the configuration in use. Write the templates with"
        " this version of Slipway (`make synth`), which gives such a change a configuration of its own."
    )


def test_a_configuration_that_is_not_live_may_be_updated_to(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    standing(stubbed, config="config-old")
    live(stubbed, config="config-old")
    deployed(stubbed, template())
    assert compare(stubbed, service, plan(RetainAllVariantProperties=False)).refusals == ()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ExcludeRetainedVariantProperties": []}, "stay as they are; ExcludeRetainedVariantProperties changes. New"),
        ({}, "Models and instances stay as they are; new instances start for it nevertheless."),
    ],
)
def test_a_second_fleet_for_the_same_models_is_said(
    stubbed: Stubbed, service: DeployedSageMakerService, changed: dict[str, Any], sentence: str
) -> None:
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan_of(under_another_id(template(**changed)), ENDPOINT, RESOLVER))
    assert found.refusals == ()
    assert found.changes[0] == NEW
    assert sentence in found.changes[1]


def test_weights_alone_have_a_command_that_starts_nothing(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    standing(stubbed)
    live(stubbed)
    deployed(stubbed, template())
    found = compare(stubbed, service, plan(variant(InitialVariantWeight=0.5)))
    assert found.changes[0] == NEW
    assert f"`aws sagemaker update-endpoint-weights-and-capacities --endpoint-name {ENDPOINT}" in found.changes[1]
    assert found.changes[2] == "Variant main: weight 0.5 instead of 1."


def test_a_rollback_before_is_told_of(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    standing(stubbed, config="config-old")
    live(stubbed, config="config-old")
    deployed(stubbed, template())
    found = compare(stubbed, service, plan())
    assert found.refusals == ()
    assert found.changes[1] == (
        f"{ENDPOINT} runs config-old, though, since SageMaker rolled back: CloudFormation sees no difference, and a"
        " deployment without another change will not move it."
    )


def test_a_model_that_only_cloudformation_knows(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    standing(stubbed)
    live(stubbed)
    body = template()
    body["Resources"]["Model-main"]["Properties"]["PrimaryContainer"]["Image"] = {"Fn::ImportValue": "image"}
    deployed(stubbed, body)
    found = compare(stubbed, service, plan_of(body, ENDPOINT, RESOLVER))
    assert found.changes[1].startswith(
        "Variant main: whether the model changes cannot be known (the template says what"
    )


@pytest.mark.parametrize(
    ("status", "endpoint", "sentence"),
    [
        ("UPDATE_IN_PROGRESS", {}, f"The stack {STACK} is UPDATE_IN_PROGRESS: another deployment is under way."),
        ("UPDATE_ROLLBACK_FAILED", {}, "its last rollback has to be finished first, with `cdk rollback`"),
        ("DELETE_FAILED", {}, "its deletion has to be finished first"),
        (
            "ROLLBACK_COMPLETE",
            {},
            f"exists already and {STACK} is ROLLBACK_COMPLETE: a deployment would create it anew",
        ),
        ("UPDATE_COMPLETE", {"status": "Updating"}, "is Updating, and SageMaker refuses to update it meanwhile"),
        (
            "UPDATE_COMPLETE",
            {"status": "Failed", "FailureReason": "No capacity"},
            f"The endpoint {ENDPOINT} is Failed (No capacity): it can only be deleted",
        ),
    ],
)
def test_what_forbids_any_deployment(
    stubbed: Stubbed, service: DeployedSageMakerService, status: str, endpoint: dict[str, Any], sentence: str
) -> None:
    stubbed.stack(status)
    stubbed.endpoint(**endpoint)
    (refusal,) = compare(stubbed, service, plan()).refusals
    assert sentence in refusal


def test_an_endpoint_of_that_name_that_is_not_ours(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.no_stack()
    stubbed.endpoint()
    (refusal,) = compare(stubbed, service, plan()).refusals
    assert refusal.startswith(f"The endpoint {ENDPOINT} exists already and no stack {STACK}: a deployment would create")


def test_the_report(service: DeployedSageMakerService) -> None:
    console = Console(width=140, record=True, file=io.StringIO())
    print_preflight(console, PreflightResult(name=service.full_name, refusals=("No [a].",), changes=(NEW,)))
    print_preflight(console, PreflightResult(name=service.full_name, refusals=(), changes=()))
    assert console.export_text().splitlines() == [
        f"· {NEW}",
        "✗ No [a].",
        f"✗ {ENDPOINT} must not be deployed like this.",
        f"✓ Nothing is known to be in the way of {ENDPOINT}.",
    ]


def test_images_are_compared_as_cloudformation_will_write_them(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    standing(stubbed)
    live(stubbed)
    body = template()
    body["Resources"]["Model-main"]["Properties"]["PrimaryContainer"]["Image"] = IMAGE
    deployed(stubbed, body)
    found = compare(stubbed, service, plan())
    assert found.changes == (NEW, "Variant main: nothing changes.")
