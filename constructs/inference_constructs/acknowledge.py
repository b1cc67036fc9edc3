"""Says why a finding of the security rules is accepted on one construct, next to the construct it is about."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Stack, Token, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings of cdk-nag on a construct and what is below it.

    Args:
        construct: What the findings are about.
        reasons: The reason for each finding by its full id, such as `AwsSolutions::AwsSolutions-IAM5[Resource::*]`.
    """
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=finding, reason=reason) for finding, reason in reasons.items())
    )


def wildcard_finding(construct: IConstruct, service: str, resource: str) -> str:
    """The id of the finding that a policy names every resource of a kind in this account and region.

    Args:
        construct: Where the policy is.
        service: The service as it stands in an ARN, such as `ec2`.
        resource: The resource as it stands there, such as `network-interface/*`.
    """
    stack = Stack.of(construct)
    arn = ":".join(
        (
            "arn",
            _literal(stack.partition, "<AWS::Partition>"),
            service,
            _literal(stack.region, "<AWS::Region>"),
            _literal(stack.account, "<AWS::AccountId>"),
            resource,
        )
    )
    return f"AwsSolutions::AwsSolutions-IAM5[Resource::{arn}]"


def _literal(value: str, name: str) -> str:
    """What the rules call a value that only the deployment knows."""
    return name if Token.is_unresolved(value) else value
