"""What the alarms of a service or a cluster have in common."""

from dataclasses import dataclass

from aws_cdk import aws_sns


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """Who is notified, how alarms are named, and where their runbooks are published.

    Attributes:
        topic: Notified when an alarm goes off and when it returns to OK. Default: nobody is notified.
        name_prefix: First part of each alarm's name, unique per service and cell in the account and region, such as
            `slipway-prod/tumor-triage`. The symptom and the variant follow. Default: CloudFormation names the alarms.
        runbook_base_url: Where the runbooks are published, as an https URL. Default: descriptions name the page's path
            in the repository.
    """

    topic: aws_sns.ITopic | None = None
    name_prefix: str | None = None
    runbook_base_url: str | None = None

    def alarm_name(self, symptom: str, variant: str | None = None) -> str | None:
        """Return the name of an alarm, or None if CloudFormation is to choose it.

        Args:
            symptom: What is wrong, such as `HighLatency`.
            variant: The variant that has it, None for a whole service or cluster.
        """
        if self.name_prefix is None:
            return None
        return "/".join(part for part in (self.name_prefix, symptom, variant) if part)
