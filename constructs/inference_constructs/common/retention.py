"""How long what a construct stores is kept, and under which key."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy, aws_kms, aws_logs
from constructs import Construct


def retain_after_first_deploy(policy: RemovalPolicy) -> RemovalPolicy:
    """The same policy, but a first deployment that fails keeps nothing.

    What it kept would have the fixed name that the next deployment wants to give.

    Args:
        policy: Whether it is kept when its stack is deleted.
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if policy == RemovalPolicy.RETAIN else policy


@dataclass(frozen=True, kw_only=True)
class Retention:
    """The encryption key, the age limit and the removal policy of what a construct stores.

    Attributes:
        encryption_key: Encrypts logs and whatever else is stored. CloudWatch Logs must be allowed to use it, as it may
            use the key of an `EncryptionKey`.
        log_retention: How long log events are kept. Default: three months.
        removal_policy: What happens to stored data when its stack is deleted. `RETAIN` also protects clusters and load
            balancers from deletion, unless their settings say otherwise. Default: `RETAIN`.
    """

    encryption_key: aws_kms.IKey
    log_retention: aws_logs.RetentionDays = aws_logs.RetentionDays.THREE_MONTHS
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    @property
    def is_retained(self) -> bool:
        """Whether stored data outlives its stack."""
        return self.removal_policy == RemovalPolicy.RETAIN

    @property
    def is_destroyed(self) -> bool:
        """Whether stored data is deleted with its stack."""
        return self.removal_policy == RemovalPolicy.DESTROY

    def named_log_group(self, scope: Construct, construct_id: str, *, log_group_name: str) -> aws_logs.LogGroup:
        """Create a log group under a name that its writer expects. The writer would create it without encryption.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            log_group_name: The name.
        """
        return aws_logs.LogGroup(
            scope,
            construct_id,
            log_group_name=log_group_name,
            encryption_key=self.encryption_key,
            retention=self.log_retention,
            removal_policy=retain_after_first_deploy(self.removal_policy),
        )
