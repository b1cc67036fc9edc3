"""cert-manager, which makes and renews the certificates of webhooks: a key in a template would be no secret."""

from aws_cdk import Duration, aws_eks_v2
from constructs import Construct, IDependable

from inference_constructs.eks.addons.managed import add_on
from inference_constructs.eks.common.versions import AddOnVersions

#: Its own webhook, by which the API server asks it before it takes a Certificate or an Issuer.
_WEBHOOK = "cert-manager-webhook"
_NAMESPACE = "cert-manager"
_AUTHORITY = ".webhooks[0].clientConfig.caBundle"
_PATIENCE = Duration.minutes(5)


class CertificateManager(Construct):
    """EKS's community add-on of that name, once it can be asked.

    EKS calls an add-on active when its pods are ready. Only after that does one of them tell the API server whose
    certificate the webhook has; until then Kubernetes refuses what the webhook has to look at ("certificate signed by
    unknown authority"), and nothing tries again.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        versions: AddOnVersions,
        nodes: IDependable,
    ) -> None:
        """Create the add-on.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            versions: The build to install.
            nodes: What it runs on, with the cluster's DNS.
        """
        super().__init__(scope, construct_id)
        resource = add_on(self, "Resource", cluster, "cert-manager", versions.cert_manager)
        resource.node.add_dependency(nodes)
        aws_eks_v2.KubernetesObjectValue(
            self,
            "Ready",
            cluster=cluster,
            object_type="validatingwebhookconfiguration",
            object_namespace=_NAMESPACE,
            object_name=_WEBHOOK,
            json_path=_AUTHORITY,
            timeout=_PATIENCE,
        ).node.add_dependency(resource)
