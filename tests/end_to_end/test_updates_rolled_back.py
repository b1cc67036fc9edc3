"""Three updates that SageMaker takes back, under load, in the order of this file. See docs/rehearsal.md.

Every request of the client is counted, and so is, by the metrics of the embedded AWS, which fleet it went to.
"""

import math
from typing import Final

import pytest

from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployed_project import MODEL
from tests.end_to_end.rehearsal import CANARY, FOR_PERCENTILES, GENEROUS_MS, Rehearsal
from tests.end_to_end.rehearsed import is_rolled_back, is_still_the_old_one, tell
from tests.end_to_end.spoiled_models import failing, slow

pytestmark = pytest.mark.end_to_end

#: The objective that the slow model breaks, which takes twice as long.
_STRICT_MS: Final = 300


@pytest.fixture(scope="module")
def rehearsal(project_of: Deploy) -> Rehearsal:
    return Rehearsal(project_of("rolled-back", [MODEL]))


def _at_most_the_canary(count: int, requests: int) -> bool:
    """Whether so many of the requests may have been chosen with the canary's share: four standard deviations."""
    return count <= requests * CANARY + 4 * math.sqrt(requests * CANARY * (1 - CANARY))


def test_1_a_model_that_fails_its_ping_never_gets_a_request(rehearsal: Rehearsal) -> None:
    with rehearsal.model(b"this is no model"):
        seen = rehearsal.update()
    is_still_the_old_one(rehearsal, seen)
    assert seen.load.failed == []
    assert "did not pass the ping health check" in str(seen.failure)
    assert rehearsal.names("EndpointConfig") == {seen.before["EndpointConfigName"]}
    assert rehearsal.stack_status() == "UPDATE_ROLLBACK_COMPLETE"
    check = rehearsal.check()
    assert check.exit_code == 1, check.output
    assert "did not pass the ping health check" in check.stdout
    tell("fails its ping", seen, canary=0)


def test_2_a_model_that_answers_with_errors_is_rolled_back(rehearsal: Rehearsal) -> None:
    with rehearsal.model(failing(rehearsal.onnx)):
        seen = rehearsal.update()
    is_rolled_back(rehearsal, seen, "ServerErrors")
    assert f"while 10 % of the traffic went to {seen.new}" in seen.after["FailureReason"]
    canary = rehearsal.canary_requests(seen)
    # Every failed request is one that the new model answered with an error: the way back itself cost none.
    assert {request.status for request in seen.load.failed} == {500}
    assert len(seen.load.failed) == canary == rehearsal.measured(seen.new, "Invocation5XXErrors")
    first, last = seen.load.failed[0].sent, seen.load.failed[-1].sent
    meanwhile = [request for request in seen.load.requests if first <= request.sent <= last]
    assert _at_most_the_canary(canary - 2, len(meanwhile) - 2)  # the two at the ends are failures by construction
    tell("answers with 500", seen, canary)


def test_3_a_model_that_is_slow_is_rolled_back_and_no_request_fails(rehearsal: Rehearsal) -> None:
    malignant = next(s for s in rehearsal.project.samples() if s.name == "malignant-patient.csv")
    record = [[float(value) for value in malignant.request.decode().split(",")]]
    rehearsal.promise(_STRICT_MS, canary=0.5)
    with rehearsal.model(slow(rehearsal.onnx, 2 * _STRICT_MS, record)):
        seen = rehearsal.update(per_second=FOR_PERCENTILES)
    rehearsal.promise(GENEROUS_MS)
    is_rolled_back(rehearsal, seen, "Latency")
    assert seen.load.failed == []
    tell("is slow", seen, rehearsal.canary_requests(seen))
