"""Proposes approved models of several groups: an option of `pipeline.yaml`, nobody has to have it."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack, aws_events, aws_kms
from constructs import Construct

from inference_constructs.config import Promotion
from inference_constructs.config.pipeline.source import Connection
from inference_constructs.pipeline.model_approval_trigger import APPROVAL, APPROVAL_SOURCE, ApprovedModelPromotion


class Promotions(Construct):
    """A job for each promotion, and a way in for the events of other accounts' model registries."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        promotions: Sequence[Promotion],
        connection: Connection,
        encryption_key: aws_kms.IKey,
    ) -> None:
        """Create the jobs.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            promotions: What is promoted, and from where.
            connection: The repository, and the connection that may push to it.
            encryption_key: Encrypts the jobs' logs and what they store.
        """
        super().__init__(scope, construct_id)
        for promotion in promotions:
            ApprovedModelPromotion(
                self, promotion.name, promotion=promotion, connection=connection, encryption_key=encryption_key
            )
        for account in sorted({each.group_account for each in promotions} - {Stack.of(self).account}):
            self._let_in(account)

    def _let_in(self, account: str) -> None:
        """Let an account send this one kind of event to the default bus (EventBridge User Guide, "Permissions")."""
        bus = Stack.of(self).format_arn(
            service="events",
            resource="event-bus",
            resource_name="default",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        aws_events.CfnEventBusPolicy(
            self,
            f"From{account}",
            statement_id=f"slipway-approvals-{account}",
            statement={
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "events:PutEvents",
                "Resource": bus,
                "Condition": {
                    "ForAllValues:StringEquals": {"events:source": APPROVAL_SOURCE},
                    "StringEquals": {"events:detail-type": APPROVAL},
                },
            },
        )
