"""Removal policies of resources with a fixed name."""

from aws_cdk import RemovalPolicy


def retain_after_first_deploy(policy: RemovalPolicy) -> RemovalPolicy:
    """The same policy, but a first deployment that fails keeps nothing.

    What it kept would have the fixed name that the next deployment wants to give.

    Args:
        policy: Whether it is kept when its stack is deleted.
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if policy == RemovalPolicy.RETAIN else policy
