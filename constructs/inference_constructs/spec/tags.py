"""Tags that every service of AWS takes on every resource."""

import unicodedata
from collections.abc import Mapping

from inference_constructs.spec.base import RuleError

#: AWS takes 50 on a resource (General Reference, "Tagging your AWS resources"), and the app and the CDK give a subnet
#: five of their own, which is most.
MOST_TAGS = 45
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_PUNCTUATION = frozenset("_.:/=+-@")
#: AWS's own, and this app's.
_TAKEN = ("aws:", "slipway:")


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that a deployment would end at.

    Raises:
        RuleError: The first of them.
    """
    if len(tags) > MOST_TAGS:
        accepted = f"up to {MOST_TAGS}: AWS takes 50 on a resource, and the app adds its own"
        raise RuleError("tags", f"{len(tags)} tags", accepted=accepted)
    seen: dict[str, str] = {}
    for key, value in tags.items():
        lower = key.lower()
        if not 0 < len(key) <= _LONGEST_KEY or lower.startswith(_TAKEN) or len(value) > _LONGEST_VALUE:
            accepted = "keys of 1 to 128 characters that do not start with aws: or slipway:, values of up to 256"
            raise RuleError(f"tags.{key}", value, accepted=accepted)
        if not (_is_written_well(key) and _is_written_well(value)):
            accepted = "letters, digits, spaces and _ . : / = + - @ in keys and values"
            raise RuleError(f"tags.{key}", value, accepted=accepted)
        if lower in seen:
            accepted = f"a key that is not {seen[lower]} in other letters: IAM takes the two for one"
            raise RuleError(f"tags.{key}", value, accepted=accepted)
        seen[lower] = key


def _is_written_well(text: str) -> bool:
    r"""Whether it is of the pattern that the services' references give, `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`."""
    return all(each in _PUNCTUATION or unicodedata.category(each)[0] in "LZN" for each in text)
