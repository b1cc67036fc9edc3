"""How a load balancer knows who calls, and whether it logs them."""

from typing import Any

import pytest
from aws_cdk.assertions import Template

from inference_constructs.config import LoadBalancer
from tests.templates import resources
from tests.unit.eks import services
from tests.unit.eks.services import CERTIFICATE

LISTENER, RULE = "AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule"
TRUST_STORE = "arn:aws:elasticloadbalancing:us-east-1:111122223333:truststore/callers/0123456789abcdef"
JWT = {
    "issuer": "https://idp.example.com/",
    "jwks_endpoint": "https://idp.example.com/jwks.json",
    "claims": {"aud": {"values": ["models"]}},
}


def template(**settings: Any) -> Template:
    load_balancer = LoadBalancer.model_validate(
        {"domain_name": "models.example.com", "certificate_arn": CERTIFICATE} | settings
    )
    stack = services.empty_stack()
    return services.service_of(stack, [services.variant(stack)], load_balancer=load_balancer).template


def test_callers_show_a_certificate_that_a_trust_store_trusts() -> None:
    (listener,) = resources(template(authentication={"trust_store_arn": TRUST_STORE}), LISTENER)
    assert listener["MutualAuthentication"] == {
        "Mode": "verify",
        "TrustStoreArn": TRUST_STORE,
        "IgnoreClientCertificateExpiry": False,
    }


def test_a_token_is_verified_before_any_request_is_passed_on() -> None:
    """By every rule: also by those that name a variant in a header. What no rule matches is answered with 404."""
    found = template(authentication={"jwt": JWT})
    for rule in resources(found, RULE):
        verify, forward = rule["Actions"]
        assert (verify["Type"], verify["Order"]) == ("jwt-validation", 1)
        assert (forward["Type"], forward["Order"]) == ("forward", 2)
        assert verify["JwtValidationConfig"] == {
            "Issuer": JWT["issuer"],
            "JwksEndpoint": JWT["jwks_endpoint"],
            "AdditionalClaims": [{"Name": "aud", "Format": "single-string", "Values": ["models"]}],
        }
    (listener,) = resources(found, LISTENER)
    assert [action["Type"] for action in listener["DefaultActions"]] == ["fixed-response"]
    groups = [group for group in resources(found, "AWS::EC2::SecurityGroup") if "SecurityGroupEgress" in group]
    assert any(rule.get("CidrIp") == "0.0.0.0/0" for group in groups for rule in group["SecurityGroupEgress"])


@pytest.mark.parametrize("settings", [{}, {"authentication": {"anonymous": True}}])
def test_without_it_whoever_reaches_the_load_balancer_may_call(settings: dict[str, Any]) -> None:
    found = template(**settings)
    (listener,) = resources(found, LISTENER)
    assert "MutualAuthentication" not in listener
    assert all([action["Type"] for action in rule["Actions"]] == ["forward"] for rule in resources(found, RULE))


def test_requests_are_logged_unless_the_environment_says_otherwise() -> None:
    for given, enabled in (({}, "true"), ({"access_logs": False}, "false")):
        (balancer,) = resources(template(**given), "AWS::ElasticLoadBalancingV2::LoadBalancer")
        attributes = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}
        assert attributes["access_logs.s3.enabled"] == enabled
        assert ("access_logs.s3.bucket" in attributes) is (enabled == "true")
