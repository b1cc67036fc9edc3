"""Protects stacks against deletion, which a pipeline's own deployments leave undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from slipway.operations.aws.clients import Aws, error_message
from slipway.operations.errors import ExitStatus
from slipway.operations.templates.deployed_templates import proposed_stacks


@dataclass(frozen=True, kw_only=True)
class Protected:
    """What came of it.

    Attributes:
        stacks: How many stacks are to be protected.
        changed: Those that were not, and now are.
        problems: Why others are not, a sentence each.
    """

    stacks: int
    changed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def exit_status(self) -> ExitStatus:
        """What the command exits with."""
        return ExitStatus.FAILED if self.problems else ExitStatus.GOOD


def stacks_to_protect(assembly: Path, stage: str) -> tuple[str, ...]:
    """The stacks of one environment in one region that a synthesis wants protected against deletion.

    Args:
        assembly: What `cdk synth` wrote.
        stage: The environment's name, with the region's where it is not its first.

    Raises:
        WrongUsageError: There is no such assembly, or nothing in it for this environment.
    """
    found = proposed_stacks(assembly, stage)
    return tuple(name for name, properties in found.items() if properties.get("terminationProtection"))


def protect(aws: Aws, stacks: Sequence[str]) -> Protected:
    """Protect those of the stacks that are not. One that is not deployed is a problem, and keeps none from the rest.

    Args:
        aws: The clients.
        stacks: The stacks' names.
    """
    changed: list[str] = []
    problems: list[str] = []
    for name in stacks:
        is_protected = _is_protected(aws, name)
        if is_protected is None:
            problems.append(f"{name} is not deployed, and so cannot be protected.")
        elif not is_protected:
            aws.cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=True)
            changed.append(name)
    return Protected(stacks=len(stacks), changed=tuple(changed), problems=tuple(problems))


def _is_protected(aws: Aws, name: str) -> bool | None:
    try:
        (found,) = aws.cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in error_message(error):
            return None
        raise
    return found.get("EnableTerminationProtection", False)
