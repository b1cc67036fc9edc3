"""Asks every fleet of a cell its golden samples, and once without saying which: then any of them may answer."""

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
        fleets: How every fleet did, by name.
        by_weight: What was wrong with the answers to requests that named none, a sentence each.
    """

    fleets: Mapping[str, AskedVariant]
    by_weight: tuple[str, ...]


def ask_fleets(
    client: LoadBalancerClient,
    whom: str,
    fleets: Mapping[str, float | None],
    samples: Samples,
    *,
    requests: int,
    on_progress: ProgressCallback,
) -> SampleResults:
    """Ask every fleet by name, then all of them by weight.

    Args:
        client: The way to the load balancer.
        whom: The service and where it runs, for people.
        fleets: The fleets, each with its weight, None where that is not known.
        samples: The golden samples.
        requests: How often a fleet is sent each sample; without a name it is sent once.
        on_progress: Told what is being done.
    """
    answers = {
        fleet: ask(
            Asking(whom=whom, variant=fleet, kind="fleet", requests=requests, send=_sender(client, fleet)),
            samples.of(fleet),
            on_progress=on_progress,
        )
        for fleet in fleets
    }
    on_progress(f"asking {whom}, by weight")
    candidates = [fleet for fleet, weight in fleets.items() if weight is None or weight > 0]
    return SampleResults(fleets=answers, by_weight=tuple(_by_weight(client, candidates, samples)))


def _by_weight(client: LoadBalancerClient, fleets: Sequence[str], samples: Samples) -> Iterator[str]:
    send = _sender(client, None)
    names = {sample.name: sample for fleet in fleets for sample in samples.of(fleet)}
    for name, sample in sorted(names.items()):
        right = [own for fleet in fleets for own in samples.of(fleet) if _same_request(own, sample)]
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


def _sender(client: LoadBalancerClient, fleet: str | None) -> Send:
    return lambda sample: client.send(
        sample.request, content_type=sample.content_type, accept=sample.accept, fleet=fleet
    )
