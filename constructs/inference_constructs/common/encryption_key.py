"""The key that everything an environment stores is encrypted with."""

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack, aws_iam, aws_kms
from constructs import Construct


class EncryptionKey(Construct):
    """A customer-managed key with yearly rotation, which the services that an inference service uses may use for it.

    Attributes:
        key: The key.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alias: str,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        """Create the key.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            alias: Name of the key for people, such as `slipway/prod`.
            removal_policy: What happens to the key with its stack; `DESTROY` schedules its deletion in 7 days. Default:
                `RETAIN`.
        """
        super().__init__(scope, construct_id)
        self.key = aws_kms.Key(
            self,
            "Resource",
            alias=alias,
            description=f"Encrypts what {alias} stores: model volumes, logs and notifications",
            enable_key_rotation=True,
            pending_window=None if removal_policy == RemovalPolicy.RETAIN else Duration.days(7),
            removal_policy=removal_policy,
        )
        self._allow_cloudwatch_logs()
        self._allow_alarms_to_notify()

    def _allow_cloudwatch_logs(self) -> None:
        """Encrypted log groups of this account and region (CloudWatch Logs User Guide, "Encrypt log data").

        By the name that the guide has for the service, with the region in it.
        """
        stack = Stack.of(self)
        suffix = "amazonaws.com.cn" if stack.region.startswith("cn-") else "amazonaws.com"
        self.key.add_to_resource_policy(
            aws_iam.PolicyStatement(
                sid="CloudWatchLogs",
                principals=[aws_iam.ServicePrincipal(f"logs.{stack.region}.{suffix}")],
                actions=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                            service="logs",
                            resource="log-group",
                            resource_name="*",
                            arn_format=ArnFormat.COLON_RESOURCE_NAME,
                        )
                    }
                },
            )
        )

    def _allow_alarms_to_notify(self) -> None:
        """An alarm cannot publish to an encrypted topic unless CloudWatch may use the key (SNS Developer Guide)."""
        self.key.add_to_resource_policy(
            aws_iam.PolicyStatement(
                sid="CloudWatchAlarms",
                principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
