import io

from rich.console import Console

from slipway.operations.sagemaker.reports import print_status
from slipway.operations.sagemaker.service import DeployedSageMakerService
from slipway.operations.sagemaker.status import ServiceStatus, status_of
from tests.operations.stubbed import ENDPOINT, STACK, Stubbed, live_variant


def printed(*statuses: ServiceStatus) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    print_status(console, statuses)
    return console.export_text()


def targets(stubbed: Stubbed, *variants: str) -> None:
    stubbed.answer(
        "autoscaling",
        "describe_scalable_targets",
        {"ScalableTargets": []},
        ServiceNamespace="sagemaker",
        ResourceIds=[f"endpoint/{ENDPOINT}/variant/{name}" for name in variants],
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )


def test_what_runs(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint(ProductionVariants=[live_variant(), live_variant("challenger", current=0, desired=1, weight=0.1)])
    stubbed.resources("slow", "failing")
    targets(stubbed, "main", "challenger")
    stubbed.alarms(slow="ALARM", failing="OK")
    status = status_of(stubbed.aws, service)
    text = printed(status)
    for part in (
        ENDPOINT,
        "InService",
        "config-new",
        "2 of 2",
        "challenger",
        "0 of 1",
        "0.1",
        "fixed",
        "1 of 2 in ALARM",
    ):
        assert part in text
    assert f"! {ENDPOINT}: slow is in ALARM since 2026-03-02 12:10:00 UTC: Threshold crossed" in text
    assert not status.off_course


def test_what_runs_is_not_what_was_deployed(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack("UPDATE_ROLLBACK_COMPLETE")
    stubbed.endpoint(config="config-old", FailureReason="did not pass the ping health check")
    stubbed.resources()
    targets(stubbed, "main")
    text = printed(status_of(stubbed.aws, service))
    assert f"! {ENDPOINT}: the stack {STACK} is UPDATE_ROLLBACK_COMPLETE." in text
    assert f"! {ENDPOINT}: config-new was deployed last; SageMaker does not run it." in text
    assert f"! {ENDPOINT}: did not pass the ping health check" in text


def test_what_was_never_deployed(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.no_stack()
    stubbed.no_endpoint()
    assert "not deployed" in printed(status_of(stubbed.aws, service))
