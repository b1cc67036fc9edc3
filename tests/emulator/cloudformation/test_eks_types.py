import ssl

import httpx

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from tests.emulator.cloudformation.stacks import Stack, get, ref, resource

_ROLE = "arn:aws:iam::123456789012:role/any"
_NODE_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"


def test_a_cluster_answers_at_its_endpoint_and_is_gone_with_its_stack(workspace: Workspace) -> None:
    stack, eks = Stack(workspace), client("eks", workspace)
    status = stack.create(
        Vpc=resource("AWS::EC2::VPC", CidrBlock="10.9.0.0/16"),
        Subnet=resource("AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.9.1.0/24"),
        Cluster=resource(
            "AWS::EKS::Cluster",
            Name="typed",
            Version="1.35",
            RoleArn=_ROLE,
            ResourcesVpcConfig={"SubnetIds": [ref("Subnet")], "EndpointPublicAccess": "false"},
            ComputeConfig={"Enabled": True, "NodePools": ["system"]},
            Logging={"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}},
        ),
        Addon=resource("AWS::EKS::Addon", ClusterName=ref("Cluster"), AddonName="metrics-server"),
        Certificates=resource("AWS::EKS::Addon", ClusterName=ref("Cluster"), AddonName="cert-manager"),
        Nodes=resource(
            "AWS::EKS::AccessEntry",
            ClusterName=ref("Cluster"),
            PrincipalArn=_ROLE,
            Type="EC2",
            AccessPolicies=[{"PolicyArn": _NODE_POLICY, "AccessScope": {"Type": "cluster"}}],
        ),
        Identity=resource(
            "AWS::EKS::PodIdentityAssociation",
            ClusterName=ref("Cluster"),
            Namespace="served",
            ServiceAccount="model",
            RoleArn=_ROLE,
        ),
        Outputs={"Endpoint": get("Cluster", "Endpoint"), "Group": get("Cluster", "ClusterSecurityGroupId")},
    )
    assert status == "CREATE_COMPLETE", stack.reasons()
    described = eks.describe_cluster(name="typed")["cluster"]
    assert (described["status"], described["computeConfig"]["nodePools"]) == ("ACTIVE", ["system"])
    assert described["logging"]["clusterLogging"][0]["types"] == ["api"]
    outputs = stack.outputs()
    group = described["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert (outputs["Endpoint"], outputs["Group"]) == (described["endpoint"], group)
    policies = eks.list_associated_access_policies(clusterName="typed", principalArn=_ROLE)
    assert [found["policyArn"] for found in policies["associatedAccessPolicies"]] == [_NODE_POLICY]
    assert len(eks.list_pod_identity_associations(clusterName="typed")["associations"]) == 1
    trusted = ssl.create_default_context(cafile=workspace.certificate_authority)
    spaces = httpx.get(f"{described['endpoint']}/api/v1/namespaces", verify=trusted, trust_env=False)
    assert "kube-system" in [found["metadata"]["name"] for found in spaces.json()["items"]]
    asked = f"{described['endpoint']}/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    webhook = httpx.get(f"{asked}/cert-manager-webhook", verify=trusted, trust_env=False).json()["webhooks"][0]
    assert webhook["clientConfig"]["caBundle"], "what a template waits for before it asks for certificates"

    stack.delete()
    assert "typed" not in eks.list_clusters()["clusters"]
    groups = client("ec2", workspace).describe_security_groups()["SecurityGroups"]
    assert group not in {found["GroupId"] for found in groups}


def test_a_version_that_has_no_schemas_is_refused_and_leaves_nothing(workspace: Workspace) -> None:
    stack = Stack(workspace)
    status = stack.create(
        Vpc=resource("AWS::EC2::VPC", CidrBlock="10.9.0.0/16"),
        Subnet=resource("AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.9.1.0/24"),
        Cluster=resource(
            "AWS::EKS::Cluster",
            Name="future",
            Version="9.99",
            RoleArn=_ROLE,
            ResourcesVpcConfig={"SubnetIds": [ref("Subnet")]},
        ),
    )
    assert status == "ROLLBACK_COMPLETE"
    assert "No schemas of Kubernetes 9.99" in stack.reasons()
    assert "future" not in client("eks", workspace).list_clusters()["clusters"]


def test_a_load_balancer_answers_at_its_dns_name_by_its_rules_and_tells_its_weights(workspace: Workspace) -> None:
    stack, elb = Stack(workspace), client("elbv2", workspace)
    group = resource("AWS::ElasticLoadBalancingV2::TargetGroup", TargetType="ip", Port=8080, Protocol="HTTP")
    weights = [{"TargetGroupArn": ref("One"), "Weight": 90}, {"TargetGroupArn": ref("Two"), "Weight": 10}]
    status = stack.create(
        Gateway=resource("AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
        One=group,
        Two=group,
        Listener=resource(
            "AWS::ElasticLoadBalancingV2::Listener",
            LoadBalancerArn=ref("Gateway"),
            Port=443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/any"}],
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        ),
        Rule=resource(
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            ListenerArn=ref("Listener"),
            Priority=10,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/invocations"]}}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
        ),
        Outputs={"Name": get("Gateway", "DNSName"), "Listener": ref("Listener"), "One": ref("One")},
    )
    assert status == "CREATE_COMPLETE", stack.reasons()
    outputs = stack.outputs()
    (described,) = elb.describe_load_balancers(LoadBalancerArns=[stack.physical_id("Gateway")])["LoadBalancers"]
    assert described["DNSName"] == outputs["Name"]
    rules = elb.describe_rules(ListenerArn=outputs["Listener"])["Rules"]
    (action,) = [rule["Actions"][0] for rule in rules if rule["Priority"] == "10"]
    assert sorted(found["Weight"] for found in action["ForwardConfig"]["TargetGroups"]) == [10, 90]
    assert elb.describe_target_health(TargetGroupArn=outputs["One"])["TargetHealthDescriptions"] == []
    trusted = ssl.create_default_context(cafile=workspace.certificate_authority)
    with httpx.Client(base_url=f"https://{outputs['Name']}", verify=trusted, trust_env=False) as http:
        assert http.get("/elsewhere").status_code == 404
        assert http.post("/invocations").status_code == 503
    stack.delete()
    with httpx.Client(base_url=f"https://{outputs['Name']}", verify=trusted, trust_env=False) as http:
        try:
            http.get("/elsewhere")
        except httpx.ConnectError:
            return
    raise AssertionError("the load balancer still answers")
