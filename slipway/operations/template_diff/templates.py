"""What changes between two sets of templates, stack by stack and resource by resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from slipway.operations.template_diff.permission_widening import broadenings
from slipway.operations.template_diff.replacement import Replacement, replacement
from slipway.operations.template_diff.rollouts import data_replaced, rollouts, two_deployments
from slipway.operations.template_diff.snapshots.files import Template
from slipway.operations.template_diff.template_sources import Templates
from slipway.operations.template_diff.values import ValueChange, value_changes

_NO_TEMPLATE: Final[Template] = {"Resources": {}}
#: Written by the CDK about itself.
_IGNORED: Final = frozenset({"AWS::CDK::Metadata"})


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """One resource that is not as it was.

    Attributes:
        logical_id: Its name in the template.
        type: Its type, after the change.
        values: What changes in it; empty for one that comes or goes.
        effect: What a change does to it; None for one that comes or goes.
    """

    logical_id: str
    type: str
    values: tuple[ValueChange, ...] = ()
    effect: Replacement | None = None

    @property
    def properties(self) -> tuple[str, ...]:
        """The dotted paths of what changes in it."""
        return tuple(each.path for each in self.values)


@dataclass(frozen=True, kw_only=True)
class StackChange:
    """One stack that is not as it was.

    Attributes:
        name: Its name.
        new: Whether there was no such stack.
        gone: Whether there will be none.
        added: Resources that come.
        removed: Resources that go.
        changed: Resources that stay and change.
        other: Other sections that change, such as `Outputs`.
        broader: What gets more permissive or less watched, a sentence each.
        rollouts: What gets new instances or pods, a sentence each.
        two_deployments: What AWS rejects in one deployment, a sentence each.
        data_replaced: What holds data and is replaced, a sentence each.
    """

    name: str
    new: bool
    gone: bool
    added: tuple[ResourceChange, ...]
    removed: tuple[ResourceChange, ...]
    changed: tuple[ResourceChange, ...]
    other: tuple[str, ...]
    broader: tuple[str, ...]
    rollouts: tuple[str, ...]
    two_deployments: tuple[str, ...]
    data_replaced: tuple[str, ...]

    @property
    def replaced(self) -> tuple[ResourceChange, ...]:
        """Those of the changed ones that are replaced, or may be."""
        return tuple(each for each in self.changed if each.effect in (Replacement.YES, Replacement.MAYBE))


def compare_templates(before: Templates, after: Templates) -> tuple[StackChange, ...]:
    """Every stack that changes, by name."""
    names = sorted({*before, *after})
    return tuple(
        _compare(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def _compare(name: str, old: Template | None, new: Template | None) -> StackChange:
    before, after = old or _NO_TEMPLATE, new or _NO_TEMPLATE
    one, two = _resources(before), _resources(after)
    swapped = {key for key in one.keys() & two.keys() if one[key]["Type"] != two[key]["Type"]}
    return StackChange(
        name=name,
        new=old is None,
        gone=new is None,
        added=tuple(_one(key, two) for key in two if key not in one or key in swapped),
        removed=tuple(_one(key, one) for key in one if key not in two or key in swapped),
        changed=tuple(
            _changed(key, one[key], two[key])
            for key in two
            if key in one and key not in swapped and one[key] != two[key]
        ),
        other=tuple(sorted(key for key in {*before, *after} - {"Resources"} if before.get(key) != after.get(key))),
        broader=tuple(broadenings(one, two)),
        rollouts=tuple(rollouts(one, two)),
        two_deployments=tuple(two_deployments(one, two)),
        data_replaced=tuple(data_replaced(one, two)),
    )


def _resources(template: Template) -> dict[str, dict[str, Any]]:
    return {key: value for key, value in template["Resources"].items() if value["Type"] not in _IGNORED}


def _one(logical_id: str, resources: dict[str, dict[str, Any]]) -> ResourceChange:
    return ResourceChange(logical_id=logical_id, type=resources[logical_id]["Type"])


def _changed(logical_id: str, old: dict[str, Any], new: dict[str, Any]) -> ResourceChange:
    return ResourceChange(
        logical_id=logical_id,
        type=new["Type"],
        values=tuple(value_changes(old, new)),
        effect=replacement(new["Type"], old.get("Properties", {}), new.get("Properties", {})),
    )
