"""The AWS clients that the commands call, and sentences for AWS's errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from slipway.operations.errors import AwsAccessError, WrongUsageError

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_sts import STSClient

#: Longer than the 60 s that SageMaker gives a model, so that SageMaker's own answer arrives.
INVOCATION_TIMEOUT_S: Final = 70

# The first call of all: report a wrong network soon.
_FIRST: Final = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=5, read_timeout=30)
_PATIENT: Final = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=5, read_timeout=30)
# A repeated request would count twice in its latency, and hide that the first one failed.
_ONCE: Final = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=INVOCATION_TIMEOUT_S)

_CREDENTIALS: Final = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_PERMISSION: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_THROTTLING: Final = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}


@dataclass(frozen=True, kw_only=True)
class Aws:
    """A client for every service that the commands call."""

    sts: STSClient
    cloudformation: CloudFormationClient
    cloudwatch: CloudWatchClient
    sagemaker: SageMakerClient
    runtime: SageMakerRuntimeClient
    autoscaling: ApplicationAutoScalingClient
    eks: EKSClient
    elbv2: ElasticLoadBalancingv2Client

    @classmethod
    def of_region(cls, region: str) -> Self:
        """Clients with the credentials that boto3 finds, and for `AWS_ENDPOINT_URL` where that is set.

        Raises:
            WrongUsageError: That is no URL.
        """
        session = boto3.Session(region_name=region)
        try:
            return cls._of_session(session)
        except ValueError as error:
            raise WrongUsageError(f"AWS clients cannot be made of the settings: {error}.") from error

    @classmethod
    def _of_session(cls, session: boto3.Session) -> Self:
        return cls(
            sts=session.client("sts", config=_FIRST),
            cloudformation=session.client("cloudformation", config=_PATIENT),
            cloudwatch=session.client("cloudwatch", config=_PATIENT),
            sagemaker=session.client("sagemaker", config=_PATIENT),
            runtime=session.client("sagemaker-runtime", config=_ONCE),
            autoscaling=session.client("application-autoscaling", config=_PATIENT),
            eks=session.client("eks", config=_PATIENT),
            elbv2=session.client("elbv2", config=_PATIENT),
        )

    def check_account(self, account: str, *, environment: str) -> None:
        """Check whose credentials these are, before anything is asked of the account.

        Raises:
            AwsAccessError: They are of another account than the environment's.
        """
        caller = self.sts.get_caller_identity()
        if caller["Account"] != account:
            raise AwsAccessError(
                f"The environment {environment} is in account {account}, and these credentials are of account"
                f" {caller['Account']} ({caller['Arn']}). Nothing was done; take credentials of {account}."
            )


def error_code(error: ClientError) -> str:
    """AWS's short name for an error, such as `ValidationException`."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def error_message(error: ClientError) -> str:
    """AWS's own sentence in an error."""
    return str(error.response.get("Error", {}).get("Message", "")).strip()


def concerns_access(error: ClientError) -> bool:
    """Whether an error is about who asks, not about what is asked."""
    return error_code(error) in _CREDENTIALS | _PERMISSION


def sentence_for(error: BotoCoreError | ClientError) -> str:
    """Say what boto3 raised, and what to do about it."""
    if isinstance(error, ClientError):
        return _refusal(error)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return f"There are no AWS credentials to use ({_whole(error)}); set AWS_PROFILE, or log in."
    if isinstance(error, (HTTPClientError, NoConnectionError)):
        return f"AWS could not be reached: {_whole(error)}"
    return f"The AWS credentials or settings cannot be used: {_whole(error)}"


def _refusal(error: ClientError) -> str:
    code, message, operation = error_code(error), error_message(error), error.operation_name
    if code in _CREDENTIALS:
        return f"AWS does not accept the credentials ({code}: {message}); log in again."
    if code in _PERMISSION:
        return f"The credentials may not call {operation}: {message}"
    if code in _THROTTLING:
        return f"AWS throttles {operation}, and still did after several attempts ({code}: {message}); try again later."
    return f"AWS refused {operation} ({code}): {message}"


def _whole(error: BotoCoreError) -> str:
    return " ".join(str(error).split()).rstrip(".")
