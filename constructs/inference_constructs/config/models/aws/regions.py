"""AWS's regions, and the names of their zones. A test compares the list with botocore's partitions."""

import difflib
import re

from inference_constructs.config.models.base import RuleError

#: Of all partitions. A region that is younger than this list is added to it before anything is deployed there.
REGIONS = frozenset(
    """
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1
    cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-isoe-west-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1
    eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1
    us-east-2 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 us-isof-east-1
    us-isof-south-1 us-west-1 us-west-2
    """.split()  # noqa: SIM905 - forty names in quotes are harder to read
)


def check_region_name(key: str, region: str) -> None:
    """Refuse what is no region.

    Raises:
        RuleError: There is none of that name.
    """
    if region not in REGIONS:
        close = " or ".join(difflib.get_close_matches(region, sorted(REGIONS), n=2))
        hint = f" (did you mean {close}?)" if close else ""
        raise RuleError(key, region, accepted=f"a region of AWS's, such as us-east-1{hint}")


def is_zone_of(region: str, zone: str) -> bool:
    """Whether a text can be an availability zone of a region. No region has more than six, `a` to `f`."""
    return re.fullmatch(rf"{re.escape(region)}[a-f]", zone) is not None
