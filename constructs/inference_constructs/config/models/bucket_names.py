"""What S3 takes as the name of a bucket."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

#: What would be accepted, for the end of a sentence.
BUCKET_NAME: Final = (
    "3 to 63 lower-case letters, digits, hyphens and single dots, no IP address and no start or end that S3 reserves"
)


def is_bucket_name(name: str) -> bool:
    """Whether a general purpose bucket may be called so (S3 User Guide, "General purpose bucket naming rules")."""
    return (
        _SHAPE.fullmatch(name) is not None
        and ".." not in name
        and _ADDRESS.fullmatch(name) is None
        and not name.startswith(_RESERVED_STARTS)
        and not name.endswith(_RESERVED_ENDS)
    )


def is_in_bucket(uri: str) -> bool:
    """Whether what is between `s3://` and the next slash is the name of a bucket."""
    return uri.startswith("s3://") and is_bucket_name(uri.split("/")[2])
