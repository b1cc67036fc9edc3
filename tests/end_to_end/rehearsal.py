"""An update of a service under load, and what was seen of it from all sides."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from slipway.emulator.common.environment import client, client_environment
from slipway.emulator.runner.samples import Sample
from tests.emulator.support import eventually
from tests.end_to_end.checkout import ENDPOINT, Checkout
from tests.end_to_end.rated_load import RatedLoad, Request
from tests.local_environment import leave_only_sagemaker

CANARY: Final = 0.1
#: Requests a second …
PER_SECOND: Final = 30
#: … and where the alarm on the p99 is to have enough of the canary's to judge by: docs/rehearsal.md says how many.
FOR_PERCENTILES: Final = 100
_STACK: Final = "slipway-local-service-tumor-triage"


@dataclasses.dataclass
class Rehearsed:
    """What one update came to.

    Attributes:
        exit_status: That of `slipway up`.
        said: What that printed.
        before: What `DescribeEndpoint` said before it.
        after: What it says afterwards.
        load: What the client saw.
        afterwards: The requests that were sent after the update had ended.
        new: The endpoint configuration that was deployed, empty if it is gone.
    """

    exit_status: int
    said: str
    before: dict[str, Any]
    after: dict[str, Any]
    load: RatedLoad
    afterwards: list[Request]
    new: str


class Rehearsal:
    """A checkout whose updates are tried out under load."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.onnx = checkout.model / "model" / "model.onnx"
        self.good = self.onnx.read_bytes()
        self.first = [sample for sample in checkout.samples() if sample.path.suffix == ".json"]
        self._cloudwatch = client("cloudwatch", checkout.workspace)
        leave_only_sagemaker(checkout.folder / "environments")
        self._environment = checkout.folder / "environments" / "local.yaml"
        self._as_it_was = self._environment.read_text().rstrip("\n")

    def promise(self, latency_p99_ms: int) -> None:
        """Override, in the environment, how the service rolls out and what it promises."""
        overrides = (
            f"rollout: {{strategy: canary, canary_percent: {100 * CANARY:g}, bake_minutes: 5}}",
            f"objectives: {{latency_p99_ms: {latency_p99_ms}, availability: 99.9}}",
        )
        self._environment.write_text("\n".join([self._as_it_was, *(f"    {line}" for line in overrides), ""]))

    def update(self, *, per_second: int = PER_SECOND) -> Rehearsed:
        """Deploy what is in the checkout, while a client asks on."""
        before = self.checkout.describe()
        load = RatedLoad(self.checkout.workspace, self.asked, per_second=per_second)
        with load.running():
            load.go_on_for(20)
            done = self.checkout.up()
            afterwards = load.go_on_for(100)
        outputs = client("cloudformation", self.checkout.workspace).describe_stacks(StackName=_STACK)["Stacks"][0]
        new = {found["OutputKey"]: found["OutputValue"] for found in outputs["Outputs"]}["EndpointConfigName"]
        after = self.checkout.describe()
        return Rehearsed(done.returncode, done.stdout + done.stderr, before, after, load, afterwards, new)

    @property
    def asked(self) -> list[Sample]:
        """One request in six is about a malignant patient."""
        single = {sample.name: sample for sample in self.first}
        return [*[single["benign-patient"]] * 5, single["malignant-patient"]]

    @contextmanager
    def model(self, content: bytes) -> Iterator[None]:
        """With another model in the checkout."""
        self.onnx.write_bytes(content)
        try:
            yield
        finally:
            self.onnx.write_bytes(self.good)

    def check(self) -> tuple[int, str]:
        """Exit status and words of the deploy check."""
        options = ("--timeout-minutes", "1", "--poll-seconds", "0.5", "--requests", "5")
        command = (self.checkout.python, "-m", "slipway", "check", "local", "tumor-triage", *options)
        done = self.checkout.run(*command, environment=client_environment(self.checkout.workspace))
        return done.returncode, done.stdout + done.stderr

    def measured(self, config: str, metric: str) -> int:
        """The sum of a metric of one fleet."""
        now = datetime.now(UTC)
        dimensions = {"EndpointName": ENDPOINT, "VariantName": "main", "EndpointConfigName": config}
        points = self._cloudwatch.get_metric_statistics(
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
        found = self._cloudwatch.describe_alarms()["MetricAlarms"]
        (alarm,) = (a for a in found if "RollbackAlarms" in a["AlarmName"] and kind in a["AlarmName"])
        return dict(alarm)

    def stack_status(self) -> str:
        stacks = client("cloudformation", self.checkout.workspace).describe_stacks(StackName=_STACK)["Stacks"]
        return str(stacks[0]["StackStatus"])
