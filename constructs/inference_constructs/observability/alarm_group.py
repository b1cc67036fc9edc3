"""Alarms that belong together."""

from aws_cdk import aws_cloudwatch
from constructs import Construct

from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook
from inference_constructs.observability.service_alarm import Condition, ServiceAlarm


class AlarmGroup(Construct):
    """The alarms of one service, variant or cluster, with the same settings. A subclass creates them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: AlarmSettings, variant: str | None = None
    ) -> None:
        """Keep what the alarms have in common.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            settings: Name prefix, notifications and the runbooks' address.
            variant: The variant that the alarms watch. Default: a whole service or cluster.
        """
        super().__init__(scope, construct_id)
        self._settings = settings
        self._variant = variant

    def _alarm(self, symptom: str, condition: Condition, description: str, runbook: Runbook) -> aws_cloudwatch.Alarm:
        return ServiceAlarm(
            self,
            symptom,
            condition=condition,
            description=description,
            runbook=runbook,
            settings=self._settings,
            variant=self._variant,
        ).alarm
