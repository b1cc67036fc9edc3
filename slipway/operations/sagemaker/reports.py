"""What the commands print of services on SageMaker: tables, and sentences below them."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway.operations.console import print_sentences, table_of
from slipway.operations.sagemaker.check import CheckedService, CheckedVariant
from slipway.operations.sagemaker.endpoints import LiveVariant
from slipway.operations.sagemaker.status import ServiceStatus


def print_checked(console: Console, checked: CheckedService) -> None:
    """The outcome of the deploy check of a service."""
    if checked.variants:
        console.print(_answers(checked))
    print_sentences(console, checked.warnings, mark="!", style="yellow")
    print_sentences(console, checked.problems, mark="✗", style="red")
    name = checked.service.endpoint_name
    if checked.timed_out:
        conclusion = f"The check of {name} ran out of time."
    elif checked.problems:
        conclusion = f"The check of {name} failed."
    else:
        conclusion = (
            f"{name} runs what was deployed ({checked.config_name}) and answers every golden sample as expected."
        )
    print_sentences(console, [conclusion], mark="✗" if checked.problems else "✓", style=_style(checked))


def print_status(console: Console, statuses: Iterable[ServiceStatus]) -> None:
    """What runs in an environment, a row per variant."""
    table = table_of(
        "service", "endpoint", "status", "configuration", "variant", "instances", "weight", "scaling", "alarms"
    )
    notes: list[str] = []
    for status in statuses:
        for row in _status_rows(status):
            table.add_row(*row)
        table.add_section()
        notes += _notes(status)
    console.print(table)
    print_sentences(console, notes, mark="!", style="yellow")


def _answers(checked: CheckedService) -> Table:
    table = table_of("variant", "instances", "weight", "samples as expected", "requests", "p50", "p99", "objective")
    table.title = escape(f"{checked.service.endpoint_name} on {checked.config_name}")
    promised = checked.service.latency_p99_ms
    for variant in checked.variants:
        latency = variant.answers.latency
        table.add_row(
            escape(variant.variant.name),
            _instances(variant.variant),
            f"{variant.variant.weight:g}",
            _as_expected(variant),
            str(len(latency.milliseconds)) if latency else "0",
            f"{latency.p50_ms:.0f} ms" if latency else "",
            f"{latency.p99_ms:.0f} ms" if latency else "",
            "none" if promised is None else f"p99 {promised} ms",
        )
    return table


def _as_expected(variant: CheckedVariant) -> str:
    answers = variant.answers
    style = "green" if answers.as_expected == answers.samples else "red"
    return f"[{style}]{answers.as_expected} of {answers.samples}[/]"


def _status_rows(status: ServiceStatus) -> Iterable[tuple[str, ...]]:
    name, endpoint = status.service.name, status.endpoint
    alarms = f"[red]{len(status.ringing)} of {status.alarms} in ALARM[/]" if status.ringing else f"{status.alarms} OK"
    if endpoint is None:
        yield name, status.service.endpoint_name, "[yellow]not deployed[/]"
        return
    config = f"[red]{escape(endpoint.config_name)}[/]" if status.off_course else escape(endpoint.config_name)
    head = (name, endpoint.name, f"[{'green' if endpoint.in_service else 'red'}]{endpoint.status}[/]", config)
    for number, variant in enumerate(endpoint.variants):
        first = number == 0
        yield (
            *(head if first else ("",) * len(head)),
            escape(variant.name),
            _instances(variant),
            f"{variant.weight:g}",
            str(status.bounds.get(variant.name, "fixed")),
            alarms if first else "",
        )
    if not endpoint.variants:
        yield (*head, "", "", "", "", alarms)


def _notes(status: ServiceStatus) -> Iterable[str]:
    name, endpoint, stack = status.service.endpoint_name, status.endpoint, status.stack
    if stack is not None and not stack.good:
        yield f"{name}: the stack {stack.name} is {stack.status}."
    if endpoint is not None and stack is not None and status.off_course:
        yield f"{name}: {stack.config_name} was deployed last; SageMaker does not run it."
    if endpoint is not None and endpoint.failure_reason:
        yield f"{name}: {endpoint.failure_reason}"
    for alarm in status.ringing:
        yield f"{name}: {alarm}"


def _instances(variant: LiveVariant) -> str:
    if variant.desired_instances is None:
        return "serverless"
    return f"{variant.instances or 0} of {variant.desired_instances}"


def _style(checked: CheckedService) -> str:
    return "red" if checked.problems else "green"
