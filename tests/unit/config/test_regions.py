"""What belongs to a region is not taken for another's, and what is no matter of regions is left alone."""

from pathlib import Path

import pytest

from inference_constructs.config import ConfigError, load_project
from tests.unit.config.projects import ENVIRONMENT, ENVIRONMENT_WITH_EKS, SERVICE_ON_EKS, with_line, write_project

PURPOSE = "    purpose: development\n"
CHAT = "    alarm_chat: {slack_workspace_id: T0123ABCD, slack_channel_id: C0123ABCD}\n"
ZONES = "availability_zones: [eu-west-1a, eu-west-1b]"


def image_in(region: str) -> str:
    return f'{{uri: "111122223333.dkr.ecr.{region}.amazonaws.com/serving:1"}}'


def test_each_region_may_say_its_own_copies(tmp_path: Path) -> None:
    there = (
        "    regions:\n"
        "      eu-west-1:\n"
        f"        network: {{{ZONES}}}\n"
        "        services:\n"
        "          triage:\n"
        f"            image: {image_in('eu-west-1')}\n"
        "            model:\n"
        "              s3_uri: s3://trained-eu/model.tar.gz\n"
        "              kms_key_arn: arn:aws:kms:eu-west-1:111122223333:key/8f3c2a1e\n"
    )
    environment = with_line(ENVIRONMENT, "triage: {}", f"triage: {{image: {image_in('us-east-1')}}}")
    first, second = load_project(
        write_project(tmp_path, environment=with_line(environment, PURPOSE, PURPOSE + there))
    ).environments
    images = [each.services[0].image for each in (first, second)]
    assert [image.uri.split(".")[3] for image in images if image and image.uri] == ["us-east-1", "eu-west-1"]


def test_one_region_of_an_environment_can_be_asked_for(tmp_path: Path) -> None:
    there = f"    regions: {{eu-west-1: {{network: {{{ZONES}}}}}}}\n"
    project = load_project(write_project(tmp_path, environment=with_line(ENVIRONMENT, PURPOSE, PURPOSE + there)))
    assert [each.region for each in project.only(["dev"]).environments] == ["us-east-1", "eu-west-1"]
    assert [each.region for each in project.only(["dev-eu-west-1"]).environments] == ["eu-west-1"]
    with pytest.raises(ConfigError, match="accepted: names out of dev, dev-eu-west-1"):
        project.only(["dev-us-east-1"])


def test_pods_may_load_from_another_region(tmp_path: Path) -> None:
    """Kubernetes pulls from wherever it is allowed to; it only takes longer."""
    key = "kms_key_arn: arn:aws:kms:eu-west-1:111122223333:key/8f3c2a1e"
    model = f"{{s3_uri: s3://trained/m.tar.gz, sha256: '{'0' * 64}', {key}}}"
    overrides = f"triage: {{image: {image_in('eu-west-1')}, model: {model}}}"
    environment = with_line(ENVIRONMENT_WITH_EKS, "triage: {}", overrides)
    project = load_project(write_project(tmp_path, service=SERVICE_ON_EKS, environment=environment))
    assert project.environments[0].services[0].backend == "eks"


@pytest.mark.parametrize(
    ("existing", "vpc"),
    [
        ("null", None),
        (
            "{vpc_id: vpc-0123456789abcdef9, isolated_subnets: [subnet-0123456789abcdef8, subnet-0123456789abcdef9]}",
            "vpc-0123456789abcdef9",
        ),
    ],
)
def test_another_region_has_another_network(tmp_path: Path, existing: str, vpc: str | None) -> None:
    zones = "[us-east-1a, us-east-1b]"
    ids = "{vpc_id: vpc-0123456789abcdef0, isolated_subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]}"
    environment = with_line(ENVIRONMENT, zones, f"{zones}\n      cidr: 10.0.0.0/16\n      existing: {ids}")
    there = f"    regions: {{eu-west-1: {{network: {{{ZONES}, existing: {existing}}}}}}}\n"
    _, second = load_project(
        write_project(tmp_path, environment=with_line(environment, PURPOSE, PURPOSE + there))
    ).environments
    assert (second.network.existing.vpc_id if second.network.existing else None) == vpc


@pytest.mark.parametrize("chat", ["null", "{slack_channel_id: C0123WXYZ}"])
def test_another_region_tells_no_channel_or_one_of_its_own(tmp_path: Path, chat: str) -> None:
    there = f"    regions: {{eu-west-1: {{network: {{{ZONES}}}, alarm_chat: {chat}}}}}\n"
    _, second = load_project(
        write_project(tmp_path, environment=with_line(ENVIRONMENT, PURPOSE, PURPOSE + CHAT + there))
    ).environments
    channel = second.alarm_chat.slack_channel_id if second.alarm_chat else None
    assert channel == (None if chat == "null" else "C0123WXYZ")


def test_two_environments_of_one_account_do_not_share_a_channel(tmp_path: Path) -> None:
    """Amazon Q Developer: "Slack channel with ID … has already been configured for AWS account …"."""
    root = write_project(tmp_path, environment=with_line(ENVIRONMENT, PURPOSE, PURPOSE + CHAT))
    dev = root / "environments" / "dev.yaml"
    test = dev.with_name("test.yaml")
    test.write_text(with_line(dev.read_text(), "name: dev", "name: test"))
    with pytest.raises(ConfigError) as error:
        load_project(root)
    assert str(error.value) == (
        "environments/test.yaml:9: alarm_chat.slack_channel_id: `'C0123ABCD'`; accepted: another channel, or null: dev"
        " in us-east-1 has this one, and Amazon Q Developer takes a channel once in an account"
    )
    test.write_text(with_line(test.read_text(), "111122223333", "222233334444"))
    assert len(load_project(root).environments) == 2, "another account tells the channel, too"


@pytest.mark.parametrize("url", ["https://events.pagerduty.com", "https://a.example:8443", "https://a.example?key=1"])
def test_an_address_needs_no_path(tmp_path: Path, url: str) -> None:
    text = with_line(ENVIRONMENT, PURPOSE, f'{PURPOSE}    alarm_urls: ["{url}"]\n')
    assert load_project(write_project(tmp_path, environment=text)).environments[0].alarm_urls == (url,)
