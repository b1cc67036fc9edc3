"""An environment's settings in the CDK's own types."""

from aws_cdk import Environment as CdkEnvironment
from aws_cdk import RemovalPolicy, aws_kms, aws_logs, aws_sns

from inference_constructs.common.retention import Retention
from inference_constructs.config import Environment
from inference_constructs.config.models.names import alarm_name_prefix
from inference_constructs.observability.alarm_settings import AlarmSettings


def target_of(environment: Environment) -> CdkEnvironment:
    """The account and region that an environment's stacks are deployed to."""
    return CdkEnvironment(account=environment.account, region=environment.region)


def removal_policy_of(environment: Environment) -> RemovalPolicy:
    """Whether keys and logs are kept when their stack is deleted."""
    return RemovalPolicy.RETAIN if environment.removal == "retain" else RemovalPolicy.DESTROY


def log_retention_of(environment: Environment) -> aws_logs.RetentionDays:
    """How long logs are kept."""
    return _RETENTION[environment.log_retention_days]


def alarm_settings_of(
    environment: Environment, topic: aws_sns.ITopic, *, service: str | None = None, cell: int | None = None
) -> AlarmSettings:
    """Name prefix, notifications and runbooks of the alarms of a service, or of the cluster of a cell."""
    return AlarmSettings(
        topic=topic,
        name_prefix=alarm_name_prefix(environment.name, service=service, cell=cell),
        runbook_base_url=environment.runbook_base_url,
    )


def retention_of(environment: Environment, encryption_key: aws_kms.IKey) -> Retention:
    """How everything that the environment stores under this key is kept."""
    return Retention(
        encryption_key=encryption_key,
        log_retention=log_retention_of(environment),
        removal_policy=removal_policy_of(environment),
    )


_RETENTION = {
    1: aws_logs.RetentionDays.ONE_DAY,
    3: aws_logs.RetentionDays.THREE_DAYS,
    5: aws_logs.RetentionDays.FIVE_DAYS,
    7: aws_logs.RetentionDays.ONE_WEEK,
    14: aws_logs.RetentionDays.TWO_WEEKS,
    30: aws_logs.RetentionDays.ONE_MONTH,
    60: aws_logs.RetentionDays.TWO_MONTHS,
    90: aws_logs.RetentionDays.THREE_MONTHS,
    120: aws_logs.RetentionDays.FOUR_MONTHS,
    150: aws_logs.RetentionDays.FIVE_MONTHS,
    180: aws_logs.RetentionDays.SIX_MONTHS,
    365: aws_logs.RetentionDays.ONE_YEAR,
    400: aws_logs.RetentionDays.THIRTEEN_MONTHS,
    545: aws_logs.RetentionDays.EIGHTEEN_MONTHS,
    731: aws_logs.RetentionDays.TWO_YEARS,
    1096: aws_logs.RetentionDays.THREE_YEARS,
    1827: aws_logs.RetentionDays.FIVE_YEARS,
    2192: aws_logs.RetentionDays.SIX_YEARS,
    2557: aws_logs.RetentionDays.SEVEN_YEARS,
    2922: aws_logs.RetentionDays.EIGHT_YEARS,
    3288: aws_logs.RetentionDays.NINE_YEARS,
    3653: aws_logs.RetentionDays.TEN_YEARS,
}
