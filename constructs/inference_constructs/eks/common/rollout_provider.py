"""What waits, for CloudFormation, until a Deployment of a cluster has rolled out."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import (
    ArnFormat,
    CfnElement,
    Duration,
    Stack,
    aws_ec2,
    aws_eks_v2,
    aws_iam,
    aws_lambda,
    aws_logs,
    aws_stepfunctions,
    custom_resources,
)
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, service_role_finding, wildcard_finding
from inference_constructs.common.retention import Retention
from inference_constructs.eks.common.kubectl_provider import LOGS_AND_INTERFACES
from inference_constructs.eks.common.log_groups import keep_logs_like

_CODE = Path(__file__).parents[1] / "functions"
#: Between two looks. Each is a request or two to the Kubernetes API.
_INTERVAL = Duration.seconds(10)
#: As long as CloudFormation waits for a custom resource; the function itself gives up before, with a reason.
_LONGEST = Duration.hours(1)
_HTTPS = aws_ec2.Port.tcp(443)
_ON_DEMAND = "called for CloudFormation, while a deployment lasts: a call that fails makes the deployment fail"


class RolloutWatch(Construct):
    """A function that looks at Deployments, one that looks at alarms, and what calls them until all is well.

    The first is in the subnets of the nodes, and reaches nothing but the cluster's API. There its role may look at
    everything but secrets (`AmazonEKSViewPolicy`): at pods too, since what held them up is gone after a rollback. It
    calls no service of AWS, so it needs neither a NAT gateway nor an endpoint. The second calls it, and is in no VPC,
    as Lambda, CloudWatch, Step Functions and the address that CloudFormation waits at are in none.

    Attributes:
        service_token: What a `RolloutWait` and a `TrafficBake` name, to have pods, alarms and traffic looked at.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        cluster_name: str,
        vpc: aws_ec2.IVpc,
        subnets: Sequence[aws_ec2.ISubnet],
        retention: Retention,
    ) -> None:
        """Create the function.

        Args:
            scope: The construct this belongs to, in the cluster's stack.
            construct_id: Its id there.
            cluster: The cluster.
            cluster_name: Its name, in plain words.
            vpc: Its network.
            subnets: Those of its nodes, from which its API can be reached.
            retention: How logs are encrypted and kept.
        """
        super().__init__(scope, construct_id)
        function = aws_lambda.Function(
            self,
            "Resource",
            description=f"Looks whether Deployments of {cluster_name} have rolled out",
            runtime=aws_lambda.Runtime.PYTHON_3_14,
            code=code_in(_CODE),
            handler="rollout_watch.handler.handle",
            # Up to four requests, each with 8 s to connect and 8 s to answer.
            timeout=Duration.seconds(70),
            memory_size=256,
            role=self._create_role(cluster),
            vpc=vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnets=list(subnets)),
            security_groups=[self._create_security_group(vpc, cluster)],
            environment={
                "CLUSTER_NAME": cluster_name,
                "CLUSTER_ENDPOINT": cluster.cluster_endpoint,
                "CLUSTER_AUTHORITY": cluster.cluster_certificate_authority_data,
                "STS_HOST": f"sts.{Stack.of(self).region}.{Stack.of(self).url_suffix}",
            },
        )
        # The rule is the cluster group's: whoever waits for all of this has to wait for it too.
        rules = cluster.cluster_security_group.node.find_all()
        way_in = [each for each in rules if isinstance(each, aws_ec2.CfnSecurityGroupIngress)]
        function.node.add_dependency(*way_in)
        acknowledge(
            function,
            {
                "NIST.800.53.R5::NIST.800.53.R5-LambdaConcurrency": _ON_DEMAND,
                "NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ": _ON_DEMAND,
            },
        )
        alarms = self._create_alarm_function(function, cluster_name)
        # Under other names each state machine of an account takes a piece of a policy that has room for few.
        logs = retention.named_log_group(self, "Logs", log_group_name=f"/aws/vendedlogs/states/{cluster_name}-rollouts")
        self.service_token = self._create_provider(alarms, logs).service_token
        # Reasons of failures name the groups that Lambda would make: these are those.
        keep_logs_like(logs, self, retention.removal_policy)

    def _create_alarm_function(self, pods_function: aws_lambda.Function, cluster_name: str) -> aws_lambda.Function:
        """A function that may read alarms and the status of stacks, and call the one that looks at pods."""
        policy = "AWSLambdaBasicExecutionRole"
        role = aws_iam.Role(
            self,
            "AlarmsRole",
            description="Looks at alarms while Deployments roll out",
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[aws_iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{policy}")],
        )
        permissions = self._create_alarm_permissions(role, pods_function)
        function = aws_lambda.Function(
            self,
            "Alarms",
            description=f"Looks at alarms while Deployments of {cluster_name} roll out, and while their traffic moves",
            runtime=aws_lambda.Runtime.PYTHON_3_14,
            code=code_in(_CODE),
            handler="alarm_watch.handler.handle",
            timeout=Duration.seconds(100),  # the other one's, and a call or two
            memory_size=256,
            role=role,
            environment={"PODS_FUNCTION": pods_function.function_name},
        )
        function.node.add_dependency(permissions)
        acknowledge(role, {service_role_finding(policy): LOGS_AND_INTERFACES})
        acknowledge(
            function,
            {
                "NIST.800.53.R5::NIST.800.53.R5-LambdaConcurrency": _ON_DEMAND,
                "NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ": _ON_DEMAND,
                "NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC": "what it calls is in no VPC",
            },
        )
        return function

    def _create_alarm_permissions(
        self, role: aws_iam.Role, pods_function: aws_lambda.Function
    ) -> aws_iam.ManagedPolicy:
        """Stacks and alarms of all services: the function belongs to the cluster, which knows none of them."""
        arn = Stack.of(self).format_arn
        alarms = arn(service="cloudwatch", resource="alarm:*", arn_format=ArnFormat.NO_RESOURCE_NAME)
        permissions = aws_iam.ManagedPolicy(
            self,
            "AlarmsPermissions",
            description="Read alarms and the status of stacks, and have pods looked at",
            roles=[role],
            statements=[
                aws_iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=[alarms]),
                aws_iam.PolicyStatement(
                    actions=["cloudformation:DescribeStacks"],
                    resources=[arn(service="cloudformation", resource="stack", resource_name="*")],
                ),
                aws_iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[pods_function.function_arn]),
            ],
        )
        acknowledge(
            permissions,
            {
                wildcard_finding(self, "cloudwatch", "alarm:*"): "the alarms of every service of the cluster, to read",
                wildcard_finding(self, "cloudformation", "stack/*"): "the stack of every service, to read its status",
            },
        )
        return permissions

    def _create_role(self, cluster: aws_eks_v2.ICluster) -> aws_iam.Role:
        """A role that may do nothing in AWS but what every function in a VPC has to, and look around in the cluster."""
        policy = "AWSLambdaVPCAccessExecutionRole"
        role = aws_iam.Role(
            self,
            "Role",
            description="Looks whether Deployments have rolled out",
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[aws_iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{policy}")],
        )
        acknowledge(role, {service_role_finding(policy): LOGS_AND_INTERFACES})
        aws_eks_v2.CfnAccessEntry(
            self,
            "AccessEntry",
            cluster_name=cluster.cluster_name,
            principal_arn=role.role_arn,
            type="STANDARD",
            access_policies=[
                aws_eks_v2.CfnAccessEntry.AccessPolicyProperty(
                    policy_arn=f"arn:{Stack.of(self).partition}:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
                    access_scope=aws_eks_v2.CfnAccessEntry.AccessScopeProperty(type="cluster"),
                )
            ],
        )
        return role

    def _create_security_group(self, vpc: aws_ec2.IVpc, cluster: aws_eks_v2.ICluster) -> aws_ec2.SecurityGroup:
        """From here to the cluster's API and nowhere else. The cluster's own group would let it reach every pod."""
        group = aws_ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="The way to the Kubernetes API", allow_all_outbound=False
        )
        cluster_group = cluster.cluster_security_group
        why = "Looks whether Deployments have rolled out"
        # By its id, so that the rule is in the group, where it takes the place of the one that allows everything.
        group.add_egress_rule(aws_ec2.Peer.security_group_id(cluster_group.security_group_id), _HTTPS, why)
        cluster_group.add_ingress_rule(group, _HTTPS, why)
        return group

    def _create_provider(self, function: aws_lambda.Function, logs: aws_logs.LogGroup) -> custom_resources.Provider:
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=function,
            is_complete_handler=function,
            query_interval=_INTERVAL,
            total_timeout=_LONGEST,
            disable_waiter_state_machine_logging=False,
            # Without the data of its steps: with it goes the address by which anybody could answer CloudFormation.
            waiter_state_machine_log_options=custom_resources.LogOptions(
                destination=logs, level=aws_stepfunctions.LogLevel.ALL, include_execution_data=False
            ),
        )
        every_version = "AwsSolutions::AwsSolutions-IAM5[Resource::<{}.Arn>:*]"
        functions = [function, *(each for each in provider.node.children if isinstance(each, aws_lambda.Function))]
        names = [Stack.of(self).get_logical_id(_resource_of(each)) for each in functions]
        acknowledge(
            provider,
            dict.fromkeys(map(every_version.format, names), "every version of the one function")
            | {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "Step Functions' delivery of logs names no resource",
                "AwsSolutions::AwsSolutions-L1": "the CDK chooses the runtime with each of its versions",
                "AwsSolutions::AwsSolutions-SF2": "it calls one function again and again, and the log shows when",
                "NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy": "the CDK's provider framework writes this policy",
                "NIST.800.53.R5::NIST.800.53.R5-LambdaConcurrency": _ON_DEMAND,
                "NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ": _ON_DEMAND,
                "NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC": "what it calls is in no VPC",
                service_role_finding("AWSLambdaBasicExecutionRole"): LOGS_AND_INTERFACES,
            },
        )
        return provider


def code_in(folder: Path) -> aws_lambda.Code:
    """The code of functions, without what Python leaves beside it when it is imported."""
    return aws_lambda.Code.from_asset(str(folder), exclude=["__pycache__"])


def _resource_of(function: aws_lambda.Function) -> CfnElement:
    resource = function.node.default_child
    if not isinstance(resource, CfnElement):
        message = f"{function.node.path} has no resource"
        raise TypeError(message)
    return resource
