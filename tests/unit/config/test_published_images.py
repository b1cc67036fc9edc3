"""AWS's own images are in an account per region, and a region that is not known is answered with a sentence."""

import pytest
from aws_cdk.region_info import Fact, FactName, RegionInfo

from inference_constructs.config.models.aws.deep_learning_containers import ACCOUNTS
from inference_constructs.config.rules.references import check_published_images
from tests.unit.config.test_service import service

_IMAGE = {"deep_learning_container": "pytorch-inference", "version": "2.6.0-cpu-py312-ubuntu22.04-sagemaker"}


def test_accounts_are_those_that_the_cdk_knows_and_more() -> None:
    known = {region.name: Fact.find(region.name, FactName.DLC_REPOSITORY_ACCOUNT) for region in RegionInfo.regions}
    outside = {region for region in known if "-iso" in region or region.startswith("eusc-")}  # registries elsewhere
    named = {region: account for region, account in known.items() if account is not None and region not in outside}
    assert named.items() <= ACCOUNTS.items()
    assert set(known) - outside <= set(ACCOUNTS)


@pytest.mark.parametrize(
    ("region", "account"),
    [
        ("ap-southeast-7", "590183813437"),
        ("ca-west-1", "204538143572"),
        ("il-central-1", "780543022126"),
        ("mx-central-1", "637423239942"),
        ("us-gov-west-1", "442386744353"),
    ],
)
def test_regions_that_the_cdk_leaves_out_have_an_account(region: str, account: str) -> None:
    assert list(check_published_images(service(image=_IMAGE), region)) == []
    assert ACCOUNTS[region] == account


def test_a_region_that_is_not_known_is_a_finding() -> None:
    variants = {"one": {}, "two": {"image": _IMAGE}}
    findings = list(check_published_images(service(image=_IMAGE, variants=variants), "us-iso-east-1"))
    assert [finding.path for finding in findings] == [
        ("services", "triage", "image", "deep_learning_container"),
        ("services", "triage", "variants", "two", "image", "deep_learning_container"),
    ]
    assert "uri, with the account of AWS's images in us-iso-east-1" in findings[0].accepted
