"""The AWS Load Balancer Controller of managed node groups: what it may do, who asks it, and in which order it comes."""

from itertools import pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slipway.emulator.kubernetes.api.admission import Admission
from slipway.emulator.kubernetes.api.resources import kinds, scaffold
from tests.unit.eks import workloads
from tests.unit.eks.clusters import NAME, Deployed, deployed
from tests.validation.templates.kubernetes_schemas import Object, findings, objects_in

CONTROLLER = "load-balancer-controller"
CUSTOM_RESOURCE = "Custom::AWSCDK-EKS-KubernetesResource"
WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed(nodes="managed_node_groups")


@pytest.fixture(scope="module")
def service() -> workloads.Deployed:
    return workloads.deployed(nodes="managed_node_groups")


def pod_of(cluster: Deployed) -> dict[str, Any]:
    spec: dict[str, Any] = cluster.one("Deployment", CONTROLLER)["spec"]["template"]["spec"]
    return spec


def container_of(cluster: Deployed) -> dict[str, Any]:
    (found,) = pod_of(cluster)["containers"]
    return dict(found)


def webhooks_of(cluster: Deployed) -> dict[str, dict[str, Any]]:
    return {hook["name"]: hook for kind in WEBHOOKS for hook in cluster.one(kind)["webhooks"]}


def schema_of(cluster: Deployed, name: str) -> dict[str, Any]:
    (version,) = cluster.one("CustomResourceDefinition", name)["spec"]["versions"]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return found


def manifest_with(cluster: Deployed, kind: str, name: str) -> str:
    """The logical id of the manifest with an object."""
    (found,) = [
        logical_id
        for logical_id in cluster.ids(CUSTOM_RESOURCE, naming=name)
        if logical_id in cluster.manifests_of(kind)
    ]
    return found


def test_auto_mode_has_its_own() -> None:
    """EKS fact 14: what is built in is not installed a second time."""
    cluster = deployed()
    assert cluster.objects("CustomResourceDefinition") == cluster.objects("Deployment") == []
    names = {each["AddonName"] for each in cluster.properties("AWS::EKS::Addon")}
    assert "cert-manager" not in names


def test_kubernetes_takes_all_of_it(usual: Deployed) -> None:
    assert findings(usual.document, "1.35") == []


def test_the_embedded_cluster_takes_all_of_it(usual: Deployed, service: workloads.Deployed) -> None:
    """It knows cert-manager's kinds and both kinds of binding, which Kubernetes' own schemas lack."""
    admission, known = Admission("1.35"), {(kind.api_version, kind.kind) for kind in kinds(scaffold()).values()}
    arn = workloads.TARGET_GROUP.format("main")
    binding = service.one("TargetGroupBinding")
    assert binding["spec"]["targetGroupARN"] == arn
    whole = binding | {"spec": binding["spec"] | {"targetGroupARN": f"{arn}23456789abcdef"}}
    taken = [*objects_in(usual.document), whole]
    for manifest in taken:
        assert (manifest["apiVersion"], manifest["kind"]) in known
        admission.check(manifest)
    assert {each["apiVersion"] for each in taken} >= {
        "admissionregistration.k8s.io/v1",
        "apiextensions.k8s.io/v1",
        "cert-manager.io/v1",
        "elbv2.k8s.aws/v1beta1",
    }


def test_what_services_say_in_a_binding_is_in_its_definition(usual: Deployed, service: workloads.Deployed) -> None:
    """EKS fact 1: the API server drops what a definition lacks, without a word; so what is filled in is there too."""
    schema = schema_of(usual, "targetgroupbindings.elbv2.k8s.aws")
    binding = service.one("TargetGroupBinding")
    definition = usual.one("CustomResourceDefinition", "targetgroupbindings.elbv2.k8s.aws")["spec"]
    assert binding["apiVersion"] == f"{definition['group']}/{definition['versions'][0]['name']}"
    Draft202012Validator(schema).validate(binding)
    known = schema["properties"]["spec"]["properties"]
    assert binding["spec"].keys() <= known.keys()
    assert {"ipAddressType", "targetGroupProtocol", "vpcID"} <= known.keys(), "by the controller's webhook"
    assert schema["properties"]["status"]["properties"].keys() == {"observedGeneration"}


def test_it_registers_targets_only_in_target_groups_of_its_cluster(usual: Deployed) -> None:
    """EKS fact 1: by the tag that every target group of a service has."""
    (registering,) = (each for each in usual.statements if "elasticloadbalancing:RegisterTargets" in each["Action"])
    assert registering["Action"] == ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"]
    assert registering["Condition"] == {"StringEquals": {"aws:ResourceTag/eks:eks-cluster-name": NAME}}


def test_it_makes_and_changes_nothing_else_in_aws(usual: Deployed) -> None:
    """EKS facts 10 and 12: no load balancer, no security group and no tag that a deletion would have to wait for."""
    actions = {
        action
        for each in usual.statements
        if "elasticloadbalancing" in str(each["Action"])
        for action in each["Action"]
    }
    assert {each for each in actions if ":Describe" not in each} == {
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:RegisterTargets",
    }


def test_its_role_is_for_its_service_account_in_this_cluster(usual: Deployed) -> None:
    """EKS fact 14: by an association, without an annotation."""
    (identity,) = (
        each for each in usual.properties("AWS::EKS::PodIdentityAssociation") if each["ServiceAccount"] == CONTROLLER
    )
    assert identity["Namespace"] == "kube-system"
    assert "annotations" not in usual.one("ServiceAccount", CONTROLLER)["metadata"]
    assert pod_of(usual)["serviceAccountName"] == CONTROLLER
    role = usual.resources[identity["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    tags = statement["Condition"]["StringEquals"]
    assert tags["aws:RequestTag/kubernetes-service-account"] == CONTROLLER
    assert tags["aws:RequestTag/kubernetes-namespace"] == "kube-system"
    assert f":cluster/{NAME}" in str(tags["aws:RequestTag/eks-cluster-arn"])


def test_in_the_cluster_it_changes_bindings_and_conditions_of_pods(usual: Deployed) -> None:
    rules = usual.one("ClusterRole", f"slipway-{CONTROLLER}")["rules"]
    changed = {
        resource for rule in rules if set(rule["verbs"]) - {"get", "list", "watch"} for resource in rule["resources"]
    }
    assert changed == {"events", "pods/status", "targetgroupbindings", "targetgroupbindings/status"}
    seen = {resource for rule in rules for resource in rule["resources"]}
    assert not seen & {"secrets", "configmaps", "*"}


def test_it_sees_every_kind_that_it_watches(usual: Deployed) -> None:
    """Without the right, or the kind, its caches never fill and it ends (main.go, controllers/ingress)."""
    rules = usual.one("ClusterRole", f"slipway-{CONTROLLER}")["rules"]
    watched = {resource for rule in rules if "watch" in rule["verbs"] for resource in rule["resources"]}
    assert {"endpointslices", "ingressclasses", "ingresses", "nodes", "pods", "services"} <= watched
    assert {"ingressclassparams", "targetgroupbindings"} <= watched
    assert schema_of(usual, "ingressclassparams.elbv2.k8s.aws")["properties"]["spec"]["type"] == "object"


def test_it_is_told_where_it_is_and_follows_bindings_only(usual: Deployed) -> None:
    """EKS fact 12: pods cannot reach the instance's metadata, and no gateway or Service gets a load balancer."""
    arguments = container_of(usual)["args"]
    assert f"--cluster-name={NAME}" in arguments
    assert "--aws-region=us-east-1" in arguments
    pods = usual.resources[manifest_with(usual, "Deployment", CONTROLLER)]["Properties"]["Manifest"]
    _, parts = pods["Fn::Join"]
    named = [position for position, part in enumerate(parts) if str(part).endswith("--aws-vpc-id=")]
    (group,) = (each for each in usual.properties("AWS::EC2::SecurityGroup") if "Control Plane" in str(each))
    assert [parts[position + 1] for position in named] == [group["VpcId"]]
    (gates,) = (each.removeprefix("--feature-gates=") for each in arguments if each.startswith("--feature-gates="))
    assert dict(gate.split("=") for gate in gates.split(",")) == {
        "ALBGatewayAPI": "false",
        "EnableServiceController": "false",
        "GlobalAcceleratorController": "false",
        "NLBGatewayAPI": "false",
    }


def test_new_pods_of_services_are_what_the_api_server_asks_about(usual: Deployed, service: workloads.Deployed) -> None:
    """EKS fact 2: the gate is injected into pods of namespaces with the label, and no other pod has to wait for it."""
    hook = webhooks_of(usual)["mpod.elbv2.k8s.aws"]
    gated = hook["namespaceSelector"]["matchLabels"]
    assert gated == {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
    assert gated.items() <= service.one("Namespace")["metadata"]["labels"].items()
    labels = service.one("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert hook["objectSelector"]["matchLabels"].items() <= labels.items()
    assert hook["rules"] == [
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    ]
    spaces = [each["metadata"].get("labels", {}) for each in usual.objects("Namespace")]
    assert not any(gated.items() <= labels.items() for labels in spaces), "nothing of the cluster's own waits for it"


def test_nothing_comes_in_past_a_webhook_that_is_away(usual: Deployed) -> None:
    """EKS fact 2: such a pod would have no gate, and nobody to register it."""
    hooks = webhooks_of(usual)
    assert hooks.keys() == {
        "mpod.elbv2.k8s.aws",
        "mtargetgroupbinding.elbv2.k8s.aws",
        "vtargetgroupbinding.elbv2.k8s.aws",
    }
    assert {hook["failurePolicy"] for hook in hooks.values()} == {"Fail"}
    asked = {resource for hook in hooks.values() for rule in hook["rules"] for resource in rule["resources"]}
    assert asked == {"pods", "targetgroupbindings"}


def certificates_of(cluster: Deployed) -> dict[str, Object]:
    return {each["metadata"]["name"]: each["spec"] for each in cluster.objects("Certificate")}


def test_the_api_server_asks_pods_that_have_the_certificate_for_the_name_it_asks(usual: Deployed) -> None:
    service = usual.one("Service")
    (port,) = service["spec"]["ports"]
    assert port["port"] == 443, "what webhooks are asked at unless they say otherwise"
    template = usual.one("Deployment", CONTROLLER)["spec"]["template"]
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    container = container_of(usual)
    (listening,) = (each for each in container["ports"] if each["name"] == port["targetPort"])
    assert f"--webhook-bind-port={listening['containerPort']}" in container["args"]
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    for hook in webhooks_of(usual).values():
        asked = hook["clientConfig"]["service"]
        assert (asked["name"], asked["namespace"]) == (name, namespace)
    (annotated,) = {usual.one(kind)["metadata"]["annotations"]["cert-manager.io/inject-ca-from"] for kind in WEBHOOKS}
    space, _, certificate = annotated.partition("/")
    assert space == namespace
    assert f"{name}.{namespace}.svc" in certificates_of(usual)[certificate]["dnsNames"]
    (volume,) = pod_of(usual)["volumes"]
    assert volume["secret"]["secretName"] == certificates_of(usual)[certificate]["secretName"]
    (mount,) = container["volumeMounts"]
    assert mount["name"] == volume["name"]
    assert f"--webhook-cert-dir={mount['mountPath']}" in container["args"]


def test_a_renewed_certificate_is_of_the_same_authority(usual: Deployed) -> None:
    """Otherwise no webhook is believed from a renewal until the nodes have brought it to the pods."""
    issuers = {each["metadata"]["name"]: each["spec"] for each in usual.objects("Issuer")}
    (serving,) = (each for each in certificates_of(usual).values() if "dnsNames" in each)
    signed_by = issuers[serving["issuerRef"]["name"]]["ca"]["secretName"]
    (authority,) = (each for each in certificates_of(usual).values() if each["secretName"] == signed_by)
    assert authority["isCA"] is True
    assert issuers[authority["issuerRef"]["name"]] == {"selfSigned": {}}
    assert (authority["duration"], serving["duration"]) == ("87600h", "2160h"), "ten years, ninety days"


def test_it_comes_after_what_it_needs_and_its_webhooks_come_last(usual: Deployed) -> None:
    """EKS facts 10 and 11: in the reverse order it goes; nothing is asked that does not answer."""
    (add_on,) = usual.ids("AWS::EKS::Addon", naming='"cert-manager"')
    steps = [
        *usual.ids("AWS::EKS::Nodegroup"),
        *usual.ids("AWS::EKS::Addon", naming='"coredns"'),
        add_on,
        *usual.ids("Custom::AWSCDK-EKS-KubernetesObjectValue", naming="cert-manager-webhook"),
        usual.manifest_of("Certificate"),
        manifest_with(usual, "Deployment", CONTROLLER),
        *usual.ids("Custom::SlipwayRollout"),
        usual.manifest_of("MutatingWebhookConfiguration"),
    ]
    assert len(steps) == 8
    for earlier, later in pairwise(steps):
        assert earlier in usual.needs(later), f"{later} before {earlier}"
    needed = usual.needs(manifest_with(usual, "Deployment", CONTROLLER))
    assert usual.manifest_of("CustomResourceDefinition") in needed, "it ends where a kind is missing"
    assert manifest_with(usual, "ClusterRole", CONTROLLER) in needed
    assert set(usual.ids("AWS::EKS::PodIdentityAssociation", naming=CONTROLLER)) <= needed
    assert set(usual.ids("AWS::IAM::ManagedPolicy", naming="elasticloadbalancing:RegisterTargets")) <= needed


def test_it_waits_for_what_the_add_on_does_after_it_is_active(usual: Deployed) -> None:
    """EKS fact 11: nobody tries a refused Certificate again, so it is asked for when its own webhook is known."""
    wait = usual.only("Custom::AWSCDK-EKS-KubernetesObjectValue")
    assert wait["ObjectType"] == "validatingwebhookconfiguration"
    assert wait["JsonPath"] == ".webhooks[0].clientConfig.caBundle"
    assert wait["TimeoutSeconds"] == 300


def test_pods_that_never_answer_fail_its_own_deployment(usual: Deployed) -> None:
    """And not that of the next service, whose binding the webhooks would refuse."""
    (wait,) = usual.ids("Custom::SlipwayRollout")
    asked = usual.only("Custom::SlipwayRollout")
    assert (asked["Namespace"], asked["Deployment"], asked["Minimum"]) == ("kube-system", CONTROLLER, 2)
    needed = usual.needs(wait)
    assert set(usual.ids("AWS::EKS::AccessEntry", naming="AmazonEKSViewPolicy")) & needed, "it may look"
    assert set(usual.ids("AWS::EC2::SecurityGroupIngress", naming="Looks whether")) <= needed, "it gets through"


def test_one_of_its_pods_is_always_there(usual: Deployed) -> None:
    """EKS fact 4: a zone, a host or an update takes one at most."""
    deployment, labels = usual.one("Deployment", CONTROLLER)["spec"], pod_of(usual)
    assert (deployment["replicas"], deployment["strategy"]["rollingUpdate"]["maxUnavailable"]) == (2, 0)
    assert usual.one("PodDisruptionBudget", CONTROLLER)["spec"]["maxUnavailable"] == 1
    assert {each["topologyKey"] for each in labels["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }
    assert labels["priorityClassName"] == "system-cluster-critical"
    container = container_of(usual)
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "health"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "health"}


def test_the_image_and_the_add_on_are_pinned(usual: Deployed) -> None:
    """EKS fact 17: nothing comes in a newer version by itself; the environment may name a copy."""
    assert container_of(usual)["image"] == "public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0"
    assert usual.add_on("cert-manager")["AddonVersion"] == "v1.21.0-eksbuild.2"
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/controller:v3.5.0"
    assert (
        container_of(deployed(nodes="managed_node_groups", images={"load_balancer_controller": image}))["image"]
        == image
    )
