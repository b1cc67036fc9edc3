"""One service from its first deployment to its removal, in the order of this file."""

import json
import os
import shlex
import signal
import textwrap

import psutil
import pytest

from slipway.emulator.runner.backends.sagemaker import calls
from slipway.emulator.runner.deployment import exports
from tests.emulator.support import eventually
from tests.end_to_end.checkout import ENDPOINT, SERVICE, Checkout
from tests.local_environment import leave_only_sagemaker

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("end_to_end")]


@pytest.fixture(scope="module")
def whole(checkout: Checkout) -> str:
    """The environment as it is in the repository; what is deployed here is the part of it that is about SageMaker."""
    text = (checkout.folder / "environments" / "local.yaml").read_text()
    leave_only_sagemaker(checkout.folder / "environments")
    return text


@pytest.mark.usefixtures("whole")
def test_1_up_deploys_and_every_golden_sample_is_answered(checkout: Checkout) -> None:
    done = checkout.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ENDPOINT} is InService" in done.stdout
    assert checkout.describe()["EndpointStatus"] == "InService"
    assert {sample.content_type for sample in checkout.samples()} == {"application/json", "text/csv"}
    for sample in checkout.samples():
        assert checkout.ask(sample) == sample.response, sample.name
    _the_lines_it_shows_call_the_endpoint(checkout, done.stdout)


def _the_lines_it_shows_call_the_endpoint(checkout: Checkout, shown: str) -> None:
    sample = next(sample for sample in checkout.samples() if sample.name == "benign-patient.json")
    shell, python = calls(ENDPOINT, f"model_artifacts/{SERVICE}/samples/{sample.request_file}", sample.content_type)
    assert exports(checkout.workspace) in shown
    assert textwrap.indent(python, "  ") in shown
    assert textwrap.indent(shell, "  ") in shown
    program = f"{exports(checkout.workspace)}; {checkout.python} -c {shlex.quote(python)}"
    called = checkout.run("bash", "-c", program)
    assert called.returncode == 0, called.stderr
    assert json.loads(called.stdout) == json.loads(sample.response)


def test_2_a_demo_shows_both_backends_leaves_this_one_alone_and_nothing_behind(checkout: Checkout, whole: str) -> None:
    running = checkout.running()
    environment = checkout.folder / "environments" / "local.yaml"
    part = environment.read_text()
    environment.write_text(whole)
    done = checkout.local("demo")
    environment.write_text(part)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ENDPOINT} is InService" in done.stdout
    assert "the same bytes all the way" in done.stdout
    assert "exactly the answer that the model's golden sample expects" in done.stdout
    assert done.stdout.count("both backends answer as expected") == len(checkout.samples())
    assert all(
        title in done.stdout for title in ("Endpoints", "Pods", "Load balancers", "Scaling", "Alarms", "make up")
    )
    assert checkout.running() == running
    assert {path.name for path in checkout.workspace.folder.parent.iterdir()} == {"aws", "layers"}


def test_3_destroy_removes_everything(checkout: Checkout) -> None:
    running = checkout.running()
    assert running is not None
    (server,) = running.servers()[ENDPOINT]
    done = checkout.cdk("destroy", "local/*", "--force", "--context", "environments=local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert running.servers() == {}
    assert not psutil.pid_exists(server["pid"])
    assert checkout.names("Model") == checkout.names("EndpointConfig") == set()


def test_4_down_leaves_nothing_running(checkout: Checkout) -> None:
    running = checkout.running()
    assert running is not None
    process = psutil.Process(running.identity.pid)
    family = [process, *process.children(recursive=True)]
    done = checkout.local("down")
    assert done.returncode == 0
    assert not any(member.is_running() for member in family)
    assert not checkout.workspace.folder.exists()
    assert checkout.local("status").returncode == 3


def test_5_an_interrupted_up_leaves_nothing_half_done(checkout: Checkout) -> None:
    with checkout.started_up() as process:
        running = eventually(checkout.running)
        eventually((checkout.workspace.folder / "cdk.log").exists)  # the command line is at work by then
        os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does in a terminal
        assert process.wait(60) == 130
    assert running.identity.process() is None
    assert not checkout.workspace.folder.exists()
