"""Values of a synthesised template, as far as they can be known before CloudFormation resolves them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_PLACEHOLDER: Final = re.compile(r"\$\{([^}!]+)\}")


@dataclass(frozen=True)
class Unknown:
    """A value that only CloudFormation can tell.

    Attributes:
        expression: What stands in the template.
    """

    expression: str

    def __str__(self) -> str:
        return f"what CloudFormation makes of {self.expression}"


@dataclass(frozen=True)
class Resolver:
    """Resolves literals, and what is put together from literals and the stack's own account and region.

    Attributes:
        pseudo: The pseudo parameters that are known, such as `AWS::Region`.
    """

    pseudo: Mapping[str, str]

    @classmethod
    def of(cls, account: str, region: str) -> "Resolver":
        """For a stack in an account and region."""
        china = region.startswith("cn-")
        partition = "aws-cn" if china else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        suffix = "amazonaws.com.cn" if china else "amazonaws.com"
        return cls(
            {"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": partition, "AWS::URLSuffix": suffix}
        )

    def text(self, value: Any) -> str | Unknown:
        """The text that a property will have."""
        match value:
            case str():
                return value
            case bool() | int() | float():
                return json.dumps(value)
            case {"Ref": str(name)} if name in self.pseudo:
                return self.pseudo[name]
            case {"Fn::Sub": str(pattern)} if all(name in self.pseudo for name in _PLACEHOLDER.findall(pattern)):
                return _PLACEHOLDER.sub(lambda found: self.pseudo[found[1]], pattern)
            case {"Fn::Join": [str(between), [*parts]]}:
                texts = [self.text(part) for part in parts]
                known = [text for text in texts if isinstance(text, str)]
                return between.join(known) if len(known) == len(texts) else _unknown(value)
        return _unknown(value)

    def number(self, value: Any) -> float | Unknown:
        """The number that a property will have."""
        text = self.text(value)
        try:
            return float(text) if isinstance(text, str) else text
        except ValueError:
            return _unknown(value)


def resource_named_by(value: Any) -> str | None:
    """The logical id of the resource that a property refers to, None if it refers to none of its template."""
    match value:
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), *_]}:
            return logical_id
        case {"Fn::GetAtt": str(attribute)}:
            return attribute.partition(".")[0]
    return None


def _unknown(value: Any) -> Unknown:
    return Unknown(json.dumps(value, sort_keys=True))
