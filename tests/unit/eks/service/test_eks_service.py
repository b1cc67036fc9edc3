"""A service on EKS is created and deleted in an order in which no request is lost and nothing is left behind."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, RemovalPolicy, Stack, Stage, aws_ec2
from aws_cdk.assertions import Template
from aws_cdk.cx_api import CloudAssembly

from inference_constructs.config import Rollout, Strategy
from stacks.security_rules import check_security_rules, unexplained_findings
from tests.templates import only, resources
from tests.unit.eks import services
from tests.unit.eks.services import deployed, needs
from tests.validation.templates.test_cfn_lint import findings

MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
VARIANTS = ("main", "candidate")


@pytest.fixture(scope="module")
def template() -> Template:
    return deployed(second="candidate", load_balancer=services.WITH_ZONE).template


@pytest.fixture(scope="module")
def before(template: Template) -> dict[str, set[str]]:
    """What has to be there before each resource; a deletion goes the other way."""
    return needs(template)


@pytest.fixture(scope="module")
def checked(feature_flags: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> CloudAssembly:
    """One service for the internet and one inside, under the rules that every template has to pass."""
    app = App(
        context=feature_flags,
        outdir=str(tmp_path_factory.mktemp("checked")),
        post_cli_context={"@aws-cdk/core:failSynthOnValidationErrors": False},
    )
    public = services.PUBLIC.model_copy(update={"certificate_arn": None, "hosted_zone_id": "Z0123456789ABC"})
    inside = {"removal_policy": RemovalPolicy.DESTROY, "private": False}
    for name, properties in (("Public", {"load_balancer": public}), ("Inside", inside)):
        env = Environment(account="111122223333", region="us-east-1")
        stack = Stack(Stage(app, name), "Stack", env=env)
        variants = [services.variant(stack, weight=9), services.variant(stack, "candidate")]
        services.service_of(stack, variants, **properties)
    check_security_rules(app)
    return app.synth()


def the(template: Template, kind: str, part: str = "") -> str:
    """The logical id of the one resource of a type whose id has something in it."""
    (name,) = [name for name in template.find_resources(kind) if part in name]
    return name


def in_order(before: dict[str, set[str]], *names: str) -> bool:
    return all(first in before[then] for first, then in itertools.pairwise(names))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_pod_is_made_after_everything_that_makes_the_load_balancer_wait_for_it(
    variant: str, template: Template, before: dict[str, set[str]]
) -> None:
    """EKS fact 2: the readiness gate is injected only if Service and binding are there when the pod is made."""
    steps = [the(template, MANIFEST, f"Workload{variant}{step}") for step in ("Service", "Binding", "Deployment")]
    assert in_order(before, the(template, MANIFEST, "Namespace"), *steps)


@pytest.mark.parametrize("variant", VARIANTS)
def test_pods_are_bound_to_a_group_that_a_load_balancer_has_and_can_reach(
    variant: str, template: Template, before: dict[str, set[str]]
) -> None:
    """EKS fact 10: on the way out the binding goes first, so that its controller deregisters while all is there."""
    binding = the(template, MANIFEST, f"Workload{variant}Binding")
    assert in_order(
        before,
        the(template, "AWS::ElasticLoadBalancingV2::LoadBalancer"),
        the(template, "AWS::ElasticLoadBalancingV2::Listener"),
        the(template, RULE, f"Only{variant}"),
        binding,
    )
    assert the(template, "AWS::ElasticLoadBalancingV2::TargetGroup", variant) in before[binding]
    assert the(template, "AWS::EC2::SecurityGroupIngress") in before[binding]


@pytest.mark.parametrize("variant", VARIANTS)
def test_pods_may_read_their_model_from_their_first_moment(
    variant: str, template: Template, before: dict[str, set[str]]
) -> None:
    pods = before[the(template, MANIFEST, f"Workload{variant}Deployment")]
    assert the(template, "AWS::EKS::PodIdentityAssociation") in pods
    assert the(template, "AWS::IAM::ManagedPolicy") in pods
    assert the(template, "AWS::IAM::Role") in pods


def test_traffic_comes_when_every_variant_has_pods_and_the_name_comes_last(
    template: Template, before: dict[str, set[str]]
) -> None:
    """EKS fact 11: nothing else waits for a rollout, and a target group without targets answers 503."""
    traffic, record = the(template, RULE, "Traffic"), the(template, "AWS::Route53::RecordSet", "Cell")
    for variant in VARIANTS:
        pods = the(template, MANIFEST, f"Workload{variant}Deployment")
        assert in_order(before, pods, the(template, services.WAIT, variant), traffic, record)


def test_every_variant_is_waited_for(template: Template) -> None:
    """EKS fact 11: pods that never become ready fail the deployment, instead of passing for deployed."""
    waits = resources(template, services.WAIT)
    assert {wait["Deployment"] for wait in waits} == set(VARIANTS)
    for wait in waits:
        assert (wait["Namespace"], wait["Minimum"], wait["ServiceToken"]) == ("triage", 2, services.WATCH)


@pytest.fixture(scope="module")
def as_it_was() -> Template:
    return deployed(rollout=Rollout(strategy=Strategy.ROLLING)).template


def applied(template: Template) -> str:
    digest: str = only(template, services.WAIT)["Applied"]
    return digest


@pytest.mark.parametrize(
    ("changed", "times"),
    [
        ({}, 1),
        ({"drained": True}, 1),
        ({"pods": services.PODS.model_copy(update={"memory": "5Gi"})}, 2),
        ({"rollout": Rollout(strategy=Strategy.ROLLING, batch_percent=50)}, 2),
        ({"rollout": Rollout(strategy=Strategy.ROLLING, bake_minutes=10)}, 2),
    ],
)
def test_it_looks_again_exactly_when_the_deployment_changes(
    changed: dict[str, Any], times: int, as_it_was: Template
) -> None:
    """Not with what else is in the template: CloudFormation calls no resource whose properties are the same."""
    found = deployed(**{"rollout": Rollout(strategy=Strategy.ROLLING)} | changed).template
    assert len({applied(found), applied(as_it_was)}) == times


def test_a_new_model_is_waited_for_before_the_permission_for_the_old_one_goes(as_it_was: Template) -> None:
    """What a template names no more, CloudFormation deletes when everything else is done, and after a rollback never.

    So the old policy must not be changed into the new one: it has another logical id.
    """
    stack = services.empty_stack()
    found = services.service_of(
        stack, [services.variant(stack, version="2")], rollout=Rollout(strategy=Strategy.ROLLING)
    )
    policy = the(found.template, "AWS::IAM::ManagedPolicy")
    assert policy != the(as_it_was, "AWS::IAM::ManagedPolicy")
    wait = the(found.template, services.WAIT)
    assert wait == the(as_it_was, services.WAIT)
    assert applied(found.template) != applied(as_it_was)
    assert policy in needs(found.template)[wait]


def test_one_variant_does_not_wait_for_the_other(template: Template, before: dict[str, set[str]]) -> None:
    first, second = (the(template, services.WAIT, variant) for variant in VARIANTS)
    assert first not in before[second]
    assert second not in before[first]


def test_promoting_and_rolling_back_changes_one_rule_only() -> None:
    """EKS fact 8: nothing is renamed or replaced between 0 and 100 percent."""
    found = []
    for moved in (0, 10, 100):
        stack = services.empty_stack()
        variants = [services.variant(stack, weight=100 - moved), services.variant(stack, "candidate", weight=moved)]
        found.append(services.service_of(stack, variants).template.to_json()["Resources"])
    none, some, everything = found
    assert set(none) == set(some) == set(everything)
    for other in (some, everything):
        changed = [name for name in none if none[name] != other[name]]
        assert [name for name in changed if "Rollout" not in name and "Bake" not in name] == [
            name for name in none if "ListenerTraffic" in name
        ], "beside what waits, which replaces nothing"


def test_others_can_be_let_in() -> None:
    found = deployed()
    found.service.allow_from(aws_ec2.Peer.prefix_list("pl-0123456789abcdef0"), "Clients of another network")
    rules = [
        rule
        for rule in resources(Template.from_stack(found.stack), "AWS::EC2::SecurityGroupIngress")
        if "SourcePrefixListId" in rule
    ]
    (rule,) = rules
    assert (rule["SourcePrefixListId"], rule["FromPort"]) == ("pl-0123456789abcdef0", 443)


def test_it_says_where_it_is_and_what_its_variants_do() -> None:
    service = deployed(second="candidate").service
    assert service.url == "https://triage.models.example.com"
    assert set(service.target_group_arns) == set(VARIANTS)
    assert service.metrics("candidate").latency().metric_name == "TargetResponseTime"
    with pytest.raises(KeyError):
        service.metrics("nobody")


def test_no_security_rule_finds_anything_without_a_reason(checked: CloudAssembly) -> None:
    of_the_test = "/Stack/Vpc/"  # subnets that the test only names
    assert [line for line in unexplained_findings(checked) if of_the_test not in line] == []
    report = json.loads((Path(checked.directory) / "validation-report.json").read_text())
    assert {"AwsSolutions", "NIST.800.53.R5"} <= {each["pluginName"] for each in report["pluginReports"]}


def test_no_template_has_a_finding(checked: CloudAssembly) -> None:
    stacks = checked.stacks_recursively
    assert len(stacks) == 2
    for stack in stacks:
        assert findings(Path(stack.template_full_path).read_text(), "us-east-1") == []
