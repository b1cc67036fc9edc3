import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.emulator.runner.instance import Running
from tests.emulator.sagemaker.hosting import Hosting
from tests.emulator.support import MODEL, eventually

SAMPLE = (MODEL / "samples" / "benign-patient.request.json").read_bytes()
BAKE_SECONDS = 120  # two seconds here


def _canary(*alarms: str, percent: int = 50, keep: int = 0) -> dict[str, Any]:
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": percent},
        "WaitIntervalInSeconds": BAKE_SECONDS,
    }
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": keep},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]},
    }


def _alarm(hosting: Hosting, endpoint: str, config: str, threshold: float) -> str:
    """An alarm that rings when the new fleet gets more requests in a minute than this."""
    name = f"requests-of-{config}"
    dimensions = {"EndpointName": endpoint, "VariantName": "main", "EndpointConfigName": config}
    hosting.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return name


@contextmanager
def _asking(hosting: Hosting, endpoint: str) -> Iterator[list[Exception]]:
    """A client that asks without a pause; yields what went wrong."""
    failures: list[Exception] = []
    over = threading.Event()

    def ask_on() -> None:
        while not over.is_set():
            try:
                hosting.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=SAMPLE)
            except ClientError as error:
                failures.append(error)

    client = threading.Thread(target=ask_on)
    client.start()
    try:
        yield failures
    finally:
        over.set()
        client.join()


def _update(hosting: Hosting, endpoint: str, config: str, deployment: dict[str, Any]) -> None:
    hosting.sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=config,
        RetainAllVariantProperties=True,
        DeploymentConfig=deployment,
    )


def test_a_canary_bakes_beside_the_old_fleet_and_then_takes_over(hosting: Hosting, running: Running) -> None:
    endpoint = hosting.in_service()
    old, new = hosting.describe(endpoint)["EndpointConfigName"], hosting.config(hosting.variant(hosting.model()))
    deployment = _canary(_alarm(hosting, endpoint, new, threshold=1e9))
    with _asking(hosting, endpoint) as failures:
        _update(hosting, endpoint, new, deployment)
        baking = eventually(
            lambda: (
                found
                if (found := hosting.describe(endpoint)).get("PendingDeploymentSummary", {}).get("ProductionVariants")
                else None
            )
        )
        assert {server["configuration"] for server in running.servers()[endpoint]} == {old, new}
        after = hosting.settled(endpoint)
    assert (baking["EndpointStatus"], baking["EndpointConfigName"]) == ("Updating", old)
    pending = baking["PendingDeploymentSummary"]
    (stage,) = pending["ProductionVariants"][0]["VariantStatus"]
    assert pending["EndpointConfigName"] == new
    assert (stage["Status"], stage["StatusMessage"]) == ("Baking", "50 % of the traffic")
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", new)
    assert after["LastDeploymentConfig"] == deployment
    assert "PendingDeploymentSummary" not in after
    assert failures == []


def test_a_ringing_alarm_moves_the_traffic_back_and_the_next_update_works(hosting: Hosting, running: Running) -> None:
    endpoint = hosting.in_service()
    before = hosting.describe(endpoint)
    old = before["EndpointConfigName"]
    (old_server,) = running.servers()[endpoint]
    new = hosting.config(hosting.variant(hosting.model()))
    alarm = _alarm(hosting, endpoint, new, threshold=0)
    with _asking(hosting, endpoint) as failures:
        _update(hosting, endpoint, new, _canary(alarm))
        after = hosting.settled(endpoint)
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", old)
    assert f"went to {new}, the alarm {alarm} was in ALARM. Threshold Crossed: 1 out of" in after["FailureReason"]
    assert failures == []
    assert running.servers()[endpoint] == [old_server]
    (described,) = hosting.cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert described["StateValue"] == "ALARM"
    assert described["StateReason"] in after["FailureReason"]
    # CloudFormation would clean up now; the fleet that runs needs neither its configuration nor its model.
    (variant,) = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=old)["ProductionVariants"]
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName=old)
    hosting.sagemaker.delete_model(ModelName=variant["ModelName"])
    answer = hosting.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=SAMPLE)
    assert answer["InvokedProductionVariant"] == "main"
    corrected = hosting.config(hosting.variant(hosting.model()))
    _update(hosting, endpoint, corrected, _canary(_alarm(hosting, endpoint, corrected, threshold=1e9)))
    assert hosting.settled(endpoint)["EndpointConfigName"] == corrected


def test_an_update_is_refused_whose_alarm_or_step_is_not_there(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    config = hosting.config(hosting.variant(hosting.model()))
    with pytest.raises(ClientError, match=r"Could not find the CloudWatch alarm\(s\) nowhere"):
        _update(hosting, endpoint, config, _canary("nowhere"))
    sizeless = _canary(_alarm(hosting, endpoint, config, threshold=1e9))
    del sizeless["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["CanarySize"]
    with pytest.raises(ClientError, match="CanarySize is"):
        _update(hosting, endpoint, config, sizeless)
    assert hosting.describe(endpoint)["EndpointStatus"] == "InService"
