"""Which share of the traffic every variant gets, as the load balancer's listener has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from slipway.operations.aws.clients import Aws
from slipway.operations.eks.cells import Cell

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import RuleTypeDef


def weights_of(aws: Aws, cell: Cell) -> dict[str, float]:
    """The weights of the variants that the listener's rules share the traffic out to, by name.

    It is empty if no rule does. The rules that send a request to the variant that its header names are passed over.
    """
    arns = {arn: variant for variant, arn in cell.target_groups.items()}
    any_group = next(iter(arns))
    (group,) = aws.elbv2.describe_target_groups(TargetGroupArns=[any_group])["TargetGroups"]
    found: dict[str, float] = {}
    for balancer in group.get("LoadBalancerArns", ()):
        for listener in aws.elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
            rules = aws.elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            found |= dict(_shared_out(rules, arns))
    return found


def _shared_out(rules: list[RuleTypeDef], variants: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for rule in rules:
        by_header = any(condition.get("Field") == "http-header" for condition in rule.get("Conditions", ()))
        if by_header:
            continue
        for action in rule.get("Actions", ()):
            for group in action.get("ForwardConfig", {}).get("TargetGroups", ()):
                variant = variants.get(group.get("TargetGroupArn", ""))
                if variant is not None:
                    yield variant, group.get("Weight", 1)
