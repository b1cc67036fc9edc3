"""What the answers to golden samples mean for a check: a latency beyond the objective, and samples that nobody used."""

from collections.abc import Container, Iterator, Mapping

from slipway.operations.golden.answers import AskedVariant
from slipway.operations.golden.samples import Samples


def too_slow(
    answers: Mapping[str, AskedVariant],
    promised_ms: int | None,
    *,
    path: str = "network included",
) -> Iterator[str]:
    """Which variants answer more slowly than the objective, a sentence each.

    Args:
        answers: How each variant answered, by name.
        promised_ms: The p99 that the service promises, None where it promises none.
        path: What else was measured with the model.
    """
    for name, found in answers.items():
        latency = found.latency
        if promised_ms is not None and latency is not None and latency.p99_ms > promised_ms:
            yield (
                f"Variant {name}: 99 of 100 requests took up to {latency.p99_ms:.0f} ms from here, {path},"
                f" and the objective is {promised_ms} ms for the model."
            )


def unused_folders(samples: Samples, variants: Container[str], *, of: str) -> Iterator[str]:
    """Which folders of samples are for a variant that does not exist, a sentence each.

    Args:
        samples: The samples.
        variants: The variants that exist.
        of: What has the variants, for people.
    """
    for folder in samples.by_variant:
        if folder not in variants:
            yield f"samples/{folder}/ was not used: {of} has no variant of that name."
