"""The role that SageMaker assumes to run an endpoint's containers."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack, aws_iam, aws_kms, aws_logs
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, wildcard_finding
from inference_constructs.sagemaker.captured_data import CapturedData
from inference_constructs.sagemaker.network import EndpointNetwork
from inference_constructs.sagemaker.variant import Variant


class ExecutionRole(Construct):
    """A role with what hosting these variants takes, resource by resource.

    The statements follow the SageMaker Developer Guide: "CreateModel API: Execution Role Permissions" and, for the
    network interfaces, "host-vpc". They form a managed policy that is replaced, not changed, with every new
    configuration: CloudFormation attaches the new one before it updates the endpoint and removes the old one after, so
    that instances of the old version keep their model, key, subnets and bucket while the new one takes over.

    Attributes:
        role: The role.
        permissions: What to depend on to have the role's permissions in place.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        version: str,
        variants: Sequence[Variant],
        network: EndpointNetwork,
        log_group: aws_logs.ILogGroup,
        volume_key: aws_kms.IKey | None,
        capture: CapturedData | None,
    ) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            version: Of the endpoint configuration that the permissions are for.
            variants: The models to read and the images to pull.
            network: Where the containers' network interfaces are made.
            log_group: What the containers write to.
            volume_key: Encrypts the instances' volumes, None where the hardware does.
            capture: Where requests and answers are kept, if they are.
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
            f"Policy-{version}",
            description="What SageMaker needs to load and run models",
            roles=[self.role],
        )
        self._allow_models_and_images(variants)
        self._allow_logs_and_metrics(log_group)
        self._allow_network_interfaces(network)
        if volume_key is not None:
            self._allow_volume_encryption(volume_key)
        if capture is not None:
            capture.grant_write(self._policy)
        self._allow_reading_rollback_alarms()
        self._acknowledge_wildcards()

    def _allow_models_and_images(self, variants: Sequence[Variant]) -> None:
        for container in (container for variant in variants for container in variant.containers):
            if container.model is not None:
                container.model.grant_read(self._policy)
            container.image.grant_pull(self._policy)

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

    def _allow_network_interfaces(self, network: EndpointNetwork) -> None:
        interfaces = self._ec2_arn("network-interface", "*")
        places = [self._ec2_arn("subnet", subnet) for subnet in network.subnet_ids]
        self._allow(
            "ec2:CreateNetworkInterface",
            on=[interfaces, *places, self._ec2_arn("security-group", network.security_group.security_group_id)],
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
        """SageMaker hands the key on to the volumes by a grant."""
        self._allow("kms:CreateGrant", "kms:DescribeKey", on=[key.key_arn])

    def _allow_reading_rollback_alarms(self) -> None:
        """SageMaker asks for their state during an update. By name there would be a cycle through what they watch."""
        arn = Stack.of(self).format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        self._allow("cloudwatch:DescribeAlarms", on=[arn])

    def _acknowledge_wildcards(self) -> None:
        acknowledge(
            self._policy,
            {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken, cloudwatch:PutMetricData"
                " (limited to SageMaker's namespaces) and EC2's Describe actions cannot be limited to resources",
                wildcard_finding(self, "ec2", "network-interface/*"): "SageMaker makes and removes the containers'"
                " network interfaces; their ids are not known before, their subnets and security group are limited",
                wildcard_finding(self, "cloudwatch", "alarm:*"): "reads alarms' state only; naming the rollback alarms"
                " here would make a dependency cycle through the fleet that they watch",
            },
        )

    def _allow(self, *actions: str, on: list[str], conditions: dict[str, dict[str, object]] | None = None) -> None:
        self._policy.add_statements(aws_iam.PolicyStatement(actions=list(actions), resources=on, conditions=conditions))

    def _ec2_arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service="ec2", resource=resource, resource_name=name)
