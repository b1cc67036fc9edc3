"""Brings a model to a pod: downloads its archive from S3, checks it, unpacks it. Only this module imports boto3."""

import errno
import hashlib
import logging
import os
import signal
import time
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error, RetriesExceededError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError

from ..logs import log_event
from .model_folder import ModelFolder, OccupiedError
from .settings import FetchSettings, S3Object
from .unpacking import ArchiveError, unpack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client  # only the type checks have it

_MEBIBYTE = 1024 * 1024
_PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})
# Parts at once, since S3 sends one connection less than a node can take; at most 10 + 100 pieces are in memory.
_PARTS = TransferConfig(
    multipart_threshold=16 * _MEBIBYTE,
    multipart_chunksize=16 * _MEBIBYTE,
    max_concurrency=10,
    io_chunksize=256 * 1024,
    max_io_queue=100,
    num_download_attempts=5,
    preferred_transfer_client="classic",
)
_IDENTITY = "EKS Pod Identity has to associate the pod's service account with a role"


class FetchError(Exception):
    """The model cannot be fetched; the message is one sentence."""


def fetch(settings: FetchSettings) -> None:
    """Fill the model folder, or leave it as it is if it holds this very model, and log which of them.

    The archive's checksum is compared before anything is unpacked. May be run again after it was cut off anywhere.

    Raises:
        FetchError: S3 does not give the archive, it is not the expected one or unsafe, or the folder cannot be filled.
    """
    started = time.perf_counter()
    address = str(settings.s3_uri)
    folder = ModelFolder(settings.into)
    try:
        folder.claim()
        if folder.holds(settings.sha256):
            log_event(logging.INFO, "kept", s3_uri=address, sha256=settings.sha256, into=str(settings.into))
            return
        folder.clear()
        log_event(logging.INFO, "fetching", s3_uri=address, into=str(settings.into))
        _download(settings, folder.archive)
        size = folder.archive.stat().st_size
        _compare(folder.archive, settings)
        files = unpack(folder.archive, folder.unpacked)
        folder.archive.unlink()
        folder.install(files, settings.sha256)
    except OccupiedError as error:
        raise FetchError(str(error)) from None
    except ArchiveError as error:
        raise FetchError(f"{address} cannot be unpacked: {error}.") from None
    except OSError as error:
        raise FetchError(_of_the_disk(error, settings.into)) from None
    seconds = round(time.perf_counter() - started, 3)
    log_event(
        logging.INFO, "fetched", s3_uri=address, sha256=settings.sha256, bytes=size, files=len(files), seconds=seconds
    )


def stop_at_once_on_signals() -> None:
    """End on SIGTERM and SIGINT: a container's first process ignores them otherwise, and its pod waits to be killed.

    Nothing is tidied up, since the next attempt does that anyway.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)  # as a shell says it


def _download(settings: FetchSettings, archive: Path) -> None:
    try:
        with closing(boto3.Session(region_name=settings.region).client("s3", config=_PATIENCE)) as s3:
            try:
                s3.download_file(settings.s3_uri.bucket, settings.s3_uri.key, str(archive), Config=_PARTS)
            except ClientError as error:
                raise FetchError(_refused(_with_a_reason(s3, settings.s3_uri, error), settings.s3_uri)) from None
    except NoCredentialsError:
        raise FetchError(f"There are no AWS credentials to read {settings.s3_uri} with: {_IDENTITY}.") from None
    except CredentialRetrievalError as error:
        raise FetchError(f"The AWS credentials cannot be had: {_IDENTITY} ({_one_line(error)}).") from None
    except RetriesExceededError as error:
        last = error.last_exception  # type: ignore[attr-defined]  # the stubs lack it
        raise FetchError(f"{settings.s3_uri} breaks off each time: {_one_line(last)}.") from None
    except (BotoCoreError, Boto3Error, ValueError) as error:  # ValueError: an AWS_ENDPOINT_URL that is no address
        raise FetchError(f"{settings.s3_uri} cannot be read: {_one_line(error)}.") from None


def _with_a_reason(s3: "S3Client", source: S3Object, error: ClientError) -> ClientError:
    """Ask once more where S3 answered without words, as it does to the HEAD that a download begins with."""
    if not error.response["Error"]["Code"].isdigit():
        return error
    try:
        s3.get_object(Bucket=source.bucket, Key=source.key, Range="bytes=0-0")["Body"].close()
    except ClientError as worded:
        return worded
    return error


def _refused(error: ClientError, source: S3Object) -> str:
    code, words = error.response["Error"]["Code"], error.response["Error"]["Message"].strip().rstrip(".")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in {"NoSuchKey", "404"}:
        return f"There is no object {source}."
    if code == "NoSuchBucket":
        return f"There is no bucket {source.bucket} for {source}."
    if code in {"AccessDenied", "403"}:
        return (
            f"S3 denies access to {source} ({words}): the role that EKS Pod Identity gives the pod's service account"
            " needs s3:GetObject on it, kms:Decrypt on its key, and s3:ListBucket to be told if it does not exist."
        )
    return f"{source} cannot be read: S3 answers {status} {code} ({words})."


def _compare(archive: Path, settings: FetchSettings) -> None:
    with archive.open("rb") as packed:
        found = hashlib.file_digest(packed, "sha256").hexdigest()
    if found != settings.sha256:
        raise FetchError(f"{settings.s3_uri} has the SHA-256 {found}, but {settings.sha256} was expected.")


def _of_the_disk(error: OSError, folder: Path) -> str:
    place = error.filename or folder
    hint = ": the volume needs room for the archive and its content" if error.errno == errno.ENOSPC else ""
    return f"{place} cannot be written: {error.strerror}{hint}."


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).rstrip(".")
