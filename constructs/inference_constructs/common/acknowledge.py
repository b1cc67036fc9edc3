"""Says why a finding of the security rules is accepted on one construct, next to the construct it is about."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, CfnElement, Stack, Token, Validations, aws_iam, aws_s3
from constructs import Construct, IConstruct

_WILDCARD = "AwsSolutions::AwsSolutions-IAM5"


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings of cdk-nag on a construct and what is below it.

    Args:
        construct: What the findings are about.
        reasons: The reason for each finding by its full id, such as `AwsSolutions::AwsSolutions-IAM5[Resource::*]`.
    """
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=finding, reason=reason) for finding, reason in reasons.items())
    )


def acknowledge_grant(grantee: aws_iam.IGrantable, reasons: Mapping[str, str]) -> None:
    """Accept findings about what a grantee was granted. Principals that are not constructs have no findings.

    Args:
        grantee: Who was granted it.
        reasons: The reason for each finding by its full id.
    """
    if isinstance(grantee, Construct):
        acknowledge(grantee, reasons)


def wildcard_finding(construct: IConstruct, service: str, resource: str) -> str:
    """The id of the finding that a policy names every resource of a kind in this account and region.

    Args:
        construct: Where the policy is.
        service: The service as in an ARN, such as `ec2`.
        resource: The resource as in an ARN, such as `network-interface/*`.
    """
    stack = Stack.of(construct)
    partition = _literal(stack.partition, "<AWS::Partition>")
    place = f"{_literal(stack.region, '<AWS::Region>')}:{_literal(stack.account, '<AWS::AccountId>')}"
    if service == "s3":  # its ARNs name neither region nor account
        place = ":"
    return f"{_WILDCARD}[Resource::arn:{partition}:{service}:{place}:{resource}]"


def wildcard_in_bucket(bucket: aws_s3.IBucket) -> str:
    """The id of the finding that a policy names every object of a bucket of the same stack."""
    return f"{_WILDCARD}[Resource::<{Stack.of(bucket).get_logical_id(_resource_of(bucket))}.Arn>/*]"


def service_role_finding(policy: str) -> str:
    """The id of the finding that a role has one of AWS's own policies for services, such as Lambda's for logs."""
    return f"AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/{policy}]"


def _resource_of(bucket: aws_s3.IBucket) -> CfnElement:
    resource = bucket.node.default_child
    if not isinstance(resource, CfnElement):
        message = f"{bucket.node.path} is not made in this stack"
        raise TypeError(message)
    return resource


def _literal(value: str, name: str) -> str:
    """What the rules call a value that only the deployment knows."""
    return name if Token.is_unresolved(value) else value
