"""cert-manager's Issuer and Certificate: keys that are made in the cluster, and renewed there.

The fields are those of `cert-manager.io/v1` (cert-manager documentation, "API Reference").
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest
from inference_constructs.eks.crds.rendering import NAME, as_object

_API_VERSION = "cert-manager.io/v1"
#: Annotation of a webhook configuration: the Certificate by whose authority it is to know its webhook.
INJECT_AUTHORITY_OF = "cert-manager.io/inject-ca-from"


@dataclass(frozen=True, kw_only=True)
class SelfSigned:
    """Certificates sign themselves."""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Certificates are signed by an authority, whose own is in a Secret of the issuer's namespace."""

    secret_name: str


@dataclass(frozen=True, kw_only=True)
class IssuerSpec:
    """Who signs: exactly one of them."""

    self_signed: SelfSigned | None = None
    ca: Authority | None = None


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """An Issuer, for certificates of its own namespace."""

    name: str
    namespace: str
    spec: IssuerSpec

    def manifest(self) -> Manifest:
        """The object as Kubernetes takes it."""
        return {
            "apiVersion": _API_VERSION,
            "kind": "Issuer",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": {MANAGED_BY: SLIPWAY}},
            "spec": as_object(self.spec),
        }


@dataclass(frozen=True, kw_only=True)
class IssuerReference:
    """An Issuer of the same namespace."""

    name: str
    kind: Literal["Issuer"] = "Issuer"
    group: Literal["cert-manager.io"] = "cert-manager.io"


@dataclass(frozen=True, kw_only=True)
class PrivateKey:
    """How the key is made: a new one with every certificate."""

    algorithm: Literal["ECDSA"] = "ECDSA"
    size: Literal[256] = 256
    rotation_policy: Literal["Always"] = "Always"


@dataclass(frozen=True, kw_only=True)
class CertificateSpec:
    """A certificate and its key.

    Attributes:
        secret_name: The Secret that they are put into, as `tls.crt`, `tls.key` and the authority's `ca.crt`.
        issuer_ref: Who signs.
        duration: How long one is valid, such as `2160h`; it is renewed when two thirds of that have passed.
        dns_names: The names that it is for.
        common_name: What it is called, where it is for no name.
        is_authority: Whether it may sign others.
        private_key: How its key is made.
    """

    secret_name: str
    issuer_ref: IssuerReference
    duration: str
    dns_names: Sequence[str] | None = None
    common_name: str | None = None
    is_authority: bool | None = field(default=None, metadata={NAME: "isCA"})
    private_key: PrivateKey = PrivateKey()


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A Certificate."""

    name: str
    namespace: str
    spec: CertificateSpec

    def manifest(self) -> Manifest:
        """The object as Kubernetes takes it."""
        return {
            "apiVersion": _API_VERSION,
            "kind": "Certificate",
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": {MANAGED_BY: SLIPWAY}},
            "spec": as_object(self.spec),
        }
