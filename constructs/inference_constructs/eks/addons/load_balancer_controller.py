"""The AWS Load Balancer Controller: registers services' pods in target groups. EKS Auto Mode has one built in."""

from aws_cdk import Stack, aws_ec2, aws_eks_v2, aws_iam
from constructs import Construct, IDependable

from inference_constructs.common.acknowledge import acknowledge, wildcard_finding
from inference_constructs.eks.addons.cert_manager import CertificateManager
from inference_constructs.eks.addons.load_balancer_controller_manifests import (
    NAME,
    NAMESPACE,
    controller_pods,
    controller_rights,
)
from inference_constructs.eks.addons.load_balancer_controller_webhooks import webhook_certificates, webhooks
from inference_constructs.eks.common.contract import CLUSTER_TAG
from inference_constructs.eks.common.manifests import Manifest, apply_manifest
from inference_constructs.eks.common.pod_role import PodRole, ServiceAccount, create_pod_role
from inference_constructs.eks.common.rollout_custom_resource import RolloutWait
from inference_constructs.eks.common.rollout_provider import RolloutWatch
from inference_constructs.eks.common.versions import AddOnVersions
from inference_constructs.eks.crds.load_balancer_definitions import INGRESS_CLASS_PARAMETERS, TARGET_GROUP_BINDING


class LoadBalancerController(Construct):
    """The controller for clusters whose nodes are managed node groups, and all that it needs.

    It does one of the things that it can: it follows TargetGroupBindings. Load balancers and security groups are
    CloudFormation's, so its role can make and change neither, and Ingresses and Services of type LoadBalancer get
    nothing from it.

    Applied in an order whose reverse takes the webhooks out before their pods: while the API server has to ask and
    nobody answers, it takes no binding, and no pod of a service. For the same reason the webhooks wait until the pods
    answer, and pods that never do fail the cluster's deployment rather than the next service's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        cluster_name: str,
        vpc: aws_ec2.IVpc,
        versions: AddOnVersions,
        image: str,
        nodes: IDependable,
        rollout_watch: RolloutWatch,
    ) -> None:
        """Create the controller.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            cluster_name: Its name, in the tag of its services' target groups.
            vpc: The network of the pods and the target groups.
            versions: The build of the add-on that makes the webhooks' certificate.
            image: What runs.
            nodes: What it runs on, with the cluster's DNS.
            rollout_watch: What looks whether its pods answer.
        """
        super().__init__(scope, construct_id)
        role = self._create_role(cluster, cluster_name)
        manager = CertificateManager(self, "CertificateManager", cluster=cluster, versions=versions, nodes=nodes)
        kinds = [TARGET_GROUP_BINDING.manifest(), INGRESS_CLASS_PARAMETERS.manifest()]
        definitions = apply_manifest(self, "Definitions", cluster=cluster, objects=kinds)
        rights = apply_manifest(self, "Rights", cluster=cluster, objects=controller_rights())
        certificates = apply_manifest(self, "Certificates", cluster=cluster, objects=webhook_certificates())
        certificates.node.add_dependency(manager)
        objects = controller_pods(
            image=image, cluster_name=cluster_name, region=Stack.of(self).region, vpc_id=vpc.vpc_id
        )
        pods = apply_manifest(self, "Pods", cluster=cluster, objects=objects)
        # A pod gets its role when it is made, or never; and the controller ends where a kind is missing.
        pods.node.add_dependency(definitions, rights, role.association, role.policy, certificates)
        answering = self._wait_for(objects, rollout_watch)
        answering.node.add_dependency(pods)
        asked = apply_manifest(self, "Webhooks", cluster=cluster, objects=webhooks())
        asked.node.add_dependency(answering)

    def _wait_for(self, objects: list[Manifest], rollout_watch: RolloutWatch) -> RolloutWait:
        (deployment,) = (each for each in objects if each["kind"] == "Deployment")
        rollout = RolloutWait(
            self,
            "Rollout",
            service_token=rollout_watch.service_token,
            namespace=NAMESPACE,
            deployment=deployment,
            minimum=deployment["spec"]["replicas"],
        )
        rollout.node.add_dependency(rollout_watch)  # its way to the cluster's API too, not the function alone
        return rollout

    def _create_role(self, cluster: aws_eks_v2.ICluster, cluster_name: str) -> PodRole:
        stack = Stack.of(self)
        role = create_pod_role(
            self,
            account=ServiceAccount(cluster_name=cluster_name, namespace=NAMESPACE, name=NAME),
            cluster=cluster,
            descriptions=(
                f"The AWS Load Balancer Controller of {cluster_name}",
                f"Sees target groups, and registers targets in those of {cluster_name}",
            ),
            statements=[
                aws_iam.PolicyStatement(
                    actions=[
                        "ec2:DescribeSecurityGroups",  # looks for rules of its own, of which there are none
                        "ec2:DescribeVpcs",
                        "elasticloadbalancing:DescribeTargetGroups",
                        "elasticloadbalancing:DescribeTargetHealth",
                    ],
                    resources=["*"],
                ),
                aws_iam.PolicyStatement(
                    actions=["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
                    resources=[
                        stack.format_arn(service="elasticloadbalancing", resource="targetgroup", resource_name="*/*")
                    ],
                    conditions={"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster_name}},
                ),
            ],
        )
        acknowledge(
            role.policy,
            {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "the Describe actions cannot be limited to resources",
                wildcard_finding(self, "elasticloadbalancing", "targetgroup/*/*"): "services come and go without the"
                " cluster's stack; their target groups are known by the cluster's tag",
            },
        )
        return role
