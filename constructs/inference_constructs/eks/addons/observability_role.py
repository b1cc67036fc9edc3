"""The role of the pods that send a cluster's metrics and logs to CloudWatch."""

from collections.abc import Sequence

from aws_cdk import Stack, aws_iam, aws_logs
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.eks.common.log_groups import log_group_resource
from inference_constructs.eks.common.pod_role import ServiceAccount

#: Where the add-on runs, and the service account of all its pods that send something (CloudWatch User Guide, "Install
#: the CloudWatch agent with the Amazon CloudWatch Observability EKS add-on").
_NAMESPACE = "amazon-cloudwatch"
AGENT = "cloudwatch-agent"


class ObservabilityRole(Construct):
    """A role for EKS Pod Identity with what CloudWatchAgentServerPolicy has for Container Insights, on our log groups.

    Attributes:
        role: The role.
        permissions: What to depend on to have its permissions in place.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster_name: str, log_groups: Sequence[aws_logs.ILogGroup]
    ) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster_name: The cluster.
            log_groups: What may be written to. The metrics come out of one of them, in embedded metric format.
        """
        super().__init__(scope, construct_id)
        account = ServiceAccount(cluster_name=cluster_name, namespace=_NAMESPACE, name=AGENT)
        self.role = account.create_role(
            self, "Resource", description="The CloudWatch agent and Fluent Bit in a cluster"
        )
        self.permissions = aws_iam.ManagedPolicy(
            self,
            "Policy",
            description="Log groups of a cluster, and what the CloudWatch agent tells apart nodes by",
            roles=[self.role],
            statements=[
                aws_iam.PolicyStatement(
                    # Not CreateLogGroup: the groups are there, and what is written last, while the cluster goes, would
                    # make one anew after its deletion, unencrypted and in the way of the next deployment.
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[group.log_group_arn for group in log_groups],
                ),
                aws_iam.PolicyStatement(
                    actions=["ec2:DescribeTags", "ec2:DescribeVolumes", "logs:DescribeLogGroups"], resources=["*"]
                ),
                aws_iam.PolicyStatement(
                    actions=["cloudwatch:PutMetricData"],
                    resources=["*"],
                    conditions={"StringEquals": {"cloudwatch:namespace": ["CWAgent", "ContainerInsights"]}},
                ),
            ],
        )
        arns = [f"<{Stack.of(self).get_logical_id(log_group_resource(group))}.Arn>" for group in log_groups]
        wildcards = {f"AwsSolutions::AwsSolutions-IAM5[Resource::{arn}]": "the log group's own streams" for arn in arns}
        acknowledge(
            self.permissions,
            wildcards
            | {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "the Describe actions cannot be limited to resources,"
                " and PutMetricData is by its namespace"
            },
        )
