"""A new version on EKS from its first pods to all of the traffic and back, in the order of this file.

Every step is a deployment by the CDK's command line of a checkout in which one value was changed, under load.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import pytest

from slipway.emulator.common.environment import client_environment
from slipway.emulator.runner.eks_services import EksService, eks_services, invoke
from slipway.emulator.runner.samples import Sample
from tests.end_to_end.checkout import Checkout

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("end_to_end")]

SERVICE: Final = "tumor-triage-eks"
_CLIENTS: Final = 4
#: Between two requests of a client, so that they load the service and not the machine.
_PAUSE_SECONDS: Final = 0.05
_BY_NAME: Final = "X-Amzn-SageMaker-Target-Variant"


class Callers:
    """Clients that ask through the load balancer again and again, and what they were told."""

    def __init__(self, checkout: Checkout, service: EksService, sample: Sample) -> None:
        self.answers: list[bytes] = []
        self.failures: list[str] = []
        self._checkout, self._service, self._sample = checkout, service, sample
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
                reply = invoke(self._checkout.workspace, self._service, self._sample.request, self._sample.content_type)
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
        deadline = time.monotonic() + 60
        while len(self.answers) < since + among and time.monotonic() < deadline:
            self._over.wait(0.05)
        found = self.answers[since : since + among]
        assert len(found) == among, f"{len(found)} answers in a minute"
        return found.count(answer) / among


class Service:
    """The service in the checkout, and the one value that is changed."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.sample = next(sample for sample in checkout.samples() if sample.path.name == "benign-patient.request.json")
        self._environment = checkout.folder / "environments" / "local.yaml"
        whole = self._environment.read_text()
        head, found, rest = whole.partition("  tumor-triage:\n")
        assert found
        self._text = head + rest[rest.index(f"  {SERVICE}:") :].rstrip("\n")

    def deploy(self, *overrides: str) -> None:
        lines = [self._text, *(f"    {line}" for line in overrides), ""]
        self._environment.write_text("\n".join(lines))
        done = self.checkout.up()
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def live(self) -> EksService:
        (service,) = eks_services(self.checkout.workspace)
        return service

    def answer(self, fleet: str) -> bytes:
        """What a fleet answers to a request that names it."""
        reply = invoke(
            self.checkout.workspace, self.live, self.sample.request, self.sample.content_type, headers={_BY_NAME: fleet}
        )
        assert reply.status_code == httpx.codes.OK, reply.text
        return reply.content

    def callers(self) -> Callers:
        return Callers(self.checkout, self.live, self.sample)


ROLLOUT = "rollout: {strategy: canary, canary_percent: 20, bake_minutes: 5}"


def candidate(step: int) -> tuple[str, str]:
    return ROLLOUT, f"candidate: {{model: {{path: next/}}, step: {step}}}"


def train_the_next(checkout: Checkout) -> None:
    """Another model beside the one that serves."""
    elsewhere = checkout.folder / "trained"
    options = ("--output", str(elsewhere), "--regularization", "50")
    trained = checkout.run(checkout.python, str(checkout.model / "train.py"), *options)
    assert trained.returncode == 0, trained.stderr
    (elsewhere / "model").rename(checkout.model / "next")


@pytest.fixture(scope="module")
def service(checkout: Checkout) -> Service:
    train_the_next(checkout)
    service = Service(checkout)
    service.deploy(*candidate(step=1))
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
    """A changed variable of the container rolls both fleets; the candidate still answers by name."""
    old, new = service.answer("main"), service.answer("candidate")
    callers = service.callers()
    with callers.calling():
        service.deploy(*candidate(step=0), "environment: {SERVING_LOG_LEVEL: warning}")
        assert callers.share_of(old, among=100) == 1
    assert callers.failures == []
    assert service.answer("candidate") == new


def test_3_the_deploy_check_tries_the_candidate_by_name_and_tells_that_it_answers_otherwise(
    checkout: Checkout, service: Service
) -> None:
    """The golden samples are those of the model that serves; the candidate was trained to another end."""
    assert service.answer("main") == service.sample.response
    check = (checkout.python, "-m", "slipway", "check", "local", SERVICE, "--timeout-minutes", "1")
    authority = ("--ca-file", str(checkout.workspace.certificate_authority), "--poll-seconds", "0.5", "--requests", "2")
    done = checkout.run(*check, *authority, environment=client_environment(checkout.workspace))
    assert done.returncode == 1, done.stdout + done.stderr
    found = [line for line in done.stdout.splitlines() if "candidate" in line and "benign-patient" in line]
    assert found, done.stdout + done.stderr
    assert not [line for line in done.stdout.splitlines() if "main" in line and "benign-patient" in line]


def test_4_destroy_leaves_nothing(checkout: Checkout) -> None:
    """EKS fact 10."""
    running = checkout.running()
    assert running is not None
    assert running.status()["clusters"]
    done = checkout.cdk("destroy", "local/*", "--force", "--context", "environments=local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (running.status()["clusters"], running.status()["load_balancers"]) == ([], [])
