import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)

from slipway.operations.aws.clients import Aws, sentence_for
from slipway.operations.errors import AwsAccessError, ExitStatus, WrongUsageError
from tests.operations.stubbed import ACCOUNT, Stubbed


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "No."}}, "DescribeEndpoint")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (refused("AccessDeniedException"), "The credentials may not call DescribeEndpoint: No."),
        (refused("ExpiredToken"), "AWS does not accept the credentials (ExpiredToken: No.); log in again."),
        (refused("UnrecognizedClientException"), "AWS does not accept the credentials"),
        (refused("ThrottlingException"), "AWS throttles DescribeEndpoint, and still did after several attempts"),
        (refused("InternalFailure"), "AWS refused DescribeEndpoint (InternalFailure): No."),
        (NoCredentialsError(), "There are no AWS credentials to use (Unable to locate credentials)"),
        (PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "There are no AWS credentials"),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), "AWS could not be reached: Could not connect"),
        (ReadTimeoutError(endpoint_url="http://localhost:1"), "AWS could not be reached: Read timeout"),
        (ProfileNotFound(profile="x"), "The AWS credentials or settings cannot be used: The config profile (x)"),
    ],
)
def test_every_refusal_is_one_sentence(error: BotoCoreError | ClientError, sentence: str) -> None:
    assert sentence_for(error).startswith(sentence)
    assert "\n" not in sentence_for(error)


def test_credentials_of_the_right_account(stubbed: Stubbed) -> None:
    stubbed.answer("sts", "get_caller_identity", {"Account": ACCOUNT, "Arn": "arn:aws:iam::123456789012:user/me"})
    stubbed.aws.check_account(ACCOUNT, environment="dev")


def test_credentials_of_another_account(stubbed: Stubbed) -> None:
    arn = "arn:aws:iam::999999999999:user/me"
    stubbed.answer("sts", "get_caller_identity", {"Account": "999999999999", "Arn": arn})
    with pytest.raises(AwsAccessError) as refusal:
        stubbed.aws.check_account(ACCOUNT, environment="prod")
    assert refusal.value.exit_status == ExitStatus.AWS_ACCESS
    assert str(refusal.value) == (
        f"The environment prod is in account {ACCOUNT}, and these credentials are of account 999999999999 ({arn})."
        f" Nothing was done; take credentials of {ACCOUNT}."
    )


def test_an_endpoint_url_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "here")
    with pytest.raises(WrongUsageError, match="Invalid endpoint: here"):
        Aws.of_region("us-east-1")
