"""Who is told what the pipeline waits for and what went wrong with it."""

from aws_cdk import Stack, aws_codepipeline, aws_iam, aws_kms, aws_sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from inference_constructs.spec.pipeline import Notifications

_Event = aws_codepipeline.PipelineNotificationEvents


class PipelineTopic(Construct):
    """An encrypted SNS topic of the pipeline's own, or one that is there already.

    Attributes:
        topic: The topic.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, notifications: Notifications, encryption_key: aws_kms.IKey
    ) -> None:
        """Create the topic, unless one is named.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            notifications: Who is told.
            encryption_key: Encrypts the notifications of a new topic.
        """
        super().__init__(scope, construct_id)
        self.topic = self._create_topic(notifications, encryption_key)

    def tell_failures(self, pipeline: aws_codepipeline.IPipeline) -> None:
        """Tell of executions that fail. An approval that waits tells by itself, with its comment and link."""
        pipeline.notify_on("Failed", self.topic, events=[_Event.PIPELINE_EXECUTION_FAILED])

    def _create_topic(self, notifications: Notifications, encryption_key: aws_kms.IKey) -> aws_sns.ITopic:
        if notifications.topic_arn is not None:
            return aws_sns.Topic.from_topic_arn(self, "Resource", notifications.topic_arn)
        topic = aws_sns.Topic(self, "Resource", master_key=encryption_key, enforce_ssl=True)
        for address in notifications.emails:
            topic.add_subscription(subscriptions.EmailSubscription(address))
        # An encrypted topic needs this besides its own policy (Developer Tools console User Guide, "Troubleshooting").
        encryption_key.add_to_resource_policy(
            aws_iam.PolicyStatement(
                sid="NotificationRules",
                principals=[aws_iam.ServicePrincipal("codestar-notifications.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        return topic
