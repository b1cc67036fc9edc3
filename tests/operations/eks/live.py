"""What AWS answers about a service on EKS."""

import base64
from typing import Any

from tests.operations.eks.https_stand_in import HOST, Served
from tests.operations.stubbed import ACCOUNT, BEGAN, CREATED, REGION, STACK, STACK_ID, Stubbed

CLUSTER = "slipway-dev"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/slipway/1"
LISTENER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/slipway/1/2"


def group(variant: str) -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{variant}/1"


def outputs(port: int = 443, *variants: str) -> dict[str, str]:
    return {
        "ServiceUrl": f"https://{HOST}",
        "LoadBalancerDnsName": "127.0.0.1" if port == 443 else f"127.0.0.1:{port}",
        "ClusterName": CLUSTER,
        "Namespace": "tumor-triage",
        "TargetGroups": ",".join(f"{variant}={group(variant)}" for variant in variants or ("main",)),
    }


def stack(stubbed: Stubbed, found: dict[str, str], status: str = "UPDATE_COMPLETE", name: str = STACK) -> None:
    described = {
        "StackName": name,
        "StackId": STACK_ID,
        "CreationTime": CREATED,
        "LastUpdatedTime": BEGAN,
        "StackStatus": status,
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in found.items()],
    }
    stubbed.answer("cloudformation", "describe_stacks", {"Stacks": [described]}, StackName=name)


def cluster(stubbed: Stubbed, served: Served) -> None:
    described = {
        "name": CLUSTER,
        "status": "ACTIVE",
        "endpoint": f"https://127.0.0.1:{served.port}",
        "certificateAuthority": {"data": base64.b64encode(served.authority.encode()).decode()},
    }
    stubbed.answer("eks", "describe_cluster", {"cluster": described}, name=CLUSTER)


def targets(stubbed: Stubbed, variant: str, *states: str | tuple[str, str, str]) -> None:
    """The targets of a variant: each state alone, or with the load balancer's reason and description."""
    described: list[dict[str, Any]] = []
    for number, state in enumerate(states):
        health = (
            {"State": state}
            if isinstance(state, str)
            else dict(zip(("State", "Reason", "Description"), state, strict=True))
        )
        described.append({"Target": {"Id": f"10.0.0.{number}", "Port": 8080}, "TargetHealth": health})
    stubbed.answer(
        "elbv2", "describe_target_health", {"TargetHealthDescriptions": described}, TargetGroupArn=group(variant)
    )


def tags(stubbed: Stubbed, variant: str, **values: str) -> None:
    written = [{"Key": key.replace("_", ":", 1).replace("_", "-"), "Value": value} for key, value in values.items()]
    answer = {"TagDescriptions": [{"ResourceArn": group(variant), "Tags": written}]}
    stubbed.answer("elbv2", "describe_tags", answer, ResourceArns=[group(variant)])


def weights(stubbed: Stubbed, **shares: int) -> None:
    """The listener's rules: one per variant by its header, and one that shares the traffic out."""
    first = group(next(iter(shares)))
    stubbed.answer(
        "elbv2",
        "describe_target_groups",
        {"TargetGroups": [{"TargetGroupArn": first, "LoadBalancerArns": [BALANCER]}]},
        TargetGroupArns=[first],
    )
    stubbed.answer(
        "elbv2",
        "describe_listeners",
        {"Listeners": [{"ListenerArn": LISTENER, "LoadBalancerArn": BALANCER}]},
        LoadBalancerArn=BALANCER,
    )
    by_header = [
        {
            "Conditions": [{"Field": "http-header"}],
            "Actions": [_forward({variant: 1})],
        }
        for variant in shares
    ]
    shared = {"Conditions": [{"Field": "path-pattern"}], "Actions": [_forward(shares)]}
    default = {"IsDefault": True, "Actions": [{"Type": "fixed-response"}]}
    stubbed.answer("elbv2", "describe_rules", {"Rules": [shared, *by_header, default]}, ListenerArn=LISTENER)


def _forward(shares: dict[str, int]) -> dict[str, Any]:
    groups = [{"TargetGroupArn": group(variant), "Weight": weight} for variant, weight in shares.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
