"""Where the two backends part: which cells are looked at, and where a single request goes."""

import io
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from slipway.operations.aws.waiting import WaitPolicy
from slipway.operations.backend import Request, Tools
from slipway.operations.check import CheckSettings, overall
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.errors import ExitStatus
from slipway.operations.golden.answers import InvocationError
from slipway.operations.golden.samples import Sample, Samples
from slipway.operations.registry import backend_of
from tests.operations.eks import live
from tests.operations.eks.https_stand_in import HOST, Answer, SampleResults, https
from tests.operations.eks.pods import rolled_out
from tests.operations.stubbed import STACK, Stubbed

ANSWER = b"malignant\n"


@pytest.fixture
def on_eks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeployedEksService:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return DeployedEksService(environment="dev", name="tumor-triage", latency_p99_ms=None, samples=tmp_path)


def answer(_: SampleResults) -> Answer:
    return 200, {"Content-Type": "text/csv"}, ANSWER


def request(variant: str | None = None) -> Request:
    return Request(body=b"1,2", content_type="text/csv", accept=None, variant=variant)


def test_a_single_request_goes_to_the_first_cell_with_traffic(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    drained = replace(on_eks, cells=2, drained_cells=frozenset({1}))
    with https(answer, HOST) as balancer:
        live.stack(stubbed, live.outputs(balancer.port), name=f"{STACK}-2")
        trusted = ssl.create_default_context(cadata=balancer.authority)
        assert backend_of("eks").invoke(stubbed.aws, drained, request("main"), trusted=trusted).body == ANSWER
    assert len(balancer.asked) == 1


def test_a_single_request_to_a_variant_that_is_not_there(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    live.stack(stubbed, live.outputs(443, "main", "candidate"))
    with pytest.raises(InvocationError, match=r"has no variant canary; it has main, candidate\.$"):
        backend_of("eks").invoke(stubbed.aws, on_eks, request("canary"), trusted=ssl.create_default_context())


def test_every_cell_is_checked_and_nothing_is_baked_without_a_candidate(
    stubbed: Stubbed, on_eks: DeployedEksService
) -> None:
    two = replace(on_eks, cells=2, bake_s=60)
    samples = Samples(
        shared=(Sample(name="a.csv", content_type="text/csv", request=b"1", accept="text/csv", response=ANSWER),)
    )
    printed = Console(file=io.StringIO(), width=160, record=True)
    with https(rolled_out(), "127.0.0.1") as api, https(answer, HOST) as balancer:
        for name in (STACK, f"{STACK}-2"):
            live.stack(stubbed, live.outputs(balancer.port), name=name)
            live.cluster(stubbed, api)
            live.targets(stubbed, "main", "healthy", "healthy")
            live.weights(stubbed, main=1)
        tools = Tools(
            aws=stubbed.aws,
            settings=CheckSettings(wait_policy=WaitPolicy.of(0, poll_s=1), requests=1, strict_latency=False),
            trusted=ssl.create_default_context(cadata=balancer.authority),
            console=printed,
            progress=Console(file=io.StringIO()),
        )
        checked = backend_of("eks").check(two, samples, tools, bake=True)
    assert overall(checked) == ExitStatus.GOOD
    text = printed.export_text()
    for part in ("dev-tumor-triage in cell 1 has rolled out", "in cell 2 has rolled out", "there is nothing to bake."):
        assert part in text
