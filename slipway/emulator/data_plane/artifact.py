"""A deployed model artifact: fetched from the embedded S3 by the address the Model names, and unpacked safely."""

import dataclasses
import hashlib
import tarfile
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import ClientError


class UnpackingError(Exception):
    """An artifact that can not be fetched or unpacked; the text is a sentence for the one who deployed it."""


class S3(Protocol):
    """The two calls of boto3's S3 client that are needed here."""

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]: ...  # noqa: N803, D102  boto3's spelling
    def download_file(self, Bucket: str, Key: str, Filename: str) -> None: ...  # noqa: N803, D102  boto3's spelling


@dataclasses.dataclass(frozen=True)
class UnpackedArtifact:
    """An unpacked artifact.

    Attributes:
        url: The `s3://` address it came from.
        sha256: The checksum of the archive's bytes, as fetched.
        folder: What the model server reads.
    """

    url: str
    sha256: str
    folder: Path


def split(url: str) -> tuple[str, str]:
    """Bucket and key of an `s3://bucket/key` address.

    Raises:
        ArtifactError: It is none.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc or not parts.path.strip("/"):
        raise UnpackingError(f"Invalid model data URL {url!r}: s3://bucket/key was expected.")
    return parts.netloc, parts.path.lstrip("/")


def require(s3: S3, url: str) -> None:
    """Check that there is an object at this address.

    Raises:
        ArtifactError: There is none, in SageMaker's words.
    """
    bucket, key = split(url)
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise UnpackingError(f"Could not find model data at {url}.") from error


def fetch(s3: S3, url: str, into: Path) -> UnpackedArtifact:
    """Download a `model.tar.gz` and unpack it.

    Args:
        s3: Where from.
        url: Its `s3://` address.
        into: A folder of its own; made here.

    Raises:
        ArtifactError: There is no such object, it is no gzipped tar file, or a member would leave the folder.
    """
    bucket, key = split(url)
    into.mkdir(parents=True, exist_ok=True)
    archive, folder = into / "model.tar.gz", into / "model"
    try:
        s3.download_file(bucket, key, str(archive))
    except ClientError as error:
        raise UnpackingError(f"Could not find model data at {url}.") from error
    with archive.open("rb") as packed:
        sha256 = hashlib.file_digest(packed, "sha256").hexdigest()
    try:
        with tarfile.open(archive, "r:gz") as members:
            folder.mkdir()
            members.extractall(folder, filter=_file_or_folder)  # noqa: S202  the filter says what may be in it
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UnpackingError(
            f"Failed to extract model data archive from URL {url!r}: {error}. It has to be a gzipped tar file "
            "whose members stay inside the folder they are unpacked to."
        ) from error
    archive.unlink()
    return UnpackedArtifact(url=url, sha256=sha256, folder=folder)


def _file_or_folder(member: tarfile.TarInfo, destination: str) -> tarfile.TarInfo:
    """Refuse what tarfile's own filter refuses, and links, which the model server's `fetch` refuses, too."""
    if not (member.isreg() or member.isdir()):
        raise tarfile.TarError(f"{member.name} is neither a file nor a folder")
    return tarfile.data_filter(member, destination)
