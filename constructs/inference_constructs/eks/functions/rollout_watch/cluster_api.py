"""Asks the Kubernetes API of an EKS cluster, as the role of the function."""

import base64
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session

#: Seconds for a connection, and again for each read.
_TIMEOUT_S: Final = 8
#: EKS asks STS at once: the address need not be valid for longer.
_VALID_S: Final = 60
_OK, _MISSING, _TOO_MANY, _FIRST_OF_SERVER = 200, 404, 429, 500
_NOT_LET_IN: Final = frozenset({401, 403})


class UnavailableError(Exception):
    """The API gave no answer that counts; it may soon."""


class RefusedError(Exception):
    """The API does not answer this request, and will not by itself."""


class NotLetInError(RefusedError):
    """The API does not know this role, or does not let it look. That may pass."""


@dataclass(frozen=True, kw_only=True)
class ClusterApi:
    """The Kubernetes API of one cluster.

    Attributes:
        cluster_name: The cluster.
        endpoint: Where its API is, `https://…`.
        authority: What its certificate has to be signed by: PEM in base64, as EKS tells it.
        region: The cluster's region.
        sts_host: The regional endpoint of STS, which the cluster asks who we are.
    """

    cluster_name: str
    endpoint: str
    authority: str
    region: str
    sts_host: str

    def deployment(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        """A Deployment, None if there is none of this name.

        Raises:
            UnavailableError: There was no answer that counts.
            RefusedError: The role may not ask.
        """
        return self._get(f"/apis/apps/v1/namespaces/{quote(namespace)}/deployments/{quote(name)}")

    def pods(self, namespace: str, labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """The pods with these labels.

        Raises:
            UnavailableError: There was no answer that counts.
            RefusedError: The role may not ask.
        """
        return self._list(f"/api/v1/namespaces/{quote(namespace)}/pods", labels)

    def replica_sets(self, namespace: str, labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """The ReplicaSets with these labels.

        Raises:
            UnavailableError: There was no answer that counts.
            RefusedError: The role may not ask.
        """
        return self._list(f"/apis/apps/v1/namespaces/{quote(namespace)}/replicasets", labels)

    def token(self) -> str:
        """A presigned call of GetCallerIdentity, by which the cluster knows the role, made as `aws eks get-token` does.

        Nothing is sent to AWS here.

        Raises:
            RefusedError: There is no role to sign for.
        """
        request = AWSRequest(
            method="GET",
            url=f"https://{self.sts_host}/?Action=GetCallerIdentity&Version=2011-06-15",
            headers={"x-k8s-aws-id": self.cluster_name},
        )
        credentials = get_session().get_credentials()
        if credentials is None:
            raise RefusedError("the function has no credentials")
        SigV4QueryAuth(credentials, "sts", self.region, expires=_VALID_S).add_auth(request)
        return "k8s-aws-v1." + base64.urlsafe_b64encode(str(request.url).encode()).decode().rstrip("=")

    def _list(self, path: str, labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
        query = urlencode({"labelSelector": ",".join(f"{name}={value}" for name, value in labels.items())})
        found = self._get(f"{path}?{query}") or {}
        return list(found.get("items") or [])

    def _get(self, path: str) -> Mapping[str, Any] | None:
        status, body = self._send(path)
        if status == _MISSING:
            return None
        if status in _NOT_LET_IN:
            raise NotLetInError(f"the Kubernetes API answers {path} with {status}: {_message(body)}")
        if status != _OK:
            certain = status < _FIRST_OF_SERVER and status != _TOO_MANY
            error = RefusedError if certain else UnavailableError
            raise error(f"the Kubernetes API answers {path} with {status}: {_message(body)}")
        try:
            content: Mapping[str, Any] = json.loads(body)
        except ValueError as error:
            raise UnavailableError(f"the Kubernetes API answers {path} with what is no JSON") from error
        return content

    def _send(self, path: str) -> tuple[int, bytes]:
        address = urlsplit(self.endpoint)
        trusted = ssl.create_default_context(cadata=base64.b64decode(self.authority).decode())
        # Python 3.13 began to ask authorities for extensions that those of some clusters do not have
        # (kubernetes-client/python, issue 2394). Signature, dates and name are checked as ever.
        trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT
        connection = HTTPSConnection(address.hostname or "", address.port or 443, timeout=_TIMEOUT_S, context=trusted)
        try:
            headers = {"Authorization": f"Bearer {self.token()}", "Accept": "application/json"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:  # TLS and timeouts are OSErrors
            raise UnavailableError(f"the Kubernetes API at {self.endpoint} cannot be reached: {error!r}") from error
        finally:
            connection.close()


def _message(body: bytes) -> str:
    """The sentence in an error's body, which is a `Status` where the API server itself answers."""
    text = body.decode(errors="replace")
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    said = content.get("message") if isinstance(content, dict) else None
    return " ".join(str(said or text or "no reason given").split())
