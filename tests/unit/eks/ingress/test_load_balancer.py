"""The load balancer stands in the template, reaches pods only, and goes with its stack."""

from typing import Any

import pytest
from aws_cdk import RemovalPolicy
from aws_cdk.assertions import Template

from inference_constructs.config import Pods
from inference_constructs.eks.common import timeouts as timings
from inference_constructs.eks.ingress.network import LoadBalancerNetwork
from tests.templates import only, resources
from tests.unit.eks import services
from tests.unit.eks.services import CLUSTER, CLUSTER_GROUP, attributes, deployed, subnet_ids

KIND = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TARGETS = "AWS::ElasticLoadBalancingV2::TargetGroup"


@pytest.fixture(scope="module")
def template() -> Template:
    return deployed().template


@pytest.fixture(scope="module")
def public() -> Template:
    return deployed(load_balancer=services.PUBLIC, removal_policy=RemovalPolicy.DESTROY).template


@pytest.fixture(scope="module")
def tuned() -> Template:
    """Slow requests, even turns, slow start, reserved capacity, and a VPC without private subnets."""
    pods = Pods(
        cpu="2",
        memory="4Gi",
        longest_request_s=600,
        load_balancing="round_robin",
        slow_start_s=60,
        reserved_capacity_units=500,
    )
    settings = services.SETTINGS.model_copy(update={"allowed_cidrs": ("10.1.0.0/16",), "deletion_protection": False})
    return deployed(pods=pods, private=False, load_balancer=settings).template


def told(template: Template) -> dict[str, Any]:
    return attributes(only(template, KIND), "LoadBalancerAttributes")


def target_attributes(template: Template) -> dict[str, Any]:
    return attributes(only(template, TARGETS), "TargetGroupAttributes")


def test_it_is_internal_and_in_the_private_subnets_by_default(template: Template) -> None:
    """EKS fact 10: with the load balancer in CloudFormation no controller can leave one behind."""
    balancer = only(template, KIND)
    assert balancer["Type"] == "application"
    assert balancer["Scheme"] == "internal"
    assert balancer["Subnets"] == subnet_ids("3")
    assert "Name" not in balancer, "a name would keep a replacement from being made beside it"


def test_without_private_subnets_it_is_in_the_isolated_ones(tuned: Template) -> None:
    assert only(tuned, KIND)["Subnets"] == subnet_ids("1")


def test_one_for_the_internet_is_in_the_public_subnets(public: Template) -> None:
    balancer = only(public, KIND)
    assert balancer["Scheme"] == "internet-facing"
    assert balancer["Subnets"] == subnet_ids("2")


def test_a_network_in_one_zone_is_refused() -> None:
    stack = services.empty_stack()
    vpc = services.network(stack, zones=["us-east-1a"])
    group = services.cluster_in(stack, vpc).cluster_security_group
    with pytest.raises(ValueError, match="private or isolated subnets in 1 zones; accepted: 2 or more"):
        LoadBalancerNetwork(
            stack, "Network", name="x", vpc=vpc, public=False, allowed_cidrs=(), cluster_security_group=group
        )


@pytest.mark.parametrize(
    ("which", "block"), [("template", "10.0.0.0/16"), ("tuned", "10.1.0.0/16"), ("public", "0.0.0.0/0")]
)
def test_https_comes_in_from_the_named_blocks_and_goes_to_pods_only(
    which: str, block: str, request: pytest.FixtureRequest
) -> None:
    group = only(request.getfixturevalue(which), "AWS::EC2::SecurityGroup")
    (entry,) = group["SecurityGroupIngress"]
    assert (entry["CidrIp"], entry["FromPort"], entry["ToPort"]) == (block, 443, 443)
    (way_out,) = group["SecurityGroupEgress"]
    assert (way_out["FromPort"], way_out["ToPort"]) == (8080, 8080)
    assert way_out["DestinationSecurityGroupId"] == CLUSTER_GROUP


def test_cloudformation_opens_the_cluster_for_it_and_for_nobody_else(template: Template) -> None:
    """EKS fact 10: a rule that a controller added would keep the security group from being deleted."""
    rule = only(template, "AWS::EC2::SecurityGroupIngress")
    assert rule["GroupId"] == CLUSTER_GROUP
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 8080, 8080)
    (group,) = template.find_resources("AWS::EC2::SecurityGroup")
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": [group, "GroupId"]}


def test_it_refuses_what_is_malformed_and_logs_every_request(template: Template) -> None:
    settings = told(template)
    assert settings["routing.http.desync_mitigation_mode"] == "defensive"
    assert settings["routing.http.drop_invalid_header_fields.enabled"] == "true"
    (bucket,) = template.find_resources("AWS::S3::Bucket")
    for log in ("access_logs", "health_check_logs"):
        assert settings[f"{log}.s3.enabled"] == "true"
        assert settings[f"{log}.s3.bucket"] == {"Ref": bucket}
        assert settings[f"{log}.s3.prefix"] == f"{CLUSTER}/triage"
    assert len(settings) <= 20, "ModifyLoadBalancerAttributes takes no more"


def test_callers_can_be_moved_away_within_minutes(template: Template) -> None:
    """A drained cell keeps those that stay connected: they have to connect anew, and ask the DNS, after 300 s, not
    after the default of an hour. A zone can be taken out only where zonal shift is on, and it is off by default
    (Elastic Load Balancing API, "LoadBalancerAttribute")."""
    settings = told(template)
    assert settings["client_keep_alive.seconds"] == "300"
    assert settings["zonal_shift.config.enabled"] == "true"


@pytest.mark.parametrize(("which", "protected"), [("template", "true"), ("public", "false"), ("tuned", "false")])
def test_it_can_be_deleted_where_the_environment_is_disposable_or_says_so(
    which: str, protected: str, request: pytest.FixtureRequest
) -> None:
    """EKS fact 12: deletion protection makes `cdk destroy` fail, so there is none in what is made to go."""
    assert told(request.getfixturevalue(which))["deletion_protection.enabled"] == protected


@pytest.mark.parametrize(("which", "idle_s"), [("template", 60), ("tuned", 605)])
def test_the_server_keeps_connections_longer_than_the_load_balancer(
    which: str, idle_s: int, request: pytest.FixtureRequest
) -> None:
    """EKS fact 6: otherwise the load balancer sends into a connection that is being closed, and answers 502."""
    found = request.getfixturevalue(which)
    assert told(found)["idle_timeout.timeout_seconds"] == str(idle_s)
    (configuration,) = services.objects(found, "ConfigMap").values()
    settings = configuration["data"]
    assert int(settings["SERVING_KEEP_ALIVE_SECONDS"]) > idle_s


@pytest.mark.parametrize("longest_request_s", [1, 30, 55, 600])
def test_the_load_balancer_waits_for_the_longest_answer(longest_request_s: int) -> None:
    pods = Pods(cpu="1", memory="1Gi", longest_request_s=longest_request_s)
    assert longest_request_s < timings.idle_timeout_s(pods) < timings.keep_alive_s(pods)


def test_capacity_is_reserved_only_where_asked_for(template: Template, tuned: Template) -> None:
    """EKS fact 21: reserved units are billed, and the quota for them is 0 until AWS raises it."""
    assert "MinimumLoadBalancerCapacity" not in only(template, KIND)
    balancer = only(tuned, KIND)
    assert balancer["MinimumLoadBalancerCapacity"] == {"CapacityUnits": 500}
    assert balancer["EnableCapacityReservationProvisionStabilize"] is True


def test_targets_are_pods_by_address_in_a_group_tagged_for_the_cluster(template: Template) -> None:
    """EKS fact 1: without the tag Auto Mode may not register them."""
    targets = only(template, TARGETS)
    assert (targets["TargetType"], targets["Protocol"], targets["Port"]) == ("ip", "HTTP", 8080)
    assert attributes(targets, "Tags") == {"eks:eks-cluster-name": CLUSTER}
    assert "Name" not in targets


def test_a_target_is_healthy_while_it_answers_and_out_after_half_a_minute_of_silence(template: Template) -> None:
    """Of a node that nobody can reach Kubernetes knows after 40 s or more. Seconds, and checks in a row; a fixed port
    would be asked of every pod, `traffic-port` is the one that each is registered with (Elastic Load Balancing API,
    "CreateTargetGroup")."""
    targets = only(template, TARGETS)
    assert targets["Matcher"] == {"HttpCode": "200"}
    assert {key: value for key, value in targets.items() if key.startswith(("Health", "Unhealthy"))} == {
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": "/ping",
        "HealthCheckIntervalSeconds": 10,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
    }


@pytest.mark.parametrize(("which", "longest_request_s"), [("template", 30), ("tuned", 600)])
def test_a_leaving_target_may_finish_while_its_pod_lives(
    which: str, longest_request_s: int, request: pytest.FixtureRequest
) -> None:
    """EKS fact 3: 25 s of sleep and the longest request, within the pod's grace period; not the default 300 s."""
    found = request.getfixturevalue(which)
    delay = int(target_attributes(found)["deregistration_delay.timeout_seconds"])
    assert delay == 25 + longest_request_s
    pod = services.objects(found, "Deployment")["main"]["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    assert server["lifecycle"]["preStop"]["sleep"]["seconds"] >= 25
    assert pod["terminationGracePeriodSeconds"] > server["lifecycle"]["preStop"]["sleep"]["seconds"] + longest_request_s
    assert pod["terminationGracePeriodSeconds"] >= delay


def test_the_pod_with_fewest_open_requests_gets_the_next(template: Template) -> None:
    """EKS fact 7: that suits inference of uneven length, and excludes slow start."""
    settings = target_attributes(template)
    assert settings["load_balancing.algorithm.type"] == "least_outstanding_requests"
    assert "slow_start.duration_seconds" not in settings
    assert settings["stickiness.enabled"] == "false"


def test_slow_start_goes_with_even_turns(tuned: Template) -> None:
    """EKS fact 7: the two exclude each other."""
    settings = target_attributes(tuned)
    assert settings["load_balancing.algorithm.type"] == "round_robin"
    assert settings["slow_start.duration_seconds"] == "60"


def test_an_internal_one_has_no_firewall(template: Template) -> None:
    assert not resources(template, "AWS::WAFv2::WebACL")


def test_a_candidate_without_pods_takes_no_cell_out_of_the_dns() -> None:
    """Route 53 takes a load balancer with an empty target group for unhealthy, and a new candidate's is empty."""
    key = "target_group_health.dns_failover.minimum_healthy_targets.count"
    groups = deployed(second="candidate", load_balancer=services.WITH_ZONE).template.find_resources(TARGETS)
    found = {
        name.partition("TargetGroup")[2][:-8]: attributes(group["Properties"], "TargetGroupAttributes").get(key)
        for name, group in groups.items()
    }
    assert found == {"main": None, "candidate": "off"}, "the default is 1"
