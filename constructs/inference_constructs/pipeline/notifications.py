"""Notifications of a pipeline's pending approvals and failures."""

from aws_cdk import Stack, aws_codepipeline, aws_events, aws_events_targets, aws_kms, aws_sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from inference_constructs.config.pipeline.pipeline import Notifications


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
            notifications: Who is notified.
            encryption_key: Encrypts the notifications of a new topic.
        """
        super().__init__(scope, construct_id)
        self.topic = self._create_topic(notifications, encryption_key)

    def tell_failures(self, pipeline: aws_codepipeline.IPipeline) -> None:
        """Notify of executions that fail or stop. A pending approval notifies by itself, with comment and link.

        A change of the pipeline itself cancels what is under way, wherever that is: the checks after a deployment then
        never ran.

        By EventBridge, which every region has. A notification rule of the developer tools is refused in twenty regions,
        and in an account that never had one, since its service-linked role comes too late (aws-cdk issue 34406).
        """
        region = Stack.of(self).region
        fields = ("pipeline", "execution-id", "state")
        name, execution, state = (aws_events.EventField.from_path(f"$.detail.{field}") for field in fields)
        console = f"https://{region}.console.aws.amazon.com/codesuite/codepipeline/pipelines"
        link = f"{console}/{name}/executions/{execution}/timeline?region={region}"
        text = f"An execution of the pipeline {name} is {state}: {link} What it had deployed by then stays."
        pipeline.on_state_change(
            "Failed",
            description="Tells of executions that end before their end",
            event_pattern=aws_events.EventPattern(detail={"state": ["FAILED", "CANCELED", "STOPPED"]}),
            target=aws_events_targets.SnsTopic(self.topic, message=aws_events.RuleTargetInput.from_text(text)),
        )

    def _create_topic(self, notifications: Notifications, encryption_key: aws_kms.IKey) -> aws_sns.ITopic:
        if notifications.topic_arn is not None:
            return aws_sns.Topic.from_topic_arn(self, "Resource", notifications.topic_arn)
        topic = aws_sns.Topic(self, "Resource", master_key=encryption_key, enforce_ssl=True)
        for address in notifications.emails:
            topic.add_subscription(subscriptions.EmailSubscription(address))
        return topic
