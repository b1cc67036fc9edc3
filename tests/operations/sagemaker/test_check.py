import dataclasses
import io
from collections.abc import Iterable

import pytest
from botocore.response import StreamingBody
from rich.console import Console

from slipway.operations.aws.waiting import WaitPolicy
from slipway.operations.check import CheckSettings, overall
from slipway.operations.errors import ExitStatus
from slipway.operations.golden.latency import Latency
from slipway.operations.golden.samples import Sample, Samples
from slipway.operations.sagemaker.check import CheckedService, check_service
from slipway.operations.sagemaker.reports import print_checked
from slipway.operations.sagemaker.service import DeployedSageMakerService
from tests.operations.stubbed import ENDPOINT, Stubbed, live_variant

RIGHT, WRONG = b"malignant,0.15608263,0.84391737\n", b"benign,0.15608263,0.84391737\n"


def sample(name: str = "patient.csv", response: bytes = RIGHT) -> Sample:
    return Sample(name=name, content_type="text/csv", request=name.encode(), accept="text/csv", response=response)


def check(
    stubbed: Stubbed,
    service: DeployedSageMakerService,
    samples: Samples | None = None,
    *,
    requests: int = 2,
    strict_latency: bool = False,
) -> CheckedService:
    settings = CheckSettings(wait_policy=WaitPolicy.of(0, poll_s=15), requests=requests, strict_latency=strict_latency)
    samples = samples or Samples(shared=(sample(),))
    return check_service(stubbed.aws, service, samples, settings=settings, on_progress=lambda _: None)


def answers(stubbed: Stubbed, bodies: Iterable[bytes], *, variant: str = "main", target: bool = False) -> None:
    """What the endpoint answers, in turn, to requests that name the variant or do not."""
    for body in bodies:
        stubbed.stubs["runtime"].add_response(
            "invoke_endpoint",
            {
                "Body": StreamingBody(io.BytesIO(body), len(body)),
                "ContentType": "text/csv",
                "InvokedProductionVariant": variant,
            },
            {
                "EndpointName": ENDPOINT,
                "Body": b"patient.csv",
                "ContentType": "text/csv",
                "Accept": "text/csv",
                **({"TargetVariant": variant} if target else {}),
            },
        )


def printed(checked: CheckedService) -> str:
    console = Console(width=140, record=True, file=io.StringIO())
    print_checked(console, checked)
    return console.export_text()


def test_a_service_that_answers_as_it_should(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint()
    answers(stubbed, [RIGHT] * 4)  # one that is not counted, then three
    checked = check(stubbed, service, requests=3)
    assert checked.exit_status == ExitStatus.GOOD
    (variant,) = checked.variants
    assert (variant.answers.samples, variant.answers.as_expected) == (1, 1)
    assert variant.answers.latency is not None
    assert len(variant.answers.latency.milliseconds) == 3
    assert "✓ dev-tumor-triage runs what was deployed (config-new) and answers every golden sample" in printed(checked)


def test_a_wrong_answer_fails_and_says_where(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint()
    answers(stubbed, [WRONG] * 2)  # and no third: what went wrong is not repeated
    checked = check(stubbed, service)
    assert checked.exit_status == ExitStatus.FAILED
    assert checked.problems == ("Variant main, sample patient.csv: row 1, column 1: expected malignant, got benign.",)
    assert "0 of 1" in printed(checked)


def test_one_wrong_answer_among_right_ones_fails(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint()
    answers(stubbed, [RIGHT, RIGHT, RIGHT, WRONG])
    assert check(stubbed, service, requests=5).exit_status == ExitStatus.FAILED


def test_an_error_fails_and_the_other_samples_are_still_sent(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    stubbed.stack()
    stubbed.endpoint()
    stubbed.refuse("runtime", "invoke_endpoint", "ModelError", "…", OriginalStatusCode=500, OriginalMessage="Ouch")
    answers(stubbed, [RIGHT])
    checked = check(stubbed, service, Samples(shared=(sample("a"), sample())), requests=1)
    assert checked.problems == (f"Variant main, sample a: The model of {ENDPOINT} answered 500: Ouch",)
    assert checked.variants[0].answers.as_expected == 1


def test_every_variant_is_asked_by_name_and_with_its_own_samples(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    stubbed.stack()
    stubbed.endpoint(ProductionVariants=[live_variant(), live_variant("challenger", weight=0)])
    answers(stubbed, [RIGHT] * 2, target=True)
    answers(stubbed, [WRONG] * 2, target=True, variant="challenger")
    samples = Samples(shared=(sample(),), by_variant={"challenger": (sample(response=WRONG),)})
    assert check(stubbed, service, samples, requests=1).problems == ()


def test_another_variant_than_the_one_asked_is_a_failure(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint()
    answers(stubbed, [RIGHT] * 2, variant="other")
    assert check(stubbed, service).problems == ("Variant main, sample patient.csv: the variant other answered.",)


def test_samples_of_a_variant_that_is_not_there_are_told_of(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    stubbed.stack()
    stubbed.endpoint()
    answers(stubbed, [RIGHT] * 2)
    checked = check(stubbed, service, Samples(shared=(sample(),), by_variant={"mian": ()}), requests=1)
    assert checked.exit_status == ExitStatus.GOOD
    assert checked.warnings == (f"samples/mian/ was not used: {ENDPOINT} has no variant of that name.",)


@pytest.mark.parametrize("strict", [False, True])
def test_a_latency_beyond_the_objective(
    stubbed: Stubbed, service: DeployedSageMakerService, monkeypatch: pytest.MonkeyPatch, *, strict: bool
) -> None:
    monkeypatch.setattr(Latency, "p99_ms", 123.4)
    stubbed.stack()
    stubbed.endpoint()
    answers(stubbed, [RIGHT] * 2)
    checked = check(stubbed, service, requests=1, strict_latency=strict)
    sentence = (
        "Variant main: 99 of 100 requests took up to 123 ms from here, network included, and the objective is"
        " 100 ms for the model."
    )
    assert checked.exit_status == (ExitStatus.FAILED if strict else ExitStatus.GOOD)
    assert checked.problems == ((sentence,) if strict else ())
    assert checked.warnings == (() if strict else (sentence,))


def test_without_an_objective_no_latency_is_too_long(
    stubbed: Stubbed, service: DeployedSageMakerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Latency, "p99_ms", 1e9)
    stubbed.stack()
    stubbed.endpoint()
    answers(stubbed, [RIGHT] * 2)
    unpromised = dataclasses.replace(service, latency_p99_ms=None)
    checked = check(stubbed, unpromised, requests=1, strict_latency=True)
    assert checked.exit_status == ExitStatus.GOOD
    assert "none" in printed(checked)


def test_what_is_not_what_was_deployed_is_not_asked(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint("Failed", FailureReason="No capacity")
    checked = check(stubbed, service)
    assert checked.exit_status == ExitStatus.FAILED
    assert checked.variants == ()
    assert "✗ The check of dev-tumor-triage failed." in printed(checked)


def test_the_exit_status_of_several_services(service: DeployedSageMakerService) -> None:
    good = CheckedService(service=service)
    late = CheckedService(service=service, problems=("…",), timed_out=True)
    bad = CheckedService(service=service, problems=("…",))
    assert overall([good, good]) == ExitStatus.GOOD
    assert overall([good, late]) == ExitStatus.TIMED_OUT
    assert overall([late, bad, good]) == ExitStatus.FAILED
    assert "✗ The check of dev-tumor-triage ran out of time." in printed(late)
