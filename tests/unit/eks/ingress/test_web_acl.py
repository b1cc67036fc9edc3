"""The firewall of a load balancer that the internet can reach: what it blocks, what it lets through, what it logs."""

import pytest
from aws_cdk.assertions import Template

from tests.templates import Resource, only
from tests.unit.eks import services
from tests.unit.eks.services import CLUSTER, deployed, needs

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


@pytest.fixture(scope="module")
def public() -> Template:
    return deployed(load_balancer=services.PUBLIC).template


@pytest.fixture(scope="module")
def acl(public: Template) -> Resource:
    return only(public, "AWS::WAFv2::WebACL")


def test_one_for_the_internet_is_behind_a_firewall(public: Template, acl: Resource) -> None:
    assert acl["Scope"] == "REGIONAL"
    rules = {rule["Name"]: rule for rule in acl["Rules"]}
    assert set(rules) == {
        "RequestsPerIp",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
    }, "the Core rule set would block every payload above 8 KB"
    rate = rules["RequestsPerIp"]["Statement"]["RateBasedStatement"]
    assert (rate["Limit"], rate["EvaluationWindowSec"], rate["AggregateKeyType"]) == (20_000, 300, "IP")
    association = only(public, "AWS::WAFv2::WebACLAssociation")
    (balancer,) = public.find_resources(BALANCER)
    assert association["ResourceArn"] == {"Ref": balancer}


def test_what_a_rule_finds_is_blocked_and_nobody_else_is(acl: Resource) -> None:
    """A rule that counts lets everything through. Of a rule group, the override `None` leaves its own actions in
    force, and `Count` would only count them (AWS WAF API Reference, "OverrideAction")."""
    assert acl["DefaultAction"] == {"Allow": {}}
    actions = {
        rule["Name"]: {key: rule[key] for key in ("Action", "OverrideAction") if key in rule} for rule in acl["Rules"]
    }
    assert actions == {
        "RequestsPerIp": {"Action": {"Block": {}}},
        "AWSManagedRulesAmazonIpReputationList": {"OverrideAction": {"None": {}}},
        "AWSManagedRulesKnownBadInputsRuleSet": {"OverrideAction": {"None": {}}},
    }
    for rule in acl["Rules"][1:]:
        group = rule["Statement"]["ManagedRuleGroupStatement"]
        assert group == {"VendorName": "AWS", "Name": rule["Name"]}, "no rule of a group is excluded or only counts"


def test_the_firewall_logs_what_it_blocks_and_no_credentials(public: Template) -> None:
    logging = only(public, "AWS::WAFv2::LoggingConfiguration")
    assert logging["RedactedFields"] == [{"SingleHeader": {"Name": "authorization"}}]
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    group = only(public, "AWS::Logs::LogGroup")
    assert group["LogGroupName"] == f"aws-waf-logs-{CLUSTER}-triage"
    (destination,) = logging["LogDestinationConfigs"]
    assert destination["Fn::Join"][1][-1].endswith(f":log-group:{group['LogGroupName']}"), "WAF takes no :* at the end"


def test_a_first_deployment_that_fails_leaves_no_log_behind_that_the_next_one_could_not_make(public: Template) -> None:
    (group,) = public.find_resources("AWS::Logs::LogGroup").values()
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_no_request_comes_before_the_firewall(public: Template) -> None:
    (association,) = public.find_resources("AWS::WAFv2::WebACLAssociation")
    (traffic,) = [
        name for name in public.find_resources("AWS::ElasticLoadBalancingV2::ListenerRule") if "Traffic" in name
    ]
    assert association in needs(public)[traffic]
