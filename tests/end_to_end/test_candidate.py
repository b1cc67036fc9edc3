"""A new version on EKS from its first pods to all of the traffic and back, in the order of this file.

Every step is a deployment by the CDK's command line of a project in which one value was changed, under load.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.backends.eks_services import EksService, eks_services, invoke
from slipway.operations.golden.samples import Sample
from tests.emulator.support import eventually
from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployed_project import DeployedProject, Outcome
from tests.end_to_end.evaluated_alarms import EvaluatedAlarms
from tests.end_to_end.spoiled_models import failing, slow

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("end_to_end")]

SERVICE: Final = "tumor-triage-eks"
_CLIENTS: Final = 4
#: Between two requests of a client, so that they load the service and not the machine.
_PAUSE_SECONDS: Final = 0.05
ROLLOUT: Final = {"strategy": "canary", "canary_percent": 20, "bake_minutes": 5}
#: Out of the way of a good model even on a machine that is overloaded with other programs.
GENEROUS: Final = {"latency_p99_ms": 10_000, "availability": 99.9}
#: The objective that the slow model breaks, which takes twice as long; long enough a bake to see it.
STRICT_MS: Final = 300
QUIET: Final = {"SERVING_LOG_LEVEL": "warning"}
PATIENT: Final = {"strategy": "canary", "canary_percent": 20, "bake_minutes": 20}
_BY_NAME: Final = "X-Amzn-SageMaker-Target-Variant"


class Callers:
    """Clients that ask through the load balancer again and again, and what they were told."""

    def __init__(self, workspace: Workspace, service: EksService, sample: Sample) -> None:
        self.answers: list[bytes] = []
        self.failures: list[str] = []
        self._workspace, self._service, self._sample = workspace, service, sample
        self._over = threading.Event()

    @contextmanager
    def calling(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._call_on) for _ in range(_CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _call_on(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            try:
                reply = invoke(self._workspace, self._service, self._sample.request, self._sample.content_type)
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
                continue
            if reply.status_code == httpx.codes.OK:
                self.answers.append(reply.content)
            else:
                self.failures.append(f"{reply.status_code} {reply.text}")

    def share_of(self, answer: bytes, *, among: int) -> float:
        """The share of an answer among so many from now on."""
        since = len(self.answers)
        eventually(lambda: len(self.answers) >= since + among)
        found = self.answers[since : since + among]
        return found.count(answer) / among


class Service:
    """The service in its project, and the one value that is changed."""

    def __init__(self, project: DeployedProject) -> None:
        self.project = project
        self.sample = next(sample for sample in project.samples() if sample.name == "benign-patient.json")
        self.malignant = next(sample for sample in project.samples() if sample.name == "malignant-patient.csv")

    def deploy(self, **overrides: Any) -> None:
        outcome = self._deploy({"rollout": ROLLOUT, "objectives": GENEROUS} | overrides)
        assert outcome.failure is None, outcome.failure

    def deploy_what_is_taken_back(self, alarm: str, **overrides: Any) -> str:
        """Deploy while alarms are evaluated; the reason why the stack rolled back."""
        alarms = EvaluatedAlarms(self.project.client("cloudwatch"), SERVICE)
        with alarms.evaluated():
            outcome = self._deploy({"rollout": PATIENT, "objectives": GENEROUS, "environment": QUIET} | overrides)
        assert outcome.failure is not None
        assert [name for name in alarms.rang if f"/{alarm}/" in name]
        stacks = self.project.client("cloudformation").describe_stacks(StackName=self.project.stack(SERVICE))["Stacks"]
        assert stacks[0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        return outcome.failure

    def _deploy(self, overrides: dict[str, Any]) -> Outcome:
        self.project.override(SERVICE, **overrides)
        return self.project.deploy()

    @property
    def live(self) -> EksService:
        (service,) = eks_services(self.project.running.workspace)
        return service

    def answer(self, variant: str) -> bytes:
        """What a variant answers to a request that names it."""
        workspace, sample = self.project.running.workspace, self.sample
        reply = invoke(workspace, self.live, sample.request, sample.content_type, headers={_BY_NAME: variant})
        assert reply.status_code == httpx.codes.OK, reply.text
        return reply.content

    def callers(self, sample: Sample | None = None) -> Callers:
        return Callers(self.project.running.workspace, self.live, sample or self.sample)


def candidate(step: int) -> dict[str, Any]:
    return {"model": {"path": "next/"}, "step": step}


def train_the_next(model: Path) -> None:
    """Another model beside the one that serves."""
    elsewhere = model / "trained"
    command = [sys.executable, str(model / "train.py"), "--output", str(elsewhere), "--regularization", "50"]
    subprocess.run(command, check=True, capture_output=True)
    (elsewhere / "model").rename(model / "next")


@pytest.fixture(scope="module")
def service(project_of: Deploy) -> Service:
    service = Service(project_of("candidate", [SERVICE]))
    train_the_next(service.project.model)
    service.deploy(candidate=candidate(step=1))
    return service


def test_1_a_candidate_has_its_share_of_the_traffic(service: Service) -> None:
    old, new = service.answer("main"), service.answer("candidate")
    callers = service.callers()
    with callers.calling():
        share = callers.share_of(new, among=400)
    assert 0.1 < share < 0.3, "20 of 100, by chance somewhat more or less"
    assert old == service.sample.response != new
    assert set(callers.answers) == {old, new}
    assert callers.failures == []


def test_2_one_value_takes_it_back_while_every_pod_is_replaced(service: Service) -> None:
    """A changed variable of the container rolls both variants; the candidate still answers by name."""
    old, new = service.answer("main"), service.answer("candidate")
    callers = service.callers()
    with callers.calling():
        service.deploy(candidate=candidate(step=0), environment=QUIET)
        assert callers.share_of(old, among=100) == 1
    assert callers.failures == []
    assert service.answer("candidate") == new


def test_3_the_deploy_check_tries_the_candidate_by_name_and_tells_that_it_answers_otherwise(service: Service) -> None:
    """The golden samples are those of the model that serves; the candidate was trained to another end."""
    assert service.answer("main") == service.sample.response
    authority = ("--ca-file", str(service.project.running.workspace.certificate_authority))
    done = service.project.operations("check", SERVICE, *authority, "--poll-seconds", "0.5", "--requests", "2")
    assert done.exit_code == 1, done.output
    found = [line for line in done.stdout.splitlines() if "candidate" in line and "benign-patient" in line]
    assert found, done.output
    assert not [line for line in done.stdout.splitlines() if "main" in line and "benign-patient" in line]


def test_4_a_candidate_that_answers_with_errors_loses_its_pods_and_its_traffic_again(service: Service) -> None:
    """Nobody does anything: the stack fails while the step bakes, and goes back to the weights and pods of before."""
    graph = service.project.model / "next" / "model.onnx"
    good, before = graph.read_bytes(), service.answer("candidate")
    callers = service.callers()
    graph.write_bytes(failing(graph))
    with callers.calling():
        failure = service.deploy_what_is_taken_back("ServerErrors", candidate=candidate(step=1))
        since = len(callers.failures)
        assert callers.share_of(service.sample.response, among=100) == 1
    graph.write_bytes(good)
    assert "is taken back" in failure
    assert 0 < since == len(callers.failures), "none once the stack is back"
    assert {failed.split()[0] for failed in callers.failures} == {"500"}
    assert len(callers.failures) < 0.4 * (len(callers.answers) + len(callers.failures)), "the canary's share"
    assert service.answer("candidate") == before


def test_5_a_slow_version_of_what_serves_is_replaced_by_the_one_before(service: Service) -> None:
    graph = service.project.model / "model" / "model.onnx"
    good = graph.read_bytes()
    record = [[float(value) for value in service.malignant.request.decode().split(",")]]
    graph.write_bytes(slow(graph, 2 * STRICT_MS, record))
    callers = service.callers(service.malignant)
    strict = GENEROUS | {"latency_p99_ms": STRICT_MS}
    with callers.calling():
        failure = service.deploy_what_is_taken_back("HighLatency", objectives=strict, candidate=candidate(step=0))
    graph.write_bytes(good)
    assert f"The rollout of the Deployment {SERVICE}/main is taken back" in failure
    assert callers.failures == []
    assert service.answer("main") == service.sample.response


def test_6_destroy_leaves_nothing(service: Service) -> None:
    """EKS fact 10."""
    running = service.project.running
    assert running.status()["clusters"]
    service.project.destroy(service.project.assembly)
    assert (running.status()["clusters"], running.status()["load_balancers"]) == ([], [])
