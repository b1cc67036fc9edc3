"""How `fetch` is told which model to bring, and where to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..settings import LOG_LEVEL, Option, SettingsError, folder, read_values

# As botocore's own check of a bucket's name: stricter for new buckets, but old ones may still have such a name.
_S3_URI = re.compile(r"s3://([A-Za-z0-9._-]{3,255})/(.*[^/])")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LONGEST_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object's address; its text is `s3://bucket/key`."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """What `fetch` needs to know.

    Attributes:
        s3_uri: Address of the `model.tar.gz`.
        sha256: What the archive's bytes must amount to, 64 hexadecimal digits in lower case.
        into: Folder that becomes the model folder: empty, or filled by `fetch` before.
        region: The bucket's AWS region; `None` leaves it to boto3.
        log_level: Least severe log line to write.
    """

    s3_uri: S3Object
    sha256: str
    into: Path = Path("/opt/ml/model")
    region: str | None = None
    log_level: str = "info"


def _s3_object(text: str) -> S3Object:
    found = _S3_URI.fullmatch(text)
    if found is None or len(found[2].encode()) > _LONGEST_KEY_BYTES:
        raise ValueError("the address of an object: s3://bucket/key")
    return S3Object(found[1], found[2])


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError("the archive's SHA-256, 64 hexadecimal digits")
    return text.lower()


def _region(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+", text):
        raise ValueError("an AWS region such as eu-central-1")
    return text


_REQUIRED = (
    Option("s3_uri", "model.tar.gz to fetch, s3://bucket/key", _s3_object, ("SERVING_MODEL_S3_URI",)),
    Option("sha256", "SHA-256 of its bytes", _sha256, ("SERVING_MODEL_SHA256",)),
)
FETCH_OPTIONS = (
    *_REQUIRED,
    Option("into", "folder to unpack it into", folder, ("SERVING_MODEL_DIR",)),
    # boto3 itself looks at the second only, the other SDKs at the first.
    Option("region", "the bucket's region", _region, ("AWS_REGION", "AWS_DEFAULT_REGION")),
    LOG_LEVEL,
)


def read_fetch_settings(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> FetchSettings:
    """Put the settings together; a flag wins over an environment variable, that over the default.

    Args:
        flags: Text given on the command line by attribute name, `None` where a flag was not given.
        environment: The process's environment variables.

    Raises:
        SettingsError: A value is missing or not one that is accepted.
    """
    values = read_values(FETCH_OPTIONS, flags, environment)
    for option in _REQUIRED:
        if option.name not in values:
            raise SettingsError(f"{option.flag} or {option.variables[0]} has to say: {option.help}.")
    return FetchSettings(**values)
