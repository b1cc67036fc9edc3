"""Kubernetes quantities: cores and bytes as people write them in manifests."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from inference_constructs.config.models.base import RuleError

_CPU = re.compile(r"([1-9]\d{0,4})m|(\d{1,3}(?:\.\d{1,3})?)")
_BYTES = re.compile(r"([1-9]\d{0,5})(Mi|Gi)")
_MEBIBYTES = {"Mi": 1, "Gi": 1024}

Cpu = Annotated[str, Field(description='cores, such as "2" or 500m')]
Bytes = Annotated[str, Field(description="bytes with a binary suffix, such as 512Mi or 4Gi")]


def millicores(key: str, text: str) -> int:
    """Parse a quantity of CPU into thousandths of a core.

    Raises:
        RuleError: The text is no quantity.
    """
    match = _CPU.fullmatch(text)
    value = (int(match[1]) if match[1] else int(Decimal(match[2]) * 1000)) if match else 0
    if not value:
        raise RuleError(key, text, accepted='cores in quotes, such as "2", "0.5" or 500m')
    return value


def mebibytes(key: str, text: str) -> int:
    """Parse a quantity of memory into mebibytes.

    Raises:
        RuleError: The text is no quantity.
    """
    match = _BYTES.fullmatch(text)
    if match is None:
        raise RuleError(key, text, accepted="a whole number with Mi or Gi, such as 512Mi or 4Gi")
    return int(match[1]) * _MEBIBYTES[match[2]]
