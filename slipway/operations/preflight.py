"""What a preflight finds on any backend: what a deployment would come to, and why it must not be done."""

from dataclasses import dataclass

from rich.console import Console

from slipway.operations.console import print_sentences


@dataclass(frozen=True, kw_only=True)
class PreflightResult:
    """What a deployment of a service, in one cell where it has several, would come to.

    Attributes:
        name: The service and where it runs, for people.
        refusals: Why it must not be deployed like this, a sentence each; empty when nothing is known to be in its way.
        warnings: What it does otherwise than one might think.
        changes: What it would do, a sentence each.
    """

    name: str
    refusals: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


def print_preflight(console: Console, found: PreflightResult) -> None:
    """What a deployment would do, and why it must not be done."""
    print_sentences(console, found.changes, mark="·", style="dim")
    print_sentences(console, found.warnings, mark="!", style="yellow")
    print_sentences(console, found.refusals, mark="✗", style="red")
    if found.refusals:
        print_sentences(console, [f"{found.name} must not be deployed like this."], mark="✗", style="red")
    else:
        print_sentences(console, [f"Nothing is known to be in the way of {found.name}."], mark="✓", style="green")
