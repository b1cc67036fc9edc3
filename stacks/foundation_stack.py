"""What all other stacks of an environment need: its key and its alarm topic."""

from aws_cdk import Stack, aws_kms
from constructs import Construct

from inference_constructs.common.encryption_key import EncryptionKey
from inference_constructs.config import Environment, Pipeline
from inference_constructs.observability.alarm_topic import AlarmTopic
from inference_constructs.pipeline import OperationsRole, ProtectionRole
from inference_constructs.pipeline.names import (
    operations_role_name,
    protection_role_name,
    step_role_arn,
    step_role_arns,
)
from stacks.settings import removal_policy_of, target_of


class FoundationStack(Stack):
    """The environment's encryption key, and the topic its alarms are sent to.

    With a pipeline also the roles by which that looks at what it deployed here, and protects it.

    Attributes:
        encryption_key: Encrypts what the environment stores.
        alarm_topic: Who is notified of alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        stack_name: str,
        pipeline: Pipeline | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            env=target_of(environment),
            description=f"Slipway {environment.name}: encryption key and alarm topic",
            termination_protection=environment.termination_protection,
        )
        self.encryption_key = self._encryption_key(environment)
        self.alarm_topic = AlarmTopic(
            self,
            "AlarmTopic",
            encryption_key=self.encryption_key,
            emails=environment.alarm_emails,
            urls=environment.alarm_urls,
            chat=environment.alarm_chat,
        ).topic
        if pipeline is not None and environment.name in pipeline.environments:
            self._let_in(pipeline, environment)

    def _let_in(self, pipeline: Pipeline, environment: Environment) -> None:
        OperationsRole(
            self,
            "Operations",
            role_name=operations_role_name(environment),
            environment=environment.name,
            trusted_role_arns=step_role_arns(pipeline.account, environment),
        )
        if environment.termination_protection:
            ProtectionRole(
                self,
                "Protection",
                role_name=protection_role_name(environment),
                environment=environment.name,
                trusted_role_arn=step_role_arn(pipeline.account, "protect", environment),
            )

    def _encryption_key(self, environment: Environment) -> aws_kms.IKey:
        if environment.encryption_key_arn is not None:
            return aws_kms.Key.from_key_arn(self, "EncryptionKey", environment.encryption_key_arn)
        return EncryptionKey(
            self,
            "EncryptionKey",
            alias=f"slipway/{environment.name}",
            removal_policy=removal_policy_of(environment),
        ).key
