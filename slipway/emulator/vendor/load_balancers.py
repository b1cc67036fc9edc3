"""What ministack knows of load balancers and target groups."""

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from slipway.emulator.vendor.compatibility import Expectation, parameters


def load_balancer(arn: str) -> dict[str, Any]:
    """Ministack's record of a load balancer, which DescribeLoadBalancers tells."""
    record: dict[str, Any] = alb._lbs[arn]  # noqa: SLF001
    return record


def describe_weights() -> None:
    """Have ministack keep the weights of a forward action, and tell them; of several target groups it takes one."""
    actions_of, xml_of = provisioners._elbv2_listener_actions, alb._action_xml  # noqa: SLF001

    def actions(props: dict[str, Any], lb_arn: str | None, prop: str = "DefaultActions") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = actions_of(props, lb_arn, prop)
        for action, declared in zip(found, props.get(prop) or [], strict=True):
            if "ForwardConfig" in declared:
                action["ForwardConfig"] = declared["ForwardConfig"]
        return found

    def xml(action: dict[str, Any]) -> str:
        text: str = xml_of(action)
        groups = "".join(
            f"<member><TargetGroupArn>{group['TargetGroupArn']}</TargetGroupArn>"
            f"<Weight>{group.get('Weight', 1)}</Weight></member>"
            for group in action.get("ForwardConfig", {}).get("TargetGroups", [])
        )
        config = f"<ForwardConfig><TargetGroups>{groups}</TargetGroups></ForwardConfig>" if groups else ""
        return text.removesuffix("</member>") + config + "</member>"

    provisioners._elbv2_listener_actions, alb._action_xml = actions, xml  # noqa: SLF001


def answer_target_health(describe: Callable[[str], list[dict[str, Any]] | None]) -> None:
    """Have `DescribeTargetHealth` tell what there is behind a target group; ministack calls every target healthy.

    Args:
        describe: Answers `Id`, `Port`, `State`, `Reason` and `Description` of each target of a target group by its ARN,
            or None for a target group that it does not know.
    """
    inner = alb._ACTION_MAP["DescribeTargetHealth"]  # noqa: SLF001

    def describe_target_health(params: dict[str, Any]) -> Any:
        targets = describe(alb._p(params, "TargetGroupArn"))  # noqa: SLF001
        if targets is None:
            return inner(params)
        members = "".join(
            f"<member><Target><Id>{target['Id']}</Id><Port>{target['Port']}</Port></Target><TargetHealth>"
            + "".join(
                f"<{part}>{escape(target[part])}</{part}>"
                for part in ("State", "Reason", "Description")
                if target[part]
            )
            + "</TargetHealth></member>"
            for target in targets
        )
        inside = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        return alb._xml(200, "DescribeTargetHealth", inside)  # noqa: SLF001

    alb._ACTION_MAP["DescribeTargetHealth"] = describe_target_health  # noqa: SLF001


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    return [
        ("ministack alb._lbs", hasattr(alb, "_lbs")),
        ("ministack alb._ACTION_MAP", "DescribeTargetHealth" in getattr(alb, "_ACTION_MAP", {})),
        (
            "ministack alb._xml(status, action, inner)",
            parameters(getattr(alb, "_xml", None)) == ["status", "action", "inner"],
        ),
        (
            "ministack provisioners._elbv2_listener_actions",
            callable(getattr(provisioners, "_elbv2_listener_actions", None)),
        ),
    ]
