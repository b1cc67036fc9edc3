"""What the pipeline's checks may do in an environment's account."""

from collections.abc import Iterable, Sequence

from aws_cdk import ArnFormat, Duration, Stack, aws_iam
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, wildcard_finding
from inference_constructs.pipeline.trust import roles_of_another_account

_ANY = "AwsSolutions::AwsSolutions-IAM5[Resource::*]"


class OperationsRole(Construct):
    """A role that looks at one environment's stacks, alarms and load balancers and invokes its endpoints.

    It changes nothing. It is trusted to roles of another account by name, because they are deployed with the pipeline,
    which is there before or after this account's stacks.

    Attributes:
        role: The role.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, role_name: str, environment: str, trusted_role_arns: Sequence[str]
    ) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            role_name: Its name, which whoever assumes it has to know.
            environment: The environment's name; its stacks, endpoints and clusters are named after it.
            trusted_role_arns: Who may assume it: roles of one account, which need not exist yet.

        Raises:
            ValueError: They are of several accounts, or none are named.
        """
        super().__init__(scope, construct_id)
        self._environment = environment
        self.role = aws_iam.Role(
            self,
            "Resource",
            role_name=role_name,
            description=f"Lets the pipeline check {environment}",
            assumed_by=roles_of_another_account(trusted_role_arns),
            max_session_duration=Duration.hours(1),  # AWS's limit where a role assumes a role
        )
        self._create_policy()

    def _create_policy(self) -> None:
        name = self._environment
        policy = aws_iam.ManagedPolicy(self, "Policy", description=f"What a check of {name} reads", roles=[self.role])
        stacks, endpoints = f"stack/slipway-{name}-*", f"endpoint/{name}-*"
        clusters = f"cluster/slipway-{name}-*"  # the first cell's has no number behind it
        policy.add_statements(
            self._allow(
                [
                    "cloudformation:DescribeStackEvents",
                    "cloudformation:DescribeStacks",
                    "cloudformation:GetTemplate",
                    "cloudformation:ListStackResources",
                ],
                [self._arn("cloudformation", stacks)],
            ),
            self._allow(
                ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"], [self._arn("sagemaker", endpoints)]
            ),
            # Composite alarms are described to nobody whose permission is narrower (API reference, "DescribeAlarms").
            self._allow(["cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms"], ["*"]),
            self._allow(
                ["eks:DescribeCluster"], [self._arn("eks", f"cluster/slipway-{name}"), self._arn("eks", clusters)]
            ),
            self._allow(
                [
                    "elasticloadbalancing:DescribeListeners",
                    "elasticloadbalancing:DescribeRules",
                    "elasticloadbalancing:DescribeTags",
                    "elasticloadbalancing:DescribeTargetGroups",
                    "elasticloadbalancing:DescribeTargetHealth",
                ],
                ["*"],
            ),
        )
        acknowledge(
            policy,
            {
                wildcard_finding(self, "cloudformation", stacks): "every stack of this environment, by its prefix",
                wildcard_finding(self, "sagemaker", endpoints): "every endpoint of this environment, by its prefix",
                wildcard_finding(self, "eks", clusters): "every cluster of this environment, by its prefix",
                _ANY: "Elastic Load Balancing knows no resources for its Describe actions (Service Authorization), and"
                " CloudWatch lists composite alarms only for roles that may read all alarms; reading is all",
            },
        )

    @staticmethod
    def _allow(actions: Iterable[str], resources: Iterable[str]) -> aws_iam.PolicyStatement:
        return aws_iam.PolicyStatement(actions=list(actions), resources=list(resources))

    def _arn(self, service: str, resource: str) -> str:
        return Stack.of(self).format_arn(service=service, resource=resource, arn_format=ArnFormat.NO_RESOURCE_NAME)
