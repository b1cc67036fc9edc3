"""Asks every variant of a cell its golden samples, and once without saying which: then any of them may answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slipway.operations.aws.waiting import ProgressCallback
from slipway.operations.eks.load_balancer_client import LoadBalancerClient
from slipway.operations.golden.answers import AskedVariant, Asking, InvocationError, Send, ask, wrong_with
from slipway.operations.golden.samples import Sample, Samples


@dataclass(frozen=True, kw_only=True)
class SampleResults:
    """How a cell answered.

    Attributes:
        variants: How every variant did, by name.
        by_weight: What was wrong with the answers to requests that named none, a sentence each.
    """

    variants: Mapping[str, AskedVariant]
    by_weight: tuple[str, ...]


def ask_variants(
    client: LoadBalancerClient,
    whom: str,
    variants: Mapping[str, float | None],
    samples: Samples,
    *,
    requests: int,
    on_progress: ProgressCallback,
) -> SampleResults:
    """Ask every variant by name, then all of them by weight.

    Args:
        client: The way to the load balancer.
        whom: The service and where it runs, for people.
        variants: The variants, each with its weight, None where that is not known.
        samples: The golden samples.
        requests: How often a variant is sent each sample; without a name it is sent once.
        on_progress: Told what is being done.
    """
    answers = {
        variant: ask(
            Asking(whom=whom, variant=variant, requests=requests, send=_sender(client, variant)),
            samples.of(variant),
            on_progress=on_progress,
        )
        for variant in variants
    }
    on_progress(f"asking {whom}, by weight")
    candidates = [variant for variant, weight in variants.items() if weight is None or weight > 0]
    return SampleResults(variants=answers, by_weight=tuple(_by_weight(client, candidates, samples)))


def _by_weight(client: LoadBalancerClient, variants: Sequence[str], samples: Samples) -> Iterator[str]:
    send = _sender(client, None)
    names = {sample.name: sample for variant in variants for sample in samples.of(variant)}
    for name, sample in sorted(names.items()):
        right = [own for variant in variants for own in samples.of(variant) if _same_request(own, sample)]
        try:
            answer = send(sample)
        except InvocationError as error:
            yield f"By weight, sample {name}: {error}"
            continue
        wrong = [wrong_with(own, answer) for own in right]
        if all(wrong):
            yield f"By weight, sample {name}: {wrong[0]}"


def _same_request(one: Sample, other: Sample) -> bool:
    return (one.name, one.request, one.accept) == (other.name, other.request, other.accept)


def _sender(client: LoadBalancerClient, variant: str | None) -> Send:
    return lambda sample: client.send(
        sample.request, content_type=sample.content_type, accept=sample.accept, variant=variant
    )
