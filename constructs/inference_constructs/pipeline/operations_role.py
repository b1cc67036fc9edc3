"""What the pipeline's checks may do in an environment's account."""

from collections.abc import Iterable, Sequence

from aws_cdk import ArnFormat, Duration, Stack, aws_iam
from constructs import Construct

from inference_constructs.acknowledge import acknowledge, wildcard_finding

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
        accounts = {arn.split(":")[4] for arn in trusted_role_arns}
        if len(accounts) != 1:
            message = f"{list(trusted_role_arns)} are no roles of one account; accepted: one or more roles of the same"
            raise ValueError(message)
        self.role = aws_iam.Role(
            self,
            "Resource",
            role_name=role_name,
            description=f"Lets the pipeline check {environment}",
            # A principal that does not exist is refused, one in a condition is not: hence the account, and its roles.
            assumed_by=aws_iam.AccountPrincipal(accounts.pop()).with_conditions(
                {"ArnEquals": {"aws:PrincipalArn": list(trusted_role_arns)}}
            ),
            max_session_duration=Duration.hours(1),  # AWS's limit where a role assumes a role
        )
        self._create_policy()

    def _create_policy(self) -> None:
        name = self._environment
        policy = aws_iam.ManagedPolicy(self, "Policy", description=f"What a check of {name} reads", roles=[self.role])
        stacks, endpoints = f"stack/slipway-{name}-*", f"endpoint/{name}-*"
        clusters, alarms = f"cluster/slipway-{name}*", "alarm:*"
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
            self._allow(
                ["cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms"], [self._arn("cloudwatch", alarms)]
            ),
            self._allow(["eks:DescribeCluster"], [self._arn("eks", clusters)]),
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
                wildcard_finding(self, "cloudwatch", alarms): "CloudFormation names the alarms; reading is all",
                _ANY: "Elastic Load Balancing knows no resources for its Describe actions (Service Authorization)",
            },
        )

    @staticmethod
    def _allow(actions: Iterable[str], resources: Iterable[str]) -> aws_iam.PolicyStatement:
        return aws_iam.PolicyStatement(actions=list(actions), resources=list(resources))

    def _arn(self, service: str, resource: str) -> str:
        return Stack.of(self).format_arn(service=service, resource=resource, arn_format=ArnFormat.NO_RESOURCE_NAME)
