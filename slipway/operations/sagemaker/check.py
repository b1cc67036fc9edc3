"""The deploy check: is what was deployed what is live, and does it answer as it should?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy
from slipway.operations.errors import ExitStatus
from slipway.operations.golden.answers import AskedVariant, Asking, Send, ask
from slipway.operations.golden.samples import Samples
from slipway.operations.sagemaker.endpoints import Endpoint, Variant
from slipway.operations.sagemaker.invocation import invoke
from slipway.operations.sagemaker.live_configuration import check_configuration
from slipway.operations.services import DeployedService


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """How to check.

    Attributes:
        wait_policy: How long to wait for deployments to settle.
        requests: How often each golden sample is sent.
        strict_latency: Whether a latency beyond the objective is a failure, and not a warning.
    """

    wait_policy: WaitPolicy
    requests: int
    strict_latency: bool


@dataclass(frozen=True, kw_only=True)
class CheckedVariant:
    """A variant, and how it answered."""

    variant: Variant
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

    service: DeployedService
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
    aws: Aws, service: DeployedService, samples: Samples, *, settings: CheckSettings, on_progress: ProgressCallback
) -> CheckedService:
    """Check one service.

    Its variants are asked only when what is live is what was deployed: the answers of another version say nothing.

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
    slow = tuple(_too_slow(service, variants))
    problems = tuple(problem for variant in variants for problem in variant.answers.problems)
    return CheckedService(
        service=service,
        config_name=live.endpoint.config_name,
        variants=variants,
        problems=problems + (slow if settings.strict_latency else ()),
        warnings=(() if settings.strict_latency else slow) + tuple(_forgotten(samples, live.endpoint)),
    )


class CheckResult(Protocol):
    """Anything that was checked."""

    @property
    def exit_status(self) -> ExitStatus:
        """What it alone would have the command exit with."""
        ...


def overall(checked: Sequence[CheckResult]) -> ExitStatus:
    """The exit status for several services: a failure tells more than a wait that was too long."""
    statuses = {service.exit_status for service in checked}
    return next((status for status in (ExitStatus.FAILED, ExitStatus.TIMED_OUT) if status in statuses), ExitStatus.GOOD)


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


def _too_slow(service: DeployedService, variants: tuple[CheckedVariant, ...]) -> Iterator[str]:
    promised = service.latency_p99_ms
    for checked in variants:
        latency = checked.answers.latency
        if promised is not None and latency is not None and latency.p99_ms > promised:
            yield (
                f"Variant {checked.variant.name}: 99 of 100 requests took up to {latency.p99_ms:.0f} ms from here,"
                f" network included, and the objective is {promised} ms for the model."
            )


def _forgotten(samples: Samples, endpoint: Endpoint) -> Iterator[str]:
    """Folders of samples that nobody was asked from."""
    names = {variant.name for variant in endpoint.variants}
    for folder in samples.by_variant:
        if folder not in names:
            yield f"samples/{folder}/ was not used: {endpoint.name} has no variant of that name."
