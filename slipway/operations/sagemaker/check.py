"""The deploy check: is what was deployed what is live, and does it answer as it should?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.waiting import ProgressCallback
from slipway.operations.check import CheckSettings
from slipway.operations.errors import ExitStatus
from slipway.operations.golden.answers import AskedVariant, Asking, Send, ask
from slipway.operations.golden.samples import Samples
from slipway.operations.golden.verdict import too_slow, unused_folders
from slipway.operations.sagemaker.endpoints import Endpoint, LiveVariant
from slipway.operations.sagemaker.invocation import invoke
from slipway.operations.sagemaker.live_configuration import check_configuration
from slipway.operations.sagemaker.service import DeployedSageMakerService


@dataclass(frozen=True, kw_only=True)
class CheckedVariant:
    """A variant, and how it answered."""

    variant: LiveVariant
    answers: AskedVariant


@dataclass(frozen=True, kw_only=True)
class CheckedService:
    """What the check of a service came to.

    Attributes:
        service: The service.
        config_name: The endpoint configuration that is live, None if that is not known.
        variants: Its variants with their answers; empty when they were not asked.
        problems: Why the check failed, a sentence each; empty when it did not.
        warnings: What is worth knowing, and no failure.
        timed_out: Whether it failed for want of time.
    """

    service: DeployedSageMakerService
    config_name: str | None = None
    variants: tuple[CheckedVariant, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    timed_out: bool = False

    @property
    def exit_status(self) -> ExitStatus:
        """What this service alone would have the command exit with."""
        if self.timed_out:
            return ExitStatus.TIMED_OUT
        return ExitStatus.FAILED if self.problems else ExitStatus.GOOD


def check_service(
    aws: Aws,
    service: DeployedSageMakerService,
    samples: Samples,
    *,
    settings: CheckSettings,
    on_progress: ProgressCallback,
) -> CheckedService:
    """Check one service.

    Its variants are asked only when what is live is what was deployed: answers of another version prove nothing.

    Args:
        aws: The clients.
        service: The service.
        samples: Its golden samples.
        settings: How to check.
        on_progress: Told what is being done.
    """
    live = check_configuration(aws, service, wait_policy=settings.wait_policy, on_progress=on_progress)
    if live.problems or live.endpoint is None:
        config_name = live.endpoint.config_name if live.endpoint else None
        return CheckedService(
            service=service, config_name=config_name, problems=live.problems, timed_out=live.timed_out
        )
    variants = tuple(_ask_variants(aws, live.endpoint, samples, settings, on_progress))
    answers = {checked.variant.name: checked.answers for checked in variants}
    slow = tuple(too_slow(answers, service.latency_p99_ms))
    unused = tuple(unused_folders(samples, answers, of=live.endpoint.name))
    problems = tuple(problem for variant in variants for problem in variant.answers.problems)
    return CheckedService(
        service=service,
        config_name=live.endpoint.config_name,
        variants=variants,
        problems=problems + (slow if settings.strict_latency else ()),
        warnings=(() if settings.strict_latency else slow) + unused,
    )


def _ask_variants(
    aws: Aws, endpoint: Endpoint, samples: Samples, settings: CheckSettings, on_progress: ProgressCallback
) -> Iterator[CheckedVariant]:
    only_one = len(endpoint.variants) == 1
    for variant in endpoint.variants:
        asking = Asking(
            whom=endpoint.name,
            variant=variant.name,
            requests=settings.requests,
            send=_sender(aws, endpoint.name, None if only_one else variant.name),
        )
        yield CheckedVariant(variant=variant, answers=ask(asking, samples.of(variant.name), on_progress=on_progress))


def _sender(aws: Aws, endpoint_name: str, variant: str | None) -> Send:
    return lambda sample: invoke(
        aws,
        endpoint_name,
        sample.request,
        content_type=sample.content_type,
        accept=sample.accept,
        variant=variant,
    )
