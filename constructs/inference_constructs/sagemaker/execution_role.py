"""The role that SageMaker assumes to run an endpoint's containers."""

import hashlib
from collections.abc import Sequence

from aws_cdk import Stack, aws_ec2, aws_iam, aws_kms, aws_logs
from constructs import Construct

from inference_constructs.acknowledge import acknowledge, wildcard_finding
from inference_constructs.sagemaker.variant import Variant


class ExecutionRole(Construct):
    """A role with what hosting these variants takes, resource by resource.

    The statements follow the SageMaker Developer Guide: "CreateModel API: Execution Role Permissions" and, for the
    network interfaces, "host-vpc". They form a managed policy that is replaced, not changed, with every new model or
    image: CloudFormation attaches the new one before it updates the endpoint and removes the old one after, so that
    instances of the old version can still load their model while the new one takes over.

    Attributes:
        role: The role.
        permissions: What to depend on to have the role's permissions in place.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        variants: Sequence[Variant],
        subnets: aws_ec2.SelectedSubnets,
        security_group: aws_ec2.ISecurityGroup,
        log_group: aws_logs.ILogGroup,
        volume_key: aws_kms.IKey | None,
    ) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            variants: The models to read and the images to pull.
            subnets: Where the containers' network interfaces are made.
            security_group: What the interfaces are in.
            log_group: What the containers write to.
            volume_key: Encrypts the instances' volumes, None where the hardware does.
        """
        super().__init__(scope, construct_id)
        self.role = aws_iam.Role(
            self,
            "Resource",
            description="Assumed by SageMaker to load and run models",
            assumed_by=aws_iam.ServicePrincipal(
                "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
            ),
        )
        self.permissions = self._policy = aws_iam.ManagedPolicy(
            self,
            f"Policy-{_version_of(variants)}",
            description="What SageMaker needs to load and run models",
            roles=[self.role],
        )
        self._allow_models_and_images(variants)
        self._allow_logs_and_metrics(log_group)
        self._allow_network_interfaces(subnets, security_group)
        if volume_key is not None:
            self._allow_volume_encryption(volume_key)
        self._acknowledge_wildcards()

    def _allow_models_and_images(self, variants: Sequence[Variant]) -> None:
        for variant in variants:
            variant.model.grant_read(self._policy)
            variant.image.repository.grant_pull(self._policy)

    def _allow_logs_and_metrics(self, log_group: aws_logs.ILogGroup) -> None:
        self._allow(
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            on=[log_group.log_group_arn],
        )
        self._allow(
            "cloudwatch:PutMetricData",
            on=["*"],  # has no resources; the namespace is what can be limited
            conditions={"StringLike": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/*"]}},
        )

    def _allow_network_interfaces(
        self, subnets: aws_ec2.SelectedSubnets, security_group: aws_ec2.ISecurityGroup
    ) -> None:
        interfaces = self._ec2_arn("network-interface", "*")
        places = [self._ec2_arn("subnet", subnet) for subnet in subnets.subnet_ids]
        self._allow(
            "ec2:CreateNetworkInterface",
            on=[interfaces, *places, self._ec2_arn("security-group", security_group.security_group_id)],
        )
        self._allow(
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
            on=[interfaces],
        )
        self._allow(
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcs",
            on=["*"],  # EC2's Describe actions cannot be limited to resources
        )

    def _allow_volume_encryption(self, key: aws_kms.IKey) -> None:
        """SageMaker hands the key on to the volumes by a grant; it may hand it to AWS services only."""
        self._allow("kms:CreateGrant", on=[key.key_arn], conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}})
        self._allow("kms:DescribeKey", on=[key.key_arn])

    def _acknowledge_wildcards(self) -> None:
        acknowledge(
            self._policy,
            {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken, cloudwatch:PutMetricData"
                " (limited to SageMaker's namespaces) and EC2's Describe actions cannot be limited to resources",
                wildcard_finding(self, "ec2", "network-interface/*"): "SageMaker makes and removes the containers'"
                " network interfaces; their ids are not known before, their subnets and security group are limited",
            },
        )

    def _allow(self, *actions: str, on: list[str], conditions: dict[str, dict[str, object]] | None = None) -> None:
        self._policy.add_statements(aws_iam.PolicyStatement(actions=list(actions), resources=on, conditions=conditions))

    def _ec2_arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service="ec2", resource=resource, resource_name=name)


def _version_of(variants: Sequence[Variant]) -> str:
    """A short name for this combination of models and images, the same at every synthesis."""
    versions = [f"{variant.model.version} {variant.image.version}" for variant in variants]
    return hashlib.sha256("\n".join(versions).encode()).hexdigest()[:8]
