"""What everything else in an environment stands on: its key and its alarm topic."""

from aws_cdk import Stack
from constructs import Construct

from inference_constructs.encryption_key import EncryptionKey
from inference_constructs.observability.alarm_topic import AlarmTopic
from inference_constructs.spec import Environment
from stacks.settings import removal_policy_of, target_of


class FoundationStack(Stack):
    """The environment's encryption key and the topic its alarms are told to.

    Attributes:
        encryption_key: Encrypts what the environment stores.
        alarm_topic: Who is told of alarms.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, stack_name: str) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            env=target_of(environment),
            description=f"Slipway {environment.name}: encryption key and alarm topic",
        )
        self.encryption_key = EncryptionKey(
            self,
            "EncryptionKey",
            alias=f"slipway/{environment.name}",
            removal_policy=removal_policy_of(environment),
        ).key
        self.alarm_topic = AlarmTopic(
            self, "AlarmTopic", encryption_key=self.encryption_key, emails=environment.alarm_emails
        ).topic
