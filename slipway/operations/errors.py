"""How a command ends: its exit statuses and their errors."""

from enum import IntEnum
from typing import ClassVar


class ExitStatus(IntEnum):
    """What a command's exit status means, the same for every command."""

    GOOD = 0
    FAILED = 1
    WRONG_USAGE = 2
    TIMED_OUT = 3
    AWS_ACCESS = 4


class OperationError(Exception):
    """Ends a command. The text is a sentence for whoever ran it; they never see a traceback.

    Attributes:
        exit_status: What the command exits with.
    """

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED


class WrongUsageError(OperationError):
    """The command line names what does not exist, or a file cannot be read for what it should be."""

    exit_status = ExitStatus.WRONG_USAGE


class TimedOutError(OperationError):
    """What was waited for did not come in time."""

    exit_status = ExitStatus.TIMED_OUT


class AwsAccessError(OperationError):
    """AWS lets nobody in with these credentials, or not into this account."""

    exit_status = ExitStatus.AWS_ACCESS
