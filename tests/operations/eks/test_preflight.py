"""What a deployment would do, from templates as the CDK writes them, cut down to what is compared."""

import io
import json
from typing import Any

from rich.console import Console

from slipway.operations.eks.preflight import preflight_cell
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.preflight import PreflightResult, print_preflight
from slipway.operations.templates.template_values import Resolver
from tests.operations.eks import live
from tests.operations.eks.pods import deployment
from tests.operations.stubbed import ACCOUNT, REGION, STACK, Stubbed

RESOLVER = Resolver.of(ACCOUNT, REGION)
CLUSTER_STACK = "slipway-dev-cluster"


def group_id(variant: str) -> str:
    return f"TargetGroup-{variant}"


def template(
    *, port: int = 8080, scheme: str = "internal", runs: dict[str, str] | None = None, **weights: int
) -> dict[str, Any]:
    """A service's template: the variants with their weights; `runs` has the image tags of those that differ."""
    resources: dict[str, Any] = {
        "LoadBalancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {"Scheme": scheme}}
    }
    shares = []
    for variant, weight in weights.items():
        forward = {"TargetGroupArn": {"Ref": group_id(variant)}, "Weight": weight}
        shares.append(forward)
        resources[group_id(variant)] = {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": {"Port": port, "Protocol": "HTTP", "TargetType": "ip", "Tags": [{"Key": "a", "Value": "b"}]},
        }
        header = {"HttpHeaderName": "X-Amzn-SageMaker-Target-Variant", "Values": [variant]}
        resources[f"Rule-{variant}"] = rule(
            [{"Field": "http-header", "HttpHeaderConfig": header}], [{**forward, "Weight": 1}]
        )
        resources[f"Manifest-{variant}"] = manifest(variant, (runs or {}).get(variant, "1"))
    resources["Rule"] = rule([{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/invocations"]}}], shares)
    return {"Resources": resources}


def rule(conditions: list[dict[str, Any]], shares: list[dict[str, Any]]) -> dict[str, Any]:
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}]
    properties = {"Conditions": conditions, "Actions": actions, "Priority": 1}
    return {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": properties}


def manifest(variant: str, tag: str) -> dict[str, Any]:
    """A Deployment as the CDK writes it: a text of JSON with what CloudFormation puts into it."""
    written = deployment(variant)
    written["spec"]["template"]["spec"]["containers"][0]["image"] = "@"
    before, after = json.dumps([written]).split("@")
    image = [{"Ref": "AWS::AccountId"}, ".dkr.ecr.us-east-1.amazonaws.com/serving:", tag]
    return {
        "Type": "Custom::AWSCDK-EKS-KubernetesResource",
        "Properties": {"Manifest": {"Fn::Join": ["", [before, *image, after]]}},
    }


def cluster(name: str = "slipway-dev") -> dict[str, Any]:
    properties = {"Name": name, "Version": "1.35", "ComputeConfig": {"Enabled": True, "NodePools": []}}
    return {"Resources": {"Cluster": {"Type": "AWS::EKS::Cluster", "Properties": properties}}}


def preflight(
    stubbed: Stubbed,
    service: DeployedEksService,
    live_template: dict[str, Any],
    new: dict[str, Any],
    *,
    strategy: str = "all_at_once",
    cluster_now: dict[str, Any] | None = None,
) -> PreflightResult:
    live.stack(stubbed, {}, name=CLUSTER_STACK)
    deployed(stubbed, CLUSTER_STACK, cluster())
    live.stack(stubbed, {})
    deployed(stubbed, STACK, live_template)
    service = DeployedEksService(
        environment=service.environment,
        name=service.name,
        latency_p99_ms=None,
        samples=service.samples,
        strategy=strategy,
    )
    return preflight_cell(
        stubbed.aws, service, 1, template=new, cluster_template=cluster_now or cluster(), resolver=RESOLVER
    )


def deployed(stubbed: Stubbed, stack: str, body: dict[str, Any]) -> None:
    stubbed.answer(
        "cloudformation", "get_template", {"TemplateBody": json.dumps(body)}, StackName=stack, TemplateStage="Original"
    )


def printed(found: PreflightResult) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    print_preflight(console, found)
    return console.export_text()


def test_nothing_changes(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    found = preflight(stubbed, on_eks, template(main=100), template(main=100), strategy="canary")
    assert (found.refusals, found.warnings) == ((), ())
    assert found.changes == ("Variant main: neither version nor weight changes.",)
    assert "✓ Nothing is known to be in the way of dev-tumor-triage." in printed(found)


def test_the_first_deployment(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    for name in (CLUSTER_STACK, STACK):
        stubbed.refuse("cloudformation", "describe_stacks", "ValidationError", f"Stack with id {name} does not exist")
    found = preflight_cell(
        stubbed.aws, on_eks, 1, template=template(main=1), cluster_template=cluster(), resolver=RESOLVER
    )
    assert found.changes == (f"The first deployment: there is no stack {STACK} yet.",)
    assert found.refusals == ()


def test_a_candidate_comes_and_its_traffic_grows(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    new = template(main=90, candidate=10, runs={"candidate": "2"})
    found = preflight(stubbed, on_eks, template(main=100), new, strategy="canary")
    assert (found.refusals, found.warnings) == ((), ())
    assert found.changes == (
        "Variant main: weight 90 instead of 100.",
        "Variant candidate is added, with the weight 10.",
    )


def test_another_version_of_the_stable_variant_is_said(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    found = preflight(stubbed, on_eks, template(main=100), template(main=100, runs={"main": "2"}), strategy="rolling")
    assert (found.refusals, found.warnings) == ((), ())
    registry = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/serving"
    assert found.changes == (f"Variant main: another version: {registry}:2 instead of {registry}:1.",)


def test_a_candidate_with_traffic_is_not_removed_before_it_is_promoted(
    stubbed: Stubbed, on_eks: DeployedEksService
) -> None:
    now = template(main=0, candidate=100, runs={"candidate": "2"})
    for tag in ("1", "2"):  # not even if the stable variant becomes the same in that very deployment
        found = preflight(stubbed, on_eks, now, template(main=100, runs={"main": tag}), strategy="canary")
        (refusal,) = found.refusals
        assert refusal == (
            "The candidate is removed while it gets 100 of the traffic's weight and the stable variant still runs"
            " another version: the traffic would fall back to that. To promote it, in three deployments: 1."
            " `candidate.step` at the rollout's last step; 2. `model` (and `image`) of the service set to the"
            " candidate's, the candidate still there; 3. the candidate removed. To give it up: `candidate.step:"
            " 0`, then remove it."
        )
    assert "✗ dev-tumor-triage must not be deployed like this." in printed(found)


def test_a_promoted_candidate_and_one_that_was_given_up_may_go(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    same = {"main": "2", "candidate": "2"}
    promoted = preflight(
        stubbed, on_eks, template(main=0, candidate=100, runs=same), template(main=100, runs={"main": "2"})
    )
    assert (promoted.refusals, promoted.warnings) == ((), ())
    given_up = preflight(stubbed, on_eks, template(main=100, candidate=0, runs={"candidate": "2"}), template(main=100))
    assert given_up.refusals == ()
    assert given_up.changes[-1] == "Variant candidate is removed."


def test_eks_fact_8_a_renamed_variant_drops_its_targets(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    """EKS fact 8: a renamed variant is a new Service, and the targets of the old one go in the middle of requests."""
    found = preflight(stubbed, on_eks, template(one=1, two=1), template(one=1, three=1))
    assert found.refusals == (
        (
            "Variant two is removed (if three is its new name: a renamed variant is a removed and a new one) while it"
            " gets 1 of the traffic's weight: its targets go in the middle of requests. First deploy it with the weight"
            " 0, or keep its name."
        ),
    )
    idle = preflight(stubbed, on_eks, template(one=1, two=0), template(one=1))
    assert idle.refusals == ()


def test_what_would_be_replaced(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    target_group = preflight(stubbed, on_eks, template(main=1), template(main=1, port=9090))
    assert target_group.refusals == (
        (
            "The target group TargetGroup-main would be replaced, since Port changes. The new one has no targets when"
            " the listener moves to it: undo the change."
        ),
    )
    balancer = preflight(stubbed, on_eks, template(main=1), template(main=1, scheme="internet-facing"))
    assert balancer.refusals[0].startswith("The load balancer LoadBalancer would be replaced, since Scheme changes.")
    # Elastic Load Balancing API Reference, TargetGroupAssociationLimit: the one before has them until it is gone.
    assert "a target group cannot have two" in balancer.refusals[0]
    renamed = preflight(stubbed, on_eks, template(main=1), template(main=1), cluster_now=cluster("other"))
    assert renamed.refusals == (
        (
            "The cluster Cluster would be replaced, since Name changes. Every service on it goes with it: add a cell,"
            " move the traffic there by drained_cells, then go on."
        ),
    )


def test_a_load_balancer_that_goes(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    new = template(main=1)
    del new["Resources"]["LoadBalancer"]
    (refusal,) = preflight(stubbed, on_eks, template(main=1), new).refusals
    assert refusal.startswith("The load balancer LoadBalancer would be removed.")


def test_a_deployment_that_is_under_way(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    live.stack(stubbed, {}, "UPDATE_IN_PROGRESS", name=CLUSTER_STACK)
    deployed(stubbed, CLUSTER_STACK, cluster())
    live.stack(stubbed, {}, "UPDATE_ROLLBACK_FAILED")
    deployed(stubbed, STACK, template(main=1))
    found = preflight_cell(
        stubbed.aws, on_eks, 1, template=template(main=1), cluster_template=cluster(), resolver=RESOLVER
    )
    assert found.refusals == (
        f"The stack {CLUSTER_STACK} is UPDATE_IN_PROGRESS: another deployment is under way. Wait for its end.",
        (
            f"The stack {STACK} is UPDATE_ROLLBACK_FAILED: its last rollback has to be finished first, with `cdk"
            " rollback`."
        ),
    )


def test_what_only_cloudformation_can_tell_is_compared_as_it_stands(
    stubbed: Stubbed, on_eks: DeployedEksService
) -> None:
    new = template(main=1)
    join = new["Resources"]["Manifest-main"]["Properties"]["Manifest"]["Fn::Join"][1]
    join[1:3] = [{"Fn::GetAtt": ["Repository", "RepositoryUri"]}, ":"]
    found = preflight(stubbed, on_eks, new, new)
    assert found.changes == ("Variant main: neither version nor weight changes.",)
    other = preflight(stubbed, on_eks, template(main=1), new)
    assert '{"Fn::GetAtt": ["Repository", "RepositoryUri"]}:1 instead of' in other.changes[0]
