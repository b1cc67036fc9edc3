"""Where a cluster's logs go."""

from aws_cdk import RemovalPolicy, aws_logs
from constructs import Construct, IConstruct

from inference_constructs.common.retention import Retention

#: What the CloudWatch Observability add-on writes to (CloudWatch User Guide, "Container Insights").
_INSIGHTS = ("application", "dataplane", "host", "performance")


class ClusterLogs(Construct):
    """The log groups, made before their writers would make them: unencrypted, and kept for ever.

    Attributes:
        control_plane: What the Kubernetes API and its neighbours log.
        insights: What pods and nodes log, and the metrics of Container Insights.
    """

    def __init__(self, scope: Construct, construct_id: str, *, cluster_name: str, retention: Retention) -> None:
        """Create the log groups.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster_name: The cluster, by which EKS and the add-on name the groups.
            retention: How they are encrypted and kept.
        """
        super().__init__(scope, construct_id)
        self.control_plane = retention.named_log_group(
            self, "ControlPlane", log_group_name=f"/aws/eks/{cluster_name}/cluster"
        )
        self.insights = [
            retention.named_log_group(
                self, name.capitalize(), log_group_name=f"/aws/containerinsights/{cluster_name}/{name}"
            )
            for name in _INSIGHTS
        ]


def keep_logs_like(model: aws_logs.ILogGroup, scope: IConstruct, removal_policy: RemovalPolicy) -> None:
    """Have the logs of functions, whose groups the CDK makes, encrypted and kept like others.

    Args:
        model: Like this one.
        scope: Where the functions are.
        removal_policy: Whether their logs are kept when their stack is deleted.
    """
    like = log_group_resource(model)
    for each in scope.node.find_all():
        if isinstance(each, aws_logs.CfnLogGroup) and each.node.path != like.node.path:
            each.kms_key_id = like.kms_key_id
            each.retention_in_days = like.retention_in_days
            each.apply_removal_policy(removal_policy)


def log_group_resource(log_group: aws_logs.ILogGroup) -> aws_logs.CfnLogGroup:
    """The resource behind a log group."""
    resource = log_group.node.default_child
    if not isinstance(resource, aws_logs.CfnLogGroup):
        message = f"{log_group.node.path} is not made in this stack"
        raise TypeError(message)
    return resource
