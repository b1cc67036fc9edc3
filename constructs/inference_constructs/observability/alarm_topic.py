"""Where an environment's alarms are told."""

from collections.abc import Sequence

from aws_cdk import Stack, aws_iam, aws_kms, aws_sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class AlarmTopic(Construct):
    """An encrypted SNS topic that the alarms of this account may publish to, and nobody without TLS.

    Attributes:
        topic: The topic.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, encryption_key: aws_kms.IKey, emails: Sequence[str]
    ) -> None:
        """Create the topic.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            encryption_key: Encrypts the notifications; CloudWatch must be allowed to use it.
            emails: Who is told; each address has to confirm its subscription once.
        """
        super().__init__(scope, construct_id)
        self.topic = aws_sns.Topic(self, "Resource", master_key=encryption_key, enforce_ssl=True)
        self._allow_alarms_to_publish()
        for address in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))

    def _allow_alarms_to_publish(self) -> None:
        """A topic with a policy of its own loses the default one, which let this account's alarms publish."""
        self.topic.add_to_resource_policy(
            aws_iam.PolicyStatement(
                sid="CloudWatchAlarms",
                principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
