"""What the commands print of services on EKS: tables, and sentences below them."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway.operations.console import print_sentences, table_of
from slipway.operations.eks.bake import BakeResult
from slipway.operations.eks.check import CheckedCell, CheckedPodVariant
from slipway.operations.eks.status import CellStatus, PodVariantStatus


def print_checked(console: Console, checked: CheckedCell) -> None:
    """The outcome of the deploy check of a service in a cell."""
    if checked.variants:
        console.print(_answers(checked))
    print_sentences(console, checked.warnings, mark="!", style="yellow")
    print_sentences(console, checked.problems, mark="✗", style="red")
    if checked.timed_out:
        conclusion = f"The check of {checked.name} ran out of time."
    elif checked.problems:
        conclusion = f"The check of {checked.name} failed."
    elif checked.service.authenticated:
        conclusion = f"{checked.name} has rolled out and gets requests."
    else:
        conclusion = f"{checked.name} has rolled out, gets requests, and answers every golden sample as expected."
    bad = bool(checked.problems)
    print_sentences(console, [conclusion], mark="✗" if bad else "✓", style="red" if bad else "green")


def print_baked(console: Console, baked: BakeResult) -> None:
    """The outcome of watching a service's alarms."""
    name = baked.service.full_name
    print_sentences(console, baked.problems, mark="✗", style="red")
    if not baked.candidate:
        print_sentences(console, [f"{name} has no candidate, so there is nothing to bake."], mark="·", style="dim")
    elif baked.problems:
        print_sentences(console, [f"The candidate of {name} must not go on."], mark="✗", style="red")
    else:
        quiet = f"None of the {baked.alarms} alarms of {name} went off in {baked.seconds / 60:g} minutes"
        said = f"{quiet}: the candidate can take more traffic."
        print_sentences(console, [said], mark="✓", style="green")


def print_status(console: Console, statuses: Iterable[CellStatus]) -> None:
    """What runs on EKS in an environment, a row per variant."""
    table = table_of("service", "stack", "variant", "pods", "weight", "model", "image", "healthy targets", "alarms")
    notes: list[str] = []
    for status in statuses:
        for row in _rows(status):
            table.add_row(*row)
        table.add_section()
        notes += [f"{status.name}: {note}" for note in (*status.notes, *map(str, status.ringing))]
    console.print(table)
    print_sentences(console, notes, mark="!", style="yellow")


def _rows(status: CellStatus) -> Iterator[tuple[str, ...]]:
    if status.stack is None:
        yield status.name, "[yellow]not deployed[/]"
        return
    head = (status.name, f"[{'green' if status.stack.good else 'red'}]{status.stack.status}[/]")
    alarms = f"[red]{len(status.ringing)} of {status.alarms} in ALARM[/]" if status.ringing else f"{status.alarms} OK"
    for number, variant in enumerate(status.variants):
        first = number == 0
        yield (*(head if first else ("", "")), *_cells(variant), alarms if first else "")
    if not status.variants:
        yield (*head, "", "", "", "", "", "", alarms)


def _cells(variant: PodVariantStatus) -> tuple[str, ...]:
    weight = "none" if variant.weight is None else f"{variant.weight:g}"
    targets = (
        f"{variant.targets.healthy} of {variant.targets.registered}" if variant.targets else "[red]no target group[/]"
    )
    return escape(variant.name), variant.pods, weight, escape(variant.model), escape(variant.image), targets


def _answers(checked: CheckedCell) -> Table:
    table = table_of(
        "variant", "pods", "targets", "weight", "samples as expected", "requests", "p50", "p99", "objective"
    )
    cluster = f" on {checked.cell.cluster_name}" if checked.cell else ""
    table.title = escape(f"{checked.name}{cluster}")
    for variant in checked.variants:
        table.add_row(*_answer(variant, checked.service.latency_p99_ms))
    return table


def _answer(variant: CheckedPodVariant, promised: int | None) -> tuple[str, ...]:
    answers, latency, deployment = variant.answers, variant.answers.latency, variant.rollout.deployment
    style = "green" if answers.as_expected == answers.samples else "red"
    return (
        escape(variant.rollout.variant),
        str(deployment.status.available_replicas if deployment else 0),
        f"{variant.targets.healthy} healthy",
        "none" if variant.weight is None else f"{variant.weight:g}",
        f"[{style}]{answers.as_expected} of {answers.samples}[/]",
        str(len(latency.milliseconds)) if latency else "0",
        f"{latency.p50_ms:.0f} ms" if latency else "",
        f"{latency.p99_ms:.0f} ms" if latency else "",
        "none" if promised is None else f"p99 {promised} ms",
    )
