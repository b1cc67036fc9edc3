"""How CloudFormation talks to a cluster: the CDK's Lambda functions that run kubectl."""

from aws_cdk import CfnElement, RemovalPolicy, Stack, aws_eks_v2, aws_iam, aws_logs
from constructs import Construct, IConstruct

from inference_constructs.common.acknowledge import acknowledge, service_role_finding
from inference_constructs.eks.common.log_groups import keep_logs_like

#: Why a function's role has AWS's own policies for functions.
LOGS_AND_INTERFACES = "a function's logs and network interfaces, which Lambda names when it makes them"


class KubectlRole(Construct):
    """What the function that runs kubectl may do in AWS; the cluster makes it an admin by an access entry.

    The CDK's own role could also pull Helm charts from every ECR repository. None are installed here.

    Attributes:
        role: The role, which the CDK cannot add to.
        permissions: What to depend on to have its permissions in place.
    """

    def __init__(self, scope: Construct, construct_id: str, *, cluster_name: str) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster_name: The one cluster that it is for.
        """
        super().__init__(scope, construct_id)
        role = aws_iam.Role(
            self,
            "Resource",
            description="Runs kubectl for CloudFormation",
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                aws_iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSLambdaVPCAccessExecutionRole")
            ],
        )
        cluster_arn = Stack.of(self).format_arn(service="eks", resource="cluster", resource_name=cluster_name)
        self.permissions = aws_iam.ManagedPolicy(
            self,
            "Policy",
            description="Where the cluster is",
            roles=[role],
            statements=[aws_iam.PolicyStatement(actions=["eks:DescribeCluster"], resources=[cluster_arn])],
        )
        acknowledge(role, {service_role_finding("AWSLambdaVPCAccessExecutionRole"): LOGS_AND_INTERFACES})
        self.role = role.without_policy_updates()


def finish_functions_of(
    cluster: aws_eks_v2.Cluster, role: KubectlRole, *, logs_like: aws_logs.LogGroup, removal_policy: RemovalPolicy
) -> None:
    """Bring what the CDK makes to run kubectl into line, and acknowledge the rest with reasons.

    Args:
        cluster: The cluster, whose functions take no such settings.
        role: What they run as.
        logs_like: Their logs are encrypted and kept like this one's.
        removal_policy: Whether their logs are kept when their stack is deleted.
    """
    provider = cluster.node.find_child("KubectlProvider")
    # From before the first manifest until after the last: what fails to be deleted is left behind without a word.
    provider.node.add_dependency(role.permissions)
    role.node.try_remove_child("HasEcrPublic")  # a condition for the policies that the role does not take
    keep_logs_like(logs_like, provider, removal_policy)
    # All manifests wait for the barrier. Without its log group a function makes one: before CloudFormation, which then
    # fails, or after it, unencrypted and for ever.
    groups = [each for each in provider.node.find_all() if isinstance(each, aws_logs.CfnLogGroup)]
    cluster.node.find_child("KubectlReadyBarrier").node.add_dependency(*groups)
    on_demand = "called by CloudFormation, a few times per deployment: a call that fails makes the deployment fail"
    handler = Stack.of(cluster).get_logical_id(_function(provider))
    acknowledge(
        provider,
        {
            "AwsSolutions::AwsSolutions-L1": "the CDK chooses the runtime with each of its versions",
            f"AwsSolutions::AwsSolutions-IAM5[Resource::<{handler}.Arn>:*]": "every version of the one function",
            "NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy": "the CDK's provider framework writes this policy",
            "NIST.800.53.R5::NIST.800.53.R5-LambdaConcurrency": on_demand,
            "NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ": on_demand,
            service_role_finding("AWSLambdaBasicExecutionRole"): LOGS_AND_INTERFACES,
            service_role_finding("AWSLambdaVPCAccessExecutionRole"): LOGS_AND_INTERFACES,
        },
    )


def _function(provider: IConstruct) -> CfnElement:
    function = provider.node.find_child("Handler").node.default_child
    if not isinstance(function, CfnElement):
        message = f"{provider.node.path} has no handler"
        raise TypeError(message)
    return function
