import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.emulator.runner.instance import Running
from tests.emulator.sagemaker.hosting import Hosting
from tests.emulator.support import MODEL, eventually

SAMPLE = (MODEL / "samples" / "benign-patient.request.json").read_bytes()
GOLDEN = (MODEL / "samples" / "benign-patient.response.json").read_bytes()


def _ask(hosting: Hosting, endpoint: str, **more: Any) -> dict[str, Any]:
    request = {"ContentType": "application/json", "Body": SAMPLE} | more
    return dict(hosting.runtime.invoke_endpoint(EndpointName=endpoint, **request))


def test_an_endpoint_is_in_service_once_its_model_answers(hosting: Hosting) -> None:
    endpoint = hosting.endpoint(hosting.config(hosting.variant(hosting.model())))
    assert hosting.describe(endpoint)["EndpointStatus"] == "Creating"
    with pytest.raises(hosting.runtime.exceptions.ValidationError, match=r"Endpoint .* of account .* not found"):
        _ask(hosting, endpoint)
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    answer = _ask(hosting, endpoint)
    assert answer["Body"].read() == GOLDEN
    assert answer["InvokedProductionVariant"] == "main"
    assert endpoint in {found["EndpointName"] for found in hosting.sagemaker.list_endpoints()["Endpoints"]}


def test_boto3_raises_the_typed_errors(hosting: Hosting) -> None:
    with pytest.raises(hosting.runtime.exceptions.ModelError) as refused:
        _ask(hosting, hosting.in_service(), Body=b"{}")
    assert refused.value.response["OriginalStatusCode"] == 400


def test_an_endpoint_whose_model_never_answers_fails_with_the_reason(hosting: Hosting) -> None:
    endpoint = hosting.endpoint(hosting.config(hosting.variant(hosting.model("broken.tar.gz"))))
    failed = hosting.settled(endpoint)
    assert failed["EndpointStatus"] == "Failed"
    assert "Failed to extract model data archive" in failed["FailureReason"]


def test_what_is_not_there_or_is_taken_is_refused(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match=r"Could not find model data at s3://models/gone\.tar\.gz"):
        hosting.model("gone.tar.gz")
    with pytest.raises(ClientError, match=r'Could not find model "arn:aws:sagemaker:.*:model/gone"'):
        hosting.config(hosting.variant("gone"))
    with pytest.raises(ClientError, match=r'Could not find endpoint configuration "arn:.*endpoint-config/gone"'):
        hosting.endpoint("gone")
    with pytest.raises(ClientError, match=r'Could not find endpoint "arn:.*:endpoint/gone"'):
        hosting.describe("gone")
    endpoint = hosting.in_service()
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        hosting.sagemaker.create_endpoint(
            EndpointName=endpoint, EndpointConfigName=hosting.describe(endpoint)["EndpointConfigName"]
        )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"InstanceType": "c7i.large"}, "enum value set: "),
        ({"VariantName": "twin"}, "Variant names must be unique"),
    ],
)
def test_impossible_variants_are_refused(hosting: Hosting, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence):
        hosting.config(hosting.variant(hosting.model()) | changes, hosting.variant(hosting.model(), "twin"))


def test_a_variant_without_instances_is_refused(hosting: Hosting) -> None:
    variant = hosting.variant(hosting.model())
    del variant["InitialInstanceCount"]
    with pytest.raises(ClientError, match="initialInstanceCount' failed to satisfy constraint"):
        hosting.config(variant)


def test_the_configuration_is_described_as_it_was_given(hosting: Hosting) -> None:
    given = hosting.variant(hosting.model(), RoutingConfig={"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"})
    described = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=hosting.config(given))
    assert described["ProductionVariants"] == [given]


def test_two_variants_share_the_traffic_by_weight_and_can_be_named(hosting: Hosting) -> None:
    first, second = hosting.model(), hosting.model()
    config = hosting.config(
        hosting.variant(first, "a", InitialVariantWeight=1), hosting.variant(second, "b", InitialVariantWeight=0)
    )
    endpoint = hosting.endpoint(config)
    hosting.settled(endpoint)
    counted = Counter(_ask(hosting, endpoint)["InvokedProductionVariant"] for _ in range(20))
    assert counted == {"a": 20}
    assert _ask(hosting, endpoint, TargetVariant="b")["InvokedProductionVariant"] == "b"
    with pytest.raises(hosting.runtime.exceptions.ValidationError, match="Variant c not found"):
        _ask(hosting, endpoint, TargetVariant="c")
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "a", "DesiredWeight": 0},
            {"VariantName": "b", "DesiredWeight": 1, "DesiredInstanceCount": 5},
        ],
    )
    described = {variant["VariantName"]: variant for variant in hosting.settled(endpoint)["ProductionVariants"]}
    assert (described["a"]["CurrentWeight"], described["a"]["CurrentInstanceCount"]) == (0, 2)
    assert (described["b"]["CurrentWeight"], described["b"]["CurrentInstanceCount"]) == (1, 5)
    assert _ask(hosting, endpoint)["InvokedProductionVariant"] == "b"


@pytest.mark.parametrize(
    ("options", "count", "weight"),
    [
        ({}, 2, 1.0),
        ({"RetainAllVariantProperties": True}, 7, 0.5),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
            },
            7,
            1.0,
        ),
    ],
    ids=["reset", "retained", "weights-excluded"],
)
def test_an_update_keeps_or_resets_live_counts_and_weights(
    hosting: Hosting, options: dict[str, Any], count: int, weight: float
) -> None:
    endpoint = hosting.in_service()
    before = hosting.describe(endpoint)
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredWeight": 0.5, "DesiredInstanceCount": 7}],
    )
    hosting.settled(endpoint)
    config = hosting.config(hosting.variant(hosting.model()))
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **options)
    assert hosting.describe(endpoint)["EndpointStatus"] == "Updating"
    after = hosting.settled(endpoint)
    (variant,) = after["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (count, weight)
    assert after["EndpointConfigName"] == config != before["EndpointConfigName"]
    assert after["EndpointArn"] == before["EndpointArn"]


def test_an_update_that_fails_leaves_the_old_model_answering_without_a_failed_request(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    before = hosting.describe(endpoint)["EndpointConfigName"]
    failures: list[Exception] = []
    answered = 0
    over = threading.Event()

    def keep_asking() -> None:
        nonlocal answered
        while not over.is_set():
            try:
                assert _ask(hosting, endpoint)["Body"].read() == GOLDEN
                answered += 1
            except (ClientError, AssertionError) as error:
                failures.append(error)

    client = threading.Thread(target=keep_asking)
    client.start()
    try:
        for key in ("broken.tar.gz", "good.tar.gz"):
            config = hosting.config(hosting.variant(hosting.model(key)))
            hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
            after = hosting.settled(endpoint)
            assert after["EndpointStatus"] == "InService"
            assert after["EndpointConfigName"] == (before if key == "broken.tar.gz" else config)
        assert "FailureReason" not in after
    finally:
        over.set()
        client.join()
    assert failures == []
    assert answered > 0


def test_an_update_with_the_configuration_in_use_is_refused(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    config = hosting.describe(endpoint)["EndpointConfigName"]
    sentence = f'Cannot update endpoint with the currently in use endpoint configuration "{config}"'
    with pytest.raises(ClientError, match=sentence) as refused:
        hosting.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=config, RetainAllVariantProperties=True
        )
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert hosting.describe(endpoint)["EndpointStatus"] == "InService"


def test_a_change_of_an_endpoint_that_is_changing_is_refused(hosting: Hosting) -> None:
    config = hosting.config(hosting.variant(hosting.model()))
    endpoint = hosting.endpoint(config)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    hosting.settled(endpoint)


def test_a_deleted_endpoint_takes_its_model_server_along(hosting: Hosting, running: Running) -> None:
    endpoint = hosting.in_service()
    (server,) = running.servers()[endpoint]
    hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    eventually(lambda: endpoint not in running.servers())
    with pytest.raises(hosting.runtime.exceptions.ValidationError):
        _ask(hosting, endpoint)
    assert not (running.workspace.processes / f"{server['pid']}.json").exists()


def test_the_metrics_of_an_endpoint_reach_cloudwatch(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    for _ in range(3):
        _ask(hosting, endpoint)
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "main"}]
    now = hosting.describe(endpoint)["LastModifiedTime"]

    def invocations() -> float:
        points = hosting.cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=dimensions,
            StartTime=now.replace(year=now.year - 1),
            EndTime=now.replace(year=now.year + 1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in points)

    eventually(lambda: invocations() == 3)


def test_only_this_machine_is_served(running: Running) -> None:
    process = running.identity.process()
    assert process is not None
    listening = [found for found in process.net_connections() if found.status == "LISTEN"]
    assert {found.laddr.ip for found in listening} == {"127.0.0.1"}
    # The tests of a process share one embedded AWS: what others deployed to it listens too.
    status = running.status()
    deployed = [
        *(cluster["endpoint"] for cluster in status["clusters"]),
        *(balancer["address"] for balancer in status["load_balancers"]),
    ]
    ports = {int(address.rpartition(":")[2]) for address in deployed}
    assert {found.laddr.port for found in listening} == {running.workspace.port, *ports}
