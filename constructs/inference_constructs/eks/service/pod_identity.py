"""What a service's pods may do in AWS: read their models, and nothing else."""

import hashlib
from collections.abc import Sequence

from aws_cdk import aws_eks_v2, aws_iam
from constructs import Construct

from inference_constructs.common.model_data import ModelData
from inference_constructs.eks.common.pod_role import ServiceAccount
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.service.namespace import SERVICE_ACCOUNT


class PodIdentity(Construct):
    """A role for the pods of a service, by EKS Pod Identity: the agent is built into EKS Auto Mode.

    Only the service account `model` of the service's namespace in this very cluster can be given the role. The policy
    is replaced, not changed, with every new model: CloudFormation attaches the new one before the pods change and
    removes the old one after.

    Attributes:
        role: The role, None if no variant loads a model from S3.
        association: What ties it to the service account, None if there is no role.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster_name: str, namespace: str, variants: Sequence[PodVariant]
    ) -> None:
        """Create the role and its association.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster_name: The cluster.
            namespace: The service's namespace there. It need not exist yet.
            variants: What loads models.
        """
        super().__init__(scope, construct_id)
        models = [variant.model for variant in variants if variant.model is not None]
        self.role: aws_iam.Role | None = None
        self.association: aws_eks_v2.CfnPodIdentityAssociation | None = None
        if models:
            account = ServiceAccount(cluster_name=cluster_name, namespace=namespace, name=SERVICE_ACCOUNT)
            self.role = account.create_role(
                self, "Role", description="Given to the pods of a service, to load their models"
            )
            self.association = account.associate(self, "Resource", role=self.role)
            self.association.node.add_dependency(self._create_policy(self.role, models))

    def _create_policy(self, role: aws_iam.IRole, models: Sequence[ModelData]) -> aws_iam.ManagedPolicy:
        versions = "\n".join(sorted({model.version for model in models}))
        policy = aws_iam.ManagedPolicy(
            self,
            f"Policy-{hashlib.sha256(versions.encode()).hexdigest()[:8]}",
            description="What the pods of a service need to load their models",
            roles=[role],
        )
        for model in models:
            model.grant_read(policy)
        return policy
