"""What the pipeline may do in an environment's account to protect its stacks against deletion."""

from aws_cdk import ArnFormat, Duration, Stack, aws_iam
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, wildcard_finding
from inference_constructs.pipeline.trust import roles_of_another_account


class ProtectionRole(Construct):
    """A role that switches the termination protection of one environment's stacks on, and does nothing else.

    CodePipeline's CloudFormation action has no setting for it, so that stacks which only a pipeline deploys would stay
    unprotected (aws-cdk issue 17871). IAM knows no condition for which way the switch is moved; hence a role apart from
    the one that checks, for the one step that runs after an approval.

    Attributes:
        role: The role.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, role_name: str, environment: str, trusted_role_arn: str
    ) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            role_name: Its name, which whoever assumes it has to know.
            environment: The environment's name; its stacks are named after it.
            trusted_role_arn: Who may assume it; it need not exist yet.
        """
        super().__init__(scope, construct_id)
        self.role = aws_iam.Role(
            self,
            "Resource",
            role_name=role_name,
            description=f"Lets the pipeline protect the stacks of {environment}",
            assumed_by=roles_of_another_account([trusted_role_arn]),
            max_session_duration=Duration.hours(1),  # AWS's limit where a role assumes a role
        )
        stacks = f"stack/slipway-{environment}-*"
        policy = aws_iam.ManagedPolicy(
            self, "Policy", description=f"What protects the stacks of {environment}", roles=[self.role]
        )
        policy.add_statements(
            aws_iam.PolicyStatement(
                actions=["cloudformation:DescribeStacks", "cloudformation:UpdateTerminationProtection"],
                resources=[
                    Stack.of(self).format_arn(
                        service="cloudformation", resource=stacks, arn_format=ArnFormat.NO_RESOURCE_NAME
                    )
                ],
            )
        )
        acknowledge(
            policy,
            {wildcard_finding(self, "cloudformation", stacks): "every stack of this environment, by its prefix"},
        )
