"""What the API server asks the AWS Load Balancer Controller before it takes an object, and how it knows the answer."""

from cdk8s_plus_33 import k8s

from inference_constructs.eks.addons.load_balancer_controller_manifests import (
    CERTIFICATE_SECRET,
    NAME,
    NAMESPACE,
    WEBHOOK_SERVICE,
)
from inference_constructs.eks.common.contract import READINESS_GATE
from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY, labels
from inference_constructs.eks.common.manifests import Manifest
from inference_constructs.eks.crds.certificates import (
    INJECT_AUTHORITY_OF,
    Authority,
    Certificate,
    CertificateSpec,
    Issuer,
    IssuerReference,
    IssuerSpec,
    SelfSigned,
)
from inference_constructs.eks.crds.load_balancer_definitions import BINDINGS, GROUP, VERSION

_AUTHORITY = f"{NAME}-authority"
_CERTIFICATE = f"{NAME}-webhooks"
_TEN_YEARS = "87600h"
_NINETY_DAYS = "2160h"
#: Without an answer there is no object. A pod would have no readiness gate, and a binding be incomplete; and while
#: nobody answers, nobody would register the pod either.
_FAIL = "Fail"
_ANSWER_WITHIN_S = 10


def webhook_certificates() -> list[Manifest]:
    """A certificate for the webhooks, by an authority of their own.

    A certificate that signs itself, as in the controller's chart, is an authority that changes with every renewal:
    until the nodes have brought the new one to the pods, the API server would believe none of their answers.
    """
    return [
        Issuer(name=NAME, namespace=NAMESPACE, spec=IssuerSpec(self_signed=SelfSigned())).manifest(),
        Certificate(
            name=_AUTHORITY,
            namespace=NAMESPACE,
            spec=CertificateSpec(
                secret_name=_AUTHORITY,
                issuer_ref=IssuerReference(name=NAME),
                duration=_TEN_YEARS,
                common_name=_AUTHORITY,
                is_authority=True,
            ),
        ).manifest(),
        Issuer(name=_AUTHORITY, namespace=NAMESPACE, spec=IssuerSpec(ca=Authority(secret_name=_AUTHORITY))).manifest(),
        Certificate(
            name=_CERTIFICATE,
            namespace=NAMESPACE,
            spec=CertificateSpec(
                secret_name=CERTIFICATE_SECRET,
                issuer_ref=IssuerReference(name=_AUTHORITY),
                duration=_NINETY_DAYS,
                dns_names=(f"{WEBHOOK_SERVICE}.{NAMESPACE}.svc", f"{WEBHOOK_SERVICE}.{NAMESPACE}.svc.cluster.local"),
            ),
        ).manifest(),
    ]


def webhooks() -> list[Manifest]:
    """When the API server asks: about bindings, and about new pods of services. About other pods it asks nobody."""
    return [
        k8s.KubeMutatingWebhookConfiguration.manifest(
            metadata=_metadata(),
            webhooks=[
                k8s.MutatingWebhook(
                    name=f"mpod.{GROUP}",
                    client_config=_asks("/mutate-v1-pod"),
                    namespace_selector=k8s.LabelSelector(
                        match_labels={READINESS_GATE["managed_node_groups"]: "enabled"}
                    ),
                    object_selector=k8s.LabelSelector(match_labels={MANAGED_BY: SLIPWAY}),
                    rules=[
                        k8s.RuleWithOperations(
                            api_groups=[""], api_versions=["v1"], operations=["CREATE"], resources=["pods"]
                        )
                    ],
                    failure_policy=_FAIL,
                    side_effects="None",
                    admission_review_versions=["v1"],
                    timeout_seconds=_ANSWER_WITHIN_S,
                ),
                k8s.MutatingWebhook(
                    name=f"mtargetgroupbinding.{GROUP}",
                    client_config=_asks(f"/mutate-elbv2-k8s-aws-{VERSION}-targetgroupbinding"),
                    rules=[_bindings_written()],
                    failure_policy=_FAIL,
                    side_effects="None",
                    admission_review_versions=["v1"],
                    timeout_seconds=_ANSWER_WITHIN_S,
                ),
            ],
        ),
        k8s.KubeValidatingWebhookConfiguration.manifest(
            metadata=_metadata(),
            webhooks=[
                k8s.ValidatingWebhook(
                    name=f"vtargetgroupbinding.{GROUP}",
                    client_config=_asks(f"/validate-elbv2-k8s-aws-{VERSION}-targetgroupbinding"),
                    rules=[_bindings_written()],
                    failure_policy=_FAIL,
                    side_effects="None",
                    admission_review_versions=["v1"],
                    timeout_seconds=_ANSWER_WITHIN_S,
                )
            ],
        ),
    ]


def _metadata() -> k8s.ObjectMeta:
    """cert-manager writes the authority into what is annotated like this."""
    return k8s.ObjectMeta(
        name=f"{SLIPWAY}-{NAME}",
        labels=labels(SLIPWAY, NAME),
        annotations={INJECT_AUTHORITY_OF: f"{NAMESPACE}/{_CERTIFICATE}"},
    )


def _asks(path: str) -> k8s.WebhookClientConfig:
    return k8s.WebhookClientConfig(service=k8s.ServiceReference(name=WEBHOOK_SERVICE, namespace=NAMESPACE, path=path))


def _bindings_written() -> k8s.RuleWithOperations:
    return k8s.RuleWithOperations(
        api_groups=[GROUP], api_versions=[VERSION], operations=["CREATE", "UPDATE"], resources=[BINDINGS]
    )
