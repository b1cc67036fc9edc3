"""Who may look at a cluster, and who may change it."""

from collections.abc import Sequence

from aws_cdk import Stack, aws_eks_v2
from cdk8s_plus_33 import k8s
from constructs import Construct

from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest, apply_manifest

#: The Kubernetes group of viewers. Names that start with `eks:`, `system:` or the like are EKS's own.
VIEWERS = "slipway-viewers"
_SEEN = ("get", "list", "watch")
#: What AmazonEKSViewPolicy leaves out, since it covers only what is in namespaces and built in.
_SEEN_BESIDES = {
    "": ("namespaces", "nodes"),
    "eks.amazonaws.com": ("nodeclasses", "targetgroupbindings"),
    "elbv2.k8s.aws": ("targetgroupbindings",),
    "karpenter.sh": ("nodeclaims", "nodepools"),
    "metrics.k8s.io": ("nodes", "pods"),
    "scheduling.k8s.io": ("priorityclasses",),
}


class Access(Construct):
    """Access entries for people, by the roles that they assume. Whoever creates the cluster gets none by that."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        admins: Sequence[str],
        viewers: Sequence[str],
    ) -> None:
        """Create the entries.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            admins: ARNs of who may do everything.
            viewers: ARNs of who may look at everything but secrets. AmazonEKSAdminViewPolicy would show those too (EKS
                User Guide, "Review access policy permissions"), so they get AmazonEKSViewPolicy and a role for what
                that lacks.
        """
        super().__init__(scope, construct_id)
        for arn in admins:
            self._create_entry(cluster, arn, "AmazonEKSClusterAdminPolicy")
        for arn in viewers:
            self._create_entry(cluster, arn, "AmazonEKSViewPolicy", group=VIEWERS)
        if viewers:
            apply_manifest(self, "Viewers", cluster=cluster, objects=[_viewers_role(), _viewers_binding()])

    def _create_entry(
        self, cluster: aws_eks_v2.ICluster, principal: str, policy: str, *, group: str | None = None
    ) -> None:
        aws_eks_v2.CfnAccessEntry(
            self,
            # A viewer who becomes an admin keeps the entry: there is one per principal, and a new one would come first.
            f"Entry-{principal}",
            cluster_name=cluster.cluster_name,
            principal_arn=principal,
            type="STANDARD",
            kubernetes_groups=[group] if group else None,
            access_policies=[
                aws_eks_v2.CfnAccessEntry.AccessPolicyProperty(
                    policy_arn=f"arn:{Stack.of(self).partition}:eks::aws:cluster-access-policy/{policy}",
                    access_scope=aws_eks_v2.CfnAccessEntry.AccessScopeProperty(type="cluster"),
                )
            ],
        )


def _viewers_role() -> Manifest:
    rules = [
        k8s.PolicyRule(api_groups=[group], resources=list(resources), verbs=list(_SEEN))
        for group, resources in _SEEN_BESIDES.items()
    ]
    role: Manifest = k8s.KubeClusterRole.manifest(metadata=_metadata(), rules=rules)
    return role


def _viewers_binding() -> Manifest:
    binding: Manifest = k8s.KubeClusterRoleBinding.manifest(
        metadata=_metadata(),
        role_ref=k8s.RoleRef(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=VIEWERS),
        subjects=[k8s.Subject(api_group="rbac.authorization.k8s.io", kind="Group", name=VIEWERS)],
    )
    return binding


def _metadata() -> k8s.ObjectMeta:
    return k8s.ObjectMeta(name=VIEWERS, labels={MANAGED_BY: SLIPWAY})
