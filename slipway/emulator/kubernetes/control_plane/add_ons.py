"""What EKS's add-ons leave in a cluster that others wait for. The add-ons themselves do not run here."""

import base64
from typing import Any, Final

#: cert-manager tells the API server by whose authority it is to know its webhook. Here nobody asks that webhook.
_CERT_MANAGER: Final[dict[str, Any]] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "cert-manager-webhook"},
    "webhooks": [
        {
            "name": "webhook.cert-manager.io",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "clientConfig": {
                "service": {"name": "cert-manager-webhook", "namespace": "cert-manager"},
                "caBundle": base64.b64encode(b"nobody is asked in the embedded AWS").decode(),
            },
        }
    ],
}
_LEFT_BY: Final = {"cert-manager": ("validatingwebhookconfigurations.admissionregistration.k8s.io", _CERT_MANAGER)}


def left_by(add_on: str) -> tuple[str, dict[str, Any]] | None:
    """The object of an add-on, with the name of its resource; None if nobody waits for any."""
    return _LEFT_BY.get(add_on)
