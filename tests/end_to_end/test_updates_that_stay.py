"""A wrong model, which no alarm can see, and a good one, under load, in the order of this file. See docs/rehearsal.md.

Every request of the client is counted, and so is, by the metrics of the embedded AWS, which fleet it went to.
"""

import subprocess
import sys

import pytest

from tests.end_to_end.conftest import Deploy
from tests.end_to_end.deployed_project import MODEL
from tests.end_to_end.rehearsal import FOR_PERCENTILES, Rehearsal
from tests.end_to_end.rehearsed import tell
from tests.end_to_end.spoiled_models import wrong

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def rehearsal(project_of: Deploy) -> Rehearsal:
    return Rehearsal(project_of("stays", [MODEL]))


def test_4_wrong_answers_ring_no_alarm_and_fail_the_deploy_check(rehearsal: Rehearsal) -> None:
    with rehearsal.model(wrong(rehearsal.onnx)):
        seen = rehearsal.update()
    assert seen.failure is None, seen.failure
    assert seen.load.failed == []
    assert seen.after["EndpointConfigName"] == seen.new != seen.before["EndpointConfigName"]
    assert all(len(answers) == 2 for answers in seen.load.answers.values())
    check = rehearsal.check()
    assert check.exit_code == 1, check.output
    assert "predictions[0].label" in check.stdout
    tell("answers wrongly", seen, rehearsal.canary_requests(seen))


def test_5_a_good_model_takes_over_without_a_failed_request(rehearsal: Rehearsal) -> None:
    models = rehearsal.names("Model")
    train = [sys.executable, str(rehearsal.project.model / "train.py"), "--regularization", "50"]
    subprocess.run([*train, "--output", str(rehearsal.project.model)], check=True, capture_output=True)
    seen = rehearsal.update(per_second=FOR_PERCENTILES)
    assert seen.failure is None, seen.failure
    assert seen.load.failed == []
    assert all(len(answers) == 2 for answers in seen.load.answers.values()), "the old model's and the new one's"
    assert seen.after["EndpointArn"] == seen.before["EndpointArn"]
    assert seen.after["EndpointConfigName"] == seen.new != seen.before["EndpointConfigName"]
    assert rehearsal.names("EndpointConfig") == {seen.new}
    assert rehearsal.names("Model").isdisjoint(models)
    assert "FailureReason" not in seen.after
    assert (
        seen.after["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    )
    assert {rehearsal.alarm(kind)["StateValue"] for kind in ("ServerErrors", "Latency")} == {"OK"}
    for sample in rehearsal.project.samples():
        assert rehearsal.ask(sample) == sample.response
    check = rehearsal.check()
    assert check.exit_code == 0, check.output
    tell("is good", seen, rehearsal.canary_requests(seen))
