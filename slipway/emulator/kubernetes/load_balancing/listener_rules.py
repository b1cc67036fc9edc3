"""Which rule of a listener a request meets, and what the rule says."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_CONFIGS: Final = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "http-header": "HttpHeaderConfig",
}


@dataclasses.dataclass(frozen=True)
class HttpRequest:
    """What the conditions of rules look at; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class ListenerRule:
    """A rule, as it was deployed.

    Attributes:
        priority: The lower, the earlier it is tried.
        conditions: All of them have to be met.
        actions: What to do then.
    """

    priority: int
    conditions: tuple[Mapping[str, Any], ...]
    actions: tuple[Mapping[str, Any], ...]

    def meets(self, request: HttpRequest) -> bool:
        """Whether the rule is for this request."""
        return all(_meets(condition, request) for condition in self.conditions)


def actions_for(
    request: HttpRequest, rules: Iterable[ListenerRule], default: tuple[Mapping[str, Any], ...]
) -> tuple[Mapping[str, Any], ...]:
    """The actions of the first rule that a request meets, else the default ones."""
    ordered = sorted(rules, key=lambda rule: rule.priority)
    return next((rule.actions for rule in ordered if rule.meets(request)), default)


def weighted(action: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The target groups that a forward action names, with their weights."""
    groups = action.get("ForwardConfig", {}).get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
    return [(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups]


def _meets(condition: Mapping[str, Any], request: HttpRequest) -> bool:
    field = condition["Field"]
    if field not in _CONFIGS:
        return False  # such as source-ip: here every client is at the loopback address
    config = condition.get(_CONFIGS[field], {})
    values = [str(value) for value in config.get("Values") or condition.get("Values", [])]
    match field:
        case "path-pattern":
            return any(_like(value, request.path) for value in values)
        case "host-header":
            host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
            return any(_like(value.lower(), host.lower()) for value in values)
        case "http-request-method":
            return request.method in values
        case _:
            found = request.headers.get(str(config.get("HttpHeaderName", "")).lower())
            return found is not None and any(_like(value.lower(), found.lower()) for value in values)


def _like(pattern: str, text: str) -> bool:
    """`*` is any text and `?` any character."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None
