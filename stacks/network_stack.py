"""The network of an environment."""

from aws_cdk import Stack, aws_kms
from constructs import Construct

from inference_constructs.network import IsolatedNetwork
from inference_constructs.spec import Environment
from stacks.settings import log_retention_of, removal_policy_of, target_of


class NetworkStack(Stack):
    """The VPC that every service of the environment runs in.

    Attributes:
        vpc: The VPC.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        encryption_key: aws_kms.IKey,
        stack_name: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            env=target_of(environment),
            description=f"Slipway {environment.name}: VPC, endpoints of AWS services, flow logs",
        )
        self._zones = list(environment.network.availability_zones)
        self.vpc = IsolatedNetwork(
            self,
            "Network",
            network=environment.network,
            encryption_key=encryption_key,
            log_retention=log_retention_of(environment),
            removal_policy=removal_policy_of(environment),
        ).vpc

    @property
    def availability_zones(self) -> list[str]:
        """The zones that the environment names. The CDK would ask the account for them, at synth."""
        return self._zones
