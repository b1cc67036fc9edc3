"""The one deployment of `make test`: both backends come up, each answers, and nothing is left."""

import httpx
import pytest

from slipway.emulator.runner.backends.eks_services import eks_services, invoke
from tests.end_to_end.checkout import ENDPOINT, Checkout

pytestmark = pytest.mark.smoke


def test_both_backends_come_up_answer_and_go_away(checkout: Checkout) -> None:
    done = checkout.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ENDPOINT} is InService" in done.stdout
    sample = next(sample for sample in checkout.samples() if sample.name == "benign-patient.json")
    assert checkout.ask(sample) == sample.response
    (service,) = eks_services(checkout.workspace)
    reply = invoke(checkout.workspace, service, sample.request, sample.content_type)
    assert (reply.status_code, reply.content) == (httpx.codes.OK, sample.response)
    assert checkout.local("down").returncode == 0
    assert checkout.running() is None
    assert not checkout.workspace.folder.exists()
