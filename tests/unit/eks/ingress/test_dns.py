"""Callers find a service by name, in the cells that take traffic."""

import pytest
from aws_cdk.assertions import Template

from inference_constructs.eks.ingress.certificate import certificate_arn_of
from tests.templates import Resource, only, resources
from tests.unit.eks import services
from tests.unit.eks.services import deployed


@pytest.fixture(scope="module")
def template() -> Template:
    return deployed(load_balancer=services.WITH_ZONE).template


@pytest.fixture(scope="module")
def drained() -> Template:
    return deployed(load_balancer=services.WITH_ZONE, cell=2, drained=True).template


def records(template: Template) -> dict[str, Resource]:
    return {record["SetIdentifier"]: record for record in resources(template, "AWS::Route53::RecordSet")}


def test_a_regions_name_is_weighted_so_that_a_second_cell_can_come(template: Template) -> None:
    """EKS fact 23: one cluster and one load balancer reach their quotas; identical cells stand behind weighted DNS."""
    record = records(template)["cell-1"]
    assert (record["Name"], record["Type"], record["Weight"]) == ("triage-us-east-1.models.example.com", "A", 100)
    (balancer,) = template.find_resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert record["AliasTarget"] == {
        "DNSName": {"Fn::GetAtt": [balancer, "DNSName"]},
        "HostedZoneId": {"Fn::GetAtt": [balancer, "CanonicalHostedZoneID"]},
        "EvaluateTargetHealth": True,
    }


def test_the_services_name_leads_to_the_region_that_answers_fastest(template: Template) -> None:
    record = records(template)["us-east-1"]
    assert (record["Name"], record["Type"], record["Region"]) == ("triage.models.example.com", "A", "us-east-1")
    assert record["AliasTarget"] == {
        "DNSName": "triage-us-east-1.models.example.com",
        "HostedZoneId": "Z0123456789ABC",
        "EvaluateTargetHealth": True,
    }
    logical_ids = template.find_resources("AWS::Route53::RecordSet")
    (cell,) = [name for name, found in logical_ids.items() if found["Properties"]["SetIdentifier"] == "cell-1"]
    (region,) = logical_ids.keys() - {cell}
    assert cell in logical_ids[region]["DependsOn"], "an alias needs the record that it leads to"


def test_a_drained_cell_keeps_its_record_and_gets_nobody(drained: Template) -> None:
    """The second cell has no record of the region's: the first one's leads to all of them."""
    record = only(drained, "AWS::Route53::RecordSet")
    assert (record["SetIdentifier"], record["Weight"]) == ("cell-2", 0)


def test_the_zone_proves_a_certificate_for_both_names(template: Template) -> None:
    certificate = only(template, "AWS::CertificateManager::Certificate")
    names = ["triage.models.example.com", "triage-us-east-1.models.example.com"]
    assert [certificate["DomainName"], *certificate["SubjectAlternativeNames"]] == names
    assert certificate["DomainValidationOptions"] == [
        {"DomainName": name, "HostedZoneId": "Z0123456789ABC"} for name in names
    ]
    (made,) = template.find_resources("AWS::CertificateManager::Certificate")
    listener = only(template, "AWS::ElasticLoadBalancingV2::Listener")
    assert listener["Certificates"] == [{"CertificateArn": {"Ref": made}}]


def test_without_a_zone_there_is_neither() -> None:
    found = deployed()
    assert found.service.url == "https://triage.models.example.com"
    assert not resources(found.template, "AWS::Route53::RecordSet")
    assert not resources(found.template, "AWS::CertificateManager::Certificate")


def test_no_certificate_at_all_is_refused() -> None:
    settings = services.SETTINGS.model_copy(update={"certificate_arn": None})
    with pytest.raises(ValueError, match=r"a\.example\.com: no certificate; accepted: certificate_arn, or hosted"):
        certificate_arn_of(services.empty_stack(), "Certificate", settings=settings, host_name="a.example.com")
