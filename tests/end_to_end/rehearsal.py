"""An update of a service under load, and what was seen of it from all sides."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from typer.testing import Result

from slipway.operations.golden.samples import Sample
from tests.emulator.support import eventually
from tests.end_to_end.deployed_project import MODEL, DeployedProject
from tests.end_to_end.rated_load import RatedLoad, Request

CANARY: Final = 0.1
#: Requests a second …
PER_SECOND: Final = 30
#: … and where the alarm on the p99 is to have enough of the canary's to judge by: docs/rehearsal.md says how many.
FOR_PERCENTILES: Final = 100
#: Out of the way of a good model even on a machine that is overloaded with other programs.
GENEROUS_MS: Final = 10_000


@dataclasses.dataclass
class Rehearsed:
    """What one update came to.

    Attributes:
        failure: Why the deployment failed, None if it did not.
        before: What `DescribeEndpoint` said before it.
        after: What it says afterwards.
        load: What the client saw.
        afterwards: The requests that were sent after the update had ended.
        new: The endpoint configuration that was deployed, empty if it is gone.
    """

    failure: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    load: RatedLoad
    afterwards: list[Request]
    new: str


class Rehearsal:
    """A deployed service whose updates are tried out under load."""

    def __init__(self, project: DeployedProject) -> None:
        self.project = project
        self.onnx = project.model / "model" / "model.onnx"
        self.good = self.onnx.read_bytes()
        self.first = [sample for sample in project.samples() if sample.content_type == "application/json"]
        self.promise(GENEROUS_MS)
        outcome = project.deploy()
        assert outcome.failure is None, outcome.failure

    def promise(self, latency_p99_ms: int, *, canary: float = CANARY) -> None:
        """Override, in the environment, how the service rolls out and what it promises."""
        self.project.override(
            rollout={"strategy": "canary", "canary_percent": round(100 * canary), "bake_minutes": 5},
            objectives={"latency_p99_ms": latency_p99_ms, "availability": 99.9},
        )

    def update(self, *, per_second: int = PER_SECOND) -> Rehearsed:
        """Deploy what is in the project, while a client asks on."""
        assembly = self.project.synthesise()
        before = self.describe()
        load = RatedLoad(self.project.running.workspace, self.project.endpoint(), self.asked, per_second=per_second)
        with load.running():
            load.go_on_for(20)
            outcome = self.project.deploy(assembly)
            afterwards = load.go_on_for(100)
        return Rehearsed(outcome.failure, before, self.describe(), load, afterwards, self._configuration())

    @property
    def asked(self) -> list[Sample]:
        """One request in six is about a malignant patient."""
        single = {sample.name: sample for sample in self.first}
        return [*[single["benign-patient.json"]] * 5, single["malignant-patient.json"]]

    @contextmanager
    def model(self, content: bytes) -> Iterator[None]:
        """With another model in the project."""
        self.onnx.write_bytes(content)
        try:
            yield
        finally:
            self.onnx.write_bytes(self.good)

    def check(self) -> Result:
        """The deploy check."""
        return self.project.operations("check", MODEL, "--poll-seconds", "0.5", "--requests", "5")

    def ask(self, sample: Sample) -> bytes:
        """The endpoint's answer to a sample."""
        answer = self.project.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.project.endpoint(),
            ContentType=sample.content_type,
            Accept=sample.content_type,
            Body=sample.request,
        )
        return bytes(answer["Body"].read())

    def describe(self) -> dict[str, Any]:
        return dict(self.project.client("sagemaker").describe_endpoint(EndpointName=self.project.endpoint()))

    def names(self, kind: str) -> set[str]:
        """The names of every `Model` or `EndpointConfig` there is."""
        sagemaker = self.project.client("sagemaker")
        listed = sagemaker.list_models() if kind == "Model" else sagemaker.list_endpoint_configs()
        return {found[f"{kind}Name"] for found in listed[f"{kind}s"]}

    def measured(self, config: str, metric: str) -> int:
        """The sum of a metric of one fleet."""
        now = datetime.now(UTC)
        dimensions = {"EndpointName": self.project.endpoint(), "VariantName": "main", "EndpointConfigName": config}
        points = self.project.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return round(sum(float(point["Sum"]) for point in points))

    def canary_requests(self, seen: Rehearsed) -> int:
        """How many requests the new fleet got, once the metrics of all requests are there."""
        old = seen.before["EndpointConfigName"]

        def published() -> int | None:
            new = self.measured(seen.new, "Invocations")
            return new if self.measured(old, "Invocations") + new >= len(seen.load.requests) else None

        return eventually(published)

    def alarm(self, kind: str) -> dict[str, Any]:
        """A rollback alarm, as CloudWatch describes it."""
        found = self.project.client("cloudwatch").describe_alarms()["MetricAlarms"]
        (alarm,) = (a for a in found if "RollbackAlarms" in a["AlarmName"] and kind in a["AlarmName"])
        return dict(alarm)

    def stack_status(self) -> str:
        return str(self._stack()["StackStatus"])

    def _configuration(self) -> str:
        """The endpoint configuration that was deployed last."""
        outputs = {found["OutputKey"]: found["OutputValue"] for found in self._stack()["Outputs"]}
        return str(outputs["EndpointConfigName"])

    def _stack(self) -> dict[str, Any]:
        stacks = self.project.client("cloudformation").describe_stacks(StackName=self.project.stack())["Stacks"]
        return dict(stacks[0])
