"""Whom the pipeline's roles in other accounts trust."""

from collections.abc import Sequence

from aws_cdk import aws_iam


def roles_of_another_account(arns: Sequence[str]) -> aws_iam.IPrincipal:
    """Roles by their names, which need not exist yet.

    A principal that does not exist is refused, one in a condition is not: hence their account, and a condition.

    Args:
        arns: The roles.

    Raises:
        ValueError: They are of several accounts, or none are named.
    """
    accounts = {arn.split(":")[4] for arn in arns}
    if len(accounts) != 1:
        message = f"{list(arns)} are no roles of one account; accepted: one or more roles of the same"
        raise ValueError(message)
    return aws_iam.AccountPrincipal(accounts.pop()).with_conditions({"ArnEquals": {"aws:PrincipalArn": list(arns)}})
