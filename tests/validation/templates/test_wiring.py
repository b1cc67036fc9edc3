"""Each stack gets what the specification says: what constructs can do is no use where a stack passes something else."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from inference_constructs.config import Clusters, Pipeline, Project, clusters_of
from stacks.environment_stage import EnvironmentStage
from tests.validation.templates.deployed_stacks import Deployed

#: What holds data, or tells what happened, and goes with its stack or stays by its own `DeletionPolicy`.
HOLDS_DATA = {"AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
PIPELINE = {
    "account": "999988887777",
    "region": "us-east-1",
    "source": {"s3": {"bucket": "sources", "key": "slipway.zip"}},
    "waves": [{"environments": ["cells"], "approval": True}],
    "notifications": {"emails": ["platform@example.com"]},
}


@pytest.fixture(scope="module")
def clusters(deployed: list[Deployed]) -> list[Deployed]:
    return [stack for stack in deployed if stack.part == "cluster"]


def test_variants_share_the_traffic_by_their_weights_and_a_shadow_gets_its_copies(on_sagemaker: list[Deployed]) -> None:
    """A shadow's weight over that of its production variant is the share of requests that it gets copies of."""
    shadows = 0
    for stack in on_sagemaker:
        (config,) = stack.all("AWS::SageMaker::EndpointConfig").values()
        shadow = stack.service.shadow
        said = {variant.name: variant.weight for variant in stack.on_sagemaker.production_variants}
        copied = {shadow.name: sum(said.values()) * shadow.sampling_percent / 100} if shadow else {}
        for key, weights in (("ProductionVariants", said), ("ShadowProductionVariants", copied)):
            found = {each["VariantName"]: each["InitialVariantWeight"] for each in config.get(key, [])}
            assert found == pytest.approx(weights), stack.path
        shadows += bool(shadow)
    assert shadows


def test_variants_share_the_traffic_by_their_weights(on_eks: list[Deployed]) -> None:
    """Elastic Load Balancing takes whole numbers to 999, so a share may be off by a little."""
    shares = set()
    for stack in on_eks:
        rules = stack.all("AWS::ElasticLoadBalancingV2::ListenerRule").values()
        (groups,) = (
            rule["Actions"][-1]["ForwardConfig"]["TargetGroups"]
            for rule in rules
            if "http-header" not in [condition["Field"] for condition in rule["Conditions"]]
        )
        found = {stack.variants[group["TargetGroupArn"]["Ref"]]: group["Weight"] for group in groups}
        said = {variant.name: variant.weight for variant in stack.on_eks.pod_variants}
        found, said = ({name: weight / sum(each.values()) for name, weight in each.items()} for each in (found, said))
        assert found == pytest.approx(said, abs=0.002), stack.path
        shares |= set(said.values())
    assert shares - {1.0, 0.5}, "not all of it, and not equal parts"


def test_each_cell_has_records_of_its_own_and_a_drained_one_gets_nobody(on_eks: list[Deployed]) -> None:
    """Route 53 tells records of one name apart by their `SetIdentifier`: with the same, cells overwrite each other."""
    cells = set()
    for stack in on_eks:
        eks, region, name = stack.clusters, stack.environment.region, stack.service.name
        domain = eks.load_balancer.domain_name
        drained = stack.cell in eks.drained_cells
        said: dict[tuple[str, str], int | None]
        said = {(f"{name}-{region}.{domain}", f"cell-{stack.cell}"): 0 if drained else 100}
        if stack.cell == 1:
            said[f"{name}.{domain}", region] = None
        records = stack.all("AWS::Route53::RecordSet").values()
        found = {(record["Name"], record["SetIdentifier"]): record.get("Weight") for record in records}
        assert found == (said if eks.load_balancer.hosted_zone_id else {}), stack.path
        cells |= {(stack.cell, drained)} if found else set()
    assert {(1, False), (2, True)} <= cells


def test_what_holds_data_stays_or_goes_as_its_environment_says(deployed: list[Deployed]) -> None:
    """`removal: retain` also keeps clusters and load balancers from being deleted at all."""
    seen = set()
    for stack in deployed:
        kept = stack.environment.removal == "retain"
        held = [each for each in stack.template["Resources"].values() if each["Type"] in HOLDS_DATA]
        fates = {each.get(key, "Delete") for each in held for key in ("DeletionPolicy", "UpdateReplacePolicy")}
        # RetainExceptOnCreate: what a creation that failed leaves would be in the way of the next one.
        assert fates <= ({"Retain", "RetainExceptOnCreate"} if kept else {"Delete"}), stack.path
        for cluster in stack.all("AWS::EKS::Cluster").values():
            assert cluster["DeletionProtection"] is kept, stack.path
        for balancer in stack.all("AWS::ElasticLoadBalancingV2::LoadBalancer").values():
            said = stack.clusters.load_balancer.deletion_protection
            attributes = {each["Key"]: each["Value"] for each in balancer["LoadBalancerAttributes"]}
            protected = kept if said is None else said
            assert attributes["deletion_protection.enabled"] == str(protected).lower(), stack.path
        if kept:
            seen |= {(stack.part, each["Type"]) for each in held}
    assert {(part, "AWS::Logs::LogGroup") for part in ("network", "cluster", "eks", "sagemaker")} <= seen
    assert {(part, "AWS::S3::Bucket") for part in ("foundation", "sagemaker")} <= seen


def test_every_stack_is_protected_as_its_environment_says(
    deployed: list[Deployed], on_sagemaker: list[Deployed]
) -> None:
    """Of services on SageMaker those that keep something: their captured data. Another endpoint is made anew."""
    found = {stack.path: stack.protected for stack in deployed}
    said = {stack.path: stack.environment.termination_protection for stack in deployed}
    for stack in on_sagemaker:
        settings = stack.on_sagemaker.sagemaker
        said[stack.path] &= settings is not None and settings.data_capture is not None
    assert found == said
    assert {stack.part for stack in deployed if stack.protected} == {stack.part for stack in deployed}


def viewers_in(resources: dict[str, dict[str, Any]]) -> set[str]:
    """Who may look at a cluster besides what stands in its own template."""
    return {
        entry["PrincipalArn"]
        for entry in resources.values()
        for policy in entry.get("AccessPolicies", [])
        if "AmazonEKSViewPolicy" in json.dumps(policy["PolicyArn"]) and isinstance(entry["PrincipalArn"], str)
    }


def test_who_may_look_at_a_cluster(clusters: list[Deployed]) -> None:
    seen = set()
    for stack in clusters:
        found = viewers_in(stack.all("AWS::EKS::AccessEntry"))
        # With a pipeline also its role, which the next test looks at.
        found -= {f"arn:aws:iam::{stack.environment.account}:role/slipway-{stack.environment.stage_name}-operations"}
        assert found == set(stack.clusters.viewers), stack.path
        seen |= found
    assert seen


@pytest.mark.parametrize(("environment_name", "let_in"), [("cells", True), ("groups", False)])
def test_the_pipeline_may_look_at_the_clusters_that_it_deploys_to(
    *, showcase_project: Project, feature_flags: dict[str, Any], environment_name: str, let_in: bool
) -> None:
    """Its deploy check asks the Kubernetes API for pods, which answers 403 to whoever has no access entry."""
    with_pipeline = replace(showcase_project, pipeline=Pipeline.model_validate(PIPELINE))
    of_name = [each for each in showcase_project.environments if each.name == environment_name]
    environment = of_name[-1].model_copy(update={"services": ()})  # the last is in another region than the file's first
    stage = EnvironmentStage(App(context=feature_flags), project=with_pipeline, environment=environment)
    cluster = stage.node.find_child("Cluster")
    assert isinstance(cluster, Stack)
    clusters = clusters_of(environment)
    entries = Template.from_stack(cluster).find_resources("AWS::EKS::AccessEntry")
    role = f"arn:aws:iam::444455556666:role/slipway-{environment.stage_name}-operations"
    said = {*clusters.viewers, *([role] if let_in else [])}
    assert viewers_in({key: entry["Properties"] for key, entry in entries.items()}) == said


def test_pods_get_their_variables_their_neighbours_and_their_callers(on_eks: list[Deployed]) -> None:
    """Whoever may call is let in twice: to the load balancer by its security group, to the pods by their policy."""
    told: set[str] = set()
    spread: set[bool] = set()
    for stack in on_eks:
        eks, pods = stack.clusters, stack.on_eks.eks
        for variant in stack.on_eks.pod_variants:
            own = {key: value for key, value in variant.container.environment.items() if not key.startswith("SERVING_")}
            assert own.items() <= stack.objects("ConfigMap")[variant.name]["data"].items(), stack.path
            told |= own.keys()
            pod = stack.objects("Deployment")[variant.name]["spec"]["template"]["spec"]
            keys = {each["topologyKey"] for each in pod["topologySpreadConstraints"]}
            # Karpenter's label divides nodes by the pool's share of spot; where all are alike no node has it.
            mixed = any(pool.spot_percent not in (0, 100) for pool in eks.node_pools if pool.kind == pods.kind)
            assert ("slipway/capacity-spread" in keys) == mixed, stack.path
            spread.add(mixed)
        network = stack.environment.network.cidr
        ((rule,),) = (policy["spec"]["ingress"] for policy in stack.objects("NetworkPolicy").values())
        assert [peer["ipBlock"] for peer in rule["from"] if "ipBlock" in peer] == [{"cidr": network}], stack.path
        (group,) = stack.all("AWS::EC2::SecurityGroup").values()
        callers = {each["CidrIp"] for each in group["SecurityGroupIngress"]}
        assert callers == set(eks.load_balancer.allowed_cidrs or [network]), stack.path
    assert told
    assert spread == {True, False}


def test_access_logs_are_kept_for_as_long_as_their_environment_says(deployed: list[Deployed]) -> None:
    seen = 0
    for stack in (each for each in deployed if each.part == "foundation"):
        eks = stack.environment.settings_for(Clusters)
        days = [
            rule["ExpirationInDays"]
            for bucket in stack.all("AWS::S3::Bucket").values()
            for rule in bucket["LifecycleConfiguration"]["Rules"]
        ]
        assert days == ([eks.load_balancer.access_log_days] if eks else []), stack.path
        seen += len(days)
    assert seen


def test_a_clusters_alarms_wait_for_its_nodes(clusters: list[Deployed]) -> None:
    """One rings when the cluster says nothing, as one without nodes does: it would ring during every creation."""
    for stack in clusters:
        every = stack.template["Resources"]
        nodes = {
            key
            for key, each in every.items()
            if each["Type"] == "AWS::EKS::Nodegroup" or '"kind":"NodePool"' in json.dumps(each).replace("\\", "")
        }
        assert nodes, stack.path
        for each in every.values():
            if each["Type"] == "AWS::CloudWatch::Alarm":
                assert nodes <= set(each.get("DependsOn", [])), stack.path
