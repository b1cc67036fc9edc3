"""Names that the tools account and the environments' accounts know of each other without asking."""

from typing import Literal

from inference_constructs.config import Environment

#: What a step does: compares before an approval, protects stacks after their deployment, checks it, watches alarms.
StepKind = Literal["compare", "protect", "check", "bake"]


def operations_role_name(environment: Environment) -> str:
    """The role in an environment's account that the steps of the pipeline assume: one per region, as stacks are."""
    return f"slipway-{environment.stage_name}-operations"


def protection_role_name(environment: Environment) -> str:
    """The role in an environment's account that switches on what protects its stacks, one per region as well."""
    return f"slipway-{environment.stage_name}-protection"


def step_role_name(kind: StepKind, environment: Environment) -> str:
    """The role of a step in the tools account. One comparison covers every region of an environment."""
    return f"slipway-pipeline-{kind}-{environment.name if kind == 'compare' else environment.stage_name}"


def step_role_arns(account: str, environment: Environment) -> list[str]:
    """Every role that may assume the operations role of an environment.

    Args:
        account: The tools account.
        environment: The environment, in one region.
    """
    kinds: tuple[StepKind, ...] = ("compare", "check", "bake")
    return [step_role_arn(account, kind, environment) for kind in kinds]


def step_role_arn(account: str, kind: StepKind, environment: Environment) -> str:
    """The role of a step in the tools account, as other accounts name it."""
    return f"arn:aws:iam::{account}:role/{step_role_name(kind, environment)}"
