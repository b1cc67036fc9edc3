"""Regions: which are of the commercial partition, and what may differ between those of one environment."""

import re
from collections.abc import Mapping
from typing import Any

from inference_constructs.config.models.aws.regions import check_region_name
from inference_constructs.config.models.base import RuleError

#: What is the same in every region of an environment, and why.
_SAME_EVERYWHERE: Mapping[str, str] = {
    "name": "its regions are one environment, which callers, stacks and roles know by its name",
    "purpose": "what is for production waits for an approval, in all of its regions",
    "account": "another account is another environment, with a file of its own",
    "region": "the key above names it",
    "regions": "the environment lists all of them",
}
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
#: Regions of China, of AWS GovCloud and of the isolated partitions (IAM User Guide, "Amazon Resource Names").
_OTHER_PARTITION = re.compile(r"(cn|us-gov|[a-z]{2}-iso[a-z]*)-.*")


def is_in_partition_aws(region: str) -> bool:
    """Whether ARNs of a region begin with `arn:aws:`, and roles there can trust accounts that do."""
    return _OTHER_PARTITION.fullmatch(region) is None


def is_commercial_region(text: str) -> bool:
    """Whether a text looks like a region of AWS's commercial partition."""
    return _REGION.fullmatch(text) is not None and is_in_partition_aws(text)


def check_differences(regions: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse what does not differ by region: rules that hold for an environment would hold for its first region only.

    Raises:
        RuleError: The first such key.
    """
    for region, differs in regions.items():
        check_region_name(f"regions.{region}", region)
        for key, reason in _SAME_EVERYWHERE.items():
            if key in differs:
                raise RuleError(f"regions.{region}.{key}", differs[key], accepted=f"no {key} here: {reason}")
