"""A SageMaker real-time endpoint."""

from collections.abc import Sequence

from aws_cdk import (
    ArnFormat,
    RemovalPolicy,
    Stack,
    aws_cloudwatch,
    aws_ec2,
    aws_iam,
    aws_kms,
    aws_logs,
    aws_sagemaker,
    aws_sns,
)
from constructs import Construct

from inference_constructs.sagemaker.alarms import VariantAlarms
from inference_constructs.sagemaker.execution_role import ExecutionRole
from inference_constructs.sagemaker.metrics import VariantMetrics
from inference_constructs.sagemaker.scaling import VariantScaling
from inference_constructs.sagemaker.variant import Variant
from inference_constructs.spec import Objectives


class SageMakerEndpoint(Construct):
    """Model, endpoint configuration and endpoint, with scaling and alarms for each variant.

    The endpoint's name is given: callers know it, and a literal name keeps alarms that name the endpoint free of a
    dependency cycle. Models and configurations are immutable, so they are never named: a change makes new ones.

    Attributes:
        endpoint_name: The name that callers use.
        endpoint_arn: Its ARN.
        endpoint_config_name: The configuration that this template deploys, to compare with what is live.
        execution_role: What SageMaker assumes.
        alarms: Every alarm.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        variants: Sequence[Variant],
        objectives: Objectives,
        vpc: aws_ec2.IVpc,
        encryption_key: aws_kms.IKey,
        alarm_topic: aws_sns.ITopic | None = None,
        log_retention: aws_logs.RetentionDays = aws_logs.RetentionDays.THREE_MONTHS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        """Create the endpoint.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            endpoint_name: 1 to 63 letters, digits and single hyphens, unique in the account and region.
            variants: What shares the traffic.
            objectives: What is promised; alarms derive from it.
            vpc: Its isolated or private subnets in at least two zones hold the containers' network interfaces.
            encryption_key: Encrypts the instances' volumes and the logs.
            alarm_topic: Who is told of alarms. Nobody by default.
            log_retention: How long the containers' logs are kept.
            removal_policy: What becomes of the logs when their stack is deleted.
        """
        super().__init__(scope, construct_id)
        self.endpoint_name = endpoint_name
        self._variants = tuple(variants)
        self._vpc = vpc
        self._subnets = vpc.select_subnets(subnet_type=aws_ec2.SubnetType.PRIVATE_ISOLATED)
        self._volume_key = (
            encryption_key if not any(variant.instance.family.local_nvme for variant in variants) else None
        )

        log_group = self._create_log_group(encryption_key, log_retention, removal_policy)
        security_group = self._create_security_group()
        role = self._create_execution_role(security_group, log_group)
        models = [self._create_model(variant, role, security_group) for variant in self._variants]
        config = self._create_config(models)
        endpoint = self._create_endpoint(config, log_group)
        self._create_scaling(endpoint)

        self.execution_role: aws_iam.IRole = role.role
        self.endpoint_config_name = config.attr_endpoint_config_name
        self.endpoint_arn = Stack.of(self).format_arn(
            service="sagemaker",
            resource="endpoint",
            resource_name=endpoint_name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        self.alarms = self._create_alarms(objectives, alarm_topic)

    def grant_invoke(self, grantee: aws_iam.IGrantable) -> aws_iam.Grant:
        """Let a principal ask this endpoint for predictions, and no other."""
        return aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"],
            resource_arns=[self.endpoint_arn],
        )

    def metrics(self, variant: Variant | None = None) -> VariantMetrics:
        """The metrics of a variant, of the first one by default."""
        return VariantMetrics(endpoint_name=self.endpoint_name, variant_name=(variant or self._variants[0]).name)

    def _create_log_group(
        self, encryption_key: aws_kms.IKey, retention: aws_logs.RetentionDays, removal_policy: RemovalPolicy
    ) -> aws_logs.LogGroup:
        """SageMaker would make this very group, unencrypted and for ever."""
        return aws_logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/sagemaker/Endpoints/{self.endpoint_name}",
            encryption_key=encryption_key,
            retention=retention,
            removal_policy=removal_policy,
        )

    def _create_security_group(self) -> aws_ec2.SecurityGroup:
        """Nothing comes in: SageMaker talks to the containers by itself. HTTPS goes out, to S3 for the model."""
        security_group = aws_ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self._vpc,
            description=f"Network interfaces of {self.endpoint_name}: HTTPS out, nothing in",
            allow_all_outbound=False,
        )
        security_group.add_egress_rule(aws_ec2.Peer.any_ipv4(), aws_ec2.Port.tcp(443), "HTTPS to S3, for the model")
        return security_group

    def _create_execution_role(
        self, security_group: aws_ec2.ISecurityGroup, log_group: aws_logs.ILogGroup
    ) -> ExecutionRole:
        return ExecutionRole(
            self,
            "ExecutionRole",
            variants=self._variants,
            subnets=self._subnets,
            security_group=security_group,
            log_group=log_group,
            volume_key=self._volume_key,
        )

    def _create_model(
        self, variant: Variant, role: ExecutionRole, security_group: aws_ec2.ISecurityGroup
    ) -> aws_sagemaker.CfnModel:
        model = aws_sagemaker.CfnModel(
            self,
            f"Model-{variant.name}",
            execution_role_arn=role.role.role_arn,
            enable_network_isolation=True,
            primary_container=aws_sagemaker.CfnModel.ContainerDefinitionProperty(
                image=variant.image.uri,
                # ModelDataUrl wants a key that ends with .tar.gz, and the CDK's assets end with .gz.
                model_data_source=aws_sagemaker.CfnModel.ModelDataSourceProperty(
                    s3_data_source=aws_sagemaker.CfnModel.S3DataSourceProperty(
                        s3_uri=variant.model.s3_uri, s3_data_type="S3Object", compression_type="Gzip"
                    )
                ),
            ),
            vpc_config=aws_sagemaker.CfnModel.VpcConfigProperty(
                subnets=self._subnets.subnet_ids, security_group_ids=[security_group.security_group_id]
            ),
        )
        model.node.add_dependency(role.permissions)  # SageMaker uses them at once
        return model

    def _create_config(self, models: Sequence[aws_sagemaker.CfnModel]) -> aws_sagemaker.CfnEndpointConfig:
        return aws_sagemaker.CfnEndpointConfig(
            self,
            "Config",
            kms_key_id=self._volume_key.key_arn if self._volume_key else None,
            production_variants=[
                aws_sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=variant.name,
                    model_name=model.attr_model_name,
                    instance_type=variant.instance.name,
                    initial_instance_count=variant.scaling.min,
                    initial_variant_weight=variant.weight,
                    # The default, RANDOM, sends requests behind slow ones while other instances idle.
                    routing_config=aws_sagemaker.CfnEndpointConfig.RoutingConfigProperty(
                        routing_strategy="LEAST_OUTSTANDING_REQUESTS"
                    ),
                )
                for variant, model in zip(self._variants, models, strict=True)
            ],
        )

    def _create_endpoint(
        self, config: aws_sagemaker.CfnEndpointConfig, log_group: aws_logs.LogGroup
    ) -> aws_sagemaker.CfnEndpoint:
        automatic = any(variant.scaling.automatic for variant in self._variants)
        endpoint = aws_sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=self.endpoint_name,
            endpoint_config_name=config.attr_endpoint_config_name,
            # Otherwise every update sets the live number of instances back to the initial one, under full load.
            retain_all_variant_properties=automatic or None,
            # What the configuration says of the variants' shares is meant to take effect.
            exclude_retained_variant_properties=[
                aws_sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type="DesiredWeight")
            ]
            if automatic
            else None,
        )
        endpoint.node.add_dependency(log_group)
        return endpoint

    def _create_scaling(self, endpoint: aws_sagemaker.CfnEndpoint) -> None:
        for variant in self._variants:
            if variant.scaling.automatic:
                VariantScaling(
                    self,
                    f"Scaling-{variant.name}",
                    endpoint_name=endpoint.attr_endpoint_name,
                    variant_name=variant.name,
                    scaling=variant.scaling,
                )

    def _create_alarms(self, objectives: Objectives, topic: aws_sns.ITopic | None) -> tuple[aws_cloudwatch.Alarm, ...]:
        return tuple(
            alarm
            for variant in self._variants
            for alarm in VariantAlarms(
                self,
                f"Alarms-{variant.name}",
                metrics=self.metrics(variant),
                objectives=objectives,
                instance=variant.instance,
                topic=topic,
            ).alarms
        )
