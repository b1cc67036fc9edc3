"""The SNS topic that an environment's alarms notify."""

from collections.abc import Sequence

from aws_cdk import Stack, aws_chatbot, aws_iam, aws_kms, aws_sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from inference_constructs.config import Chat


class AlarmTopic(Construct):
    """An encrypted SNS topic that the alarms of this account may publish to, and nobody without TLS.

    Attributes:
        topic: The topic.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption_key: aws_kms.IKey,
        emails: Sequence[str] = (),
        urls: Sequence[str] = (),
        chat: Chat | None = None,
    ) -> None:
        """Create the topic.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            encryption_key: Encrypts the notifications; CloudWatch must be allowed to use it.
            emails: Addresses to notify; each one has to confirm its subscription once. Default: none.
            urls: https addresses to notify, such as an on-call service's; each has to confirm as well. Default:
                none.
            chat: A Slack channel to notify. Amazon Q Developer accepts one configuration per channel in an account,
                whatever the region. Default: none.
        """
        super().__init__(scope, construct_id)
        self.topic = aws_sns.Topic(self, "Resource", master_key=encryption_key, enforce_ssl=True)
        self._allow_alarms_to_publish()
        for address in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        for url in urls:
            self.topic.add_subscription(subscriptions.UrlSubscription(url, protocol=aws_sns.SubscriptionProtocol.HTTPS))
        if chat is not None:
            self._create_chat(chat)

    def _create_chat(self, chat: Chat) -> None:
        """Without guardrails of one's own the channel could do whatever its role may; it may read metrics, and that."""
        read_only = aws_iam.ManagedPolicy.from_aws_managed_policy_name("CloudWatchReadOnlyAccess")
        aws_chatbot.SlackChannelConfiguration(
            self,
            "Chat",
            # One name per account, whatever the region.
            slack_channel_configuration_name=f"{Stack.of(self).stack_name}-{Stack.of(self).region}",
            slack_workspace_id=chat.slack_workspace_id,
            slack_channel_id=chat.slack_channel_id,
            notification_topics=[self.topic],
            guardrail_policies=[read_only],
            logging_level=aws_chatbot.LoggingLevel.ERROR,
        )

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
