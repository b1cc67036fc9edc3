"""Stacks that cannot be deployed as they stand, whatever the deployment changes."""

from collections.abc import Iterator
from typing import Final

from slipway.operations.aws.stacks import Stack

_CREATION_FAILED: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})
_NOT_UPDATABLE: Final = {
    "UPDATE_ROLLBACK_FAILED": "its last rollback has to be finished first, with `cdk rollback`",
    "DELETE_FAILED": "its deletion has to be finished first, with `cdk destroy`",
}


def never_stood(stack: Stack) -> bool:
    """Whether nothing of a stack is live: its creation failed, and the CDK makes it anew."""
    return stack.status in _CREATION_FAILED


def refused_stack(stack: Stack) -> Iterator[str]:
    """Why a stack cannot be deployed now, a sentence each."""
    if not stack.settled:
        yield f"The stack {stack.name} is {stack.status}: another deployment is under way. Wait for its end."
    if stack.status in _NOT_UPDATABLE:
        yield f"The stack {stack.name} is {stack.status}: {_NOT_UPDATABLE[stack.status]}."
