"""Asks a cluster's Kubernetes API; nothing here changes anything."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from pydantic import BaseModel, ValidationError
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from slipway.operations.aws.clients import Aws
from slipway.operations.eks.kubernetes.objects import Autoscaler, Deployment, Event, NodeClaim, Pod, ReplicaSet
from slipway.operations.eks.kubernetes.token import LIFETIME_S, bearer_token
from slipway.operations.errors import AwsAccessError

ObjectT = TypeVar("ObjectT", bound=BaseModel)

_TIMEOUT_S: Final = (5, 30)  # to connect, to answer
_UNAUTHORISED, _FORBIDDEN, _MISSING, _FIRST_ERROR = 401, 403, 404, 400
#: A long wait is not given up for one answer that got lost.
_RETRIES: Final = Retry(
    total=3, connect=1, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False
)


class KubernetesError(AwsAccessError):
    """The Kubernetes API could not be reached, or does not let these credentials in."""


class KubernetesApi:
    """The API of one cluster, for whoever the AWS credentials are of."""

    def __init__(
        self, *, cluster_name: str, endpoint: str, certificate_authority: str, token: Callable[[], str]
    ) -> None:
        """Nothing is sent yet.

        Args:
            cluster_name: The cluster, for messages.
            endpoint: Its URL.
            certificate_authority: What its certificate has to be signed by, as PEM.
            token: Makes a bearer token, which is used for 14 minutes.
        """
        self._cluster_name = cluster_name
        self._endpoint = endpoint
        self._make_token = token
        self._token, self._renew_at = "", 0.0
        configuration: Any = client.Configuration(host=endpoint)
        configuration.ca_cert_data = certificate_authority
        configuration.retries = _RETRIES
        self._client: Any = client.ApiClient(configuration)  # its stubs lack the generic calls

    @classmethod
    def of_cluster(cls, aws: Aws, cluster_name: str) -> KubernetesApi:
        """The API of an EKS cluster.

        Raises:
            ClientError: There is no such cluster, or these credentials may not describe it.
            KubernetesError: It is being created, so that it has no API yet.
        """
        found = aws.eks.describe_cluster(name=cluster_name)["cluster"]
        endpoint, authority = found.get("endpoint"), found.get("certificateAuthority", {}).get("data")
        if not endpoint or not authority:
            raise KubernetesError(f"The cluster {cluster_name} is {found.get('status')} and has no Kubernetes API yet.")
        return cls(
            cluster_name=cluster_name,
            endpoint=endpoint,
            certificate_authority=base64.b64decode(authority).decode(),
            token=lambda: bearer_token(aws.sts, cluster_name),
        )

    def deployment(self, namespace: str, name: str) -> Deployment | None:
        """A Deployment, None if there is none of this name."""
        return self._one(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}", Deployment)

    def autoscaler(self, namespace: str, name: str) -> Autoscaler | None:
        """A HorizontalPodAutoscaler, None if there is none of this name."""
        path = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/{name}"
        return self._one(path, Autoscaler)

    def replica_sets(self, namespace: str, labels: Mapping[str, str]) -> list[ReplicaSet]:
        """The ReplicaSets with these labels."""
        return self._all(
            f"/apis/apps/v1/namespaces/{namespace}/replicasets", ReplicaSet, labelSelector=_selector(labels)
        )

    def pods(self, namespace: str, labels: Mapping[str, str]) -> list[Pod]:
        """The pods with these labels."""
        return self._all(f"/api/v1/namespaces/{namespace}/pods", Pod, labelSelector=_selector(labels))

    def warnings(self, namespace: str) -> list[Event]:
        """What went wrong in a namespace within the last hour (EKS keeps events no longer), the newest last."""
        events = self._all(f"/api/v1/namespaces/{namespace}/events", Event, fieldSelector="type=Warning")
        return sorted((event for event in events if event.type == "Warning"), key=lambda event: event.when)

    def node_claims(self) -> list[NodeClaim]:
        """The nodes that Auto Mode asked for; none where it is not used or these credentials may not see them."""
        try:
            return self._all("/apis/karpenter.sh/v1/nodeclaims", NodeClaim)
        except KubernetesError:
            return []

    def last_lines(self, namespace: str, pod: str, container: str, *, lines: int) -> tuple[str, ...]:
        """The end of a container's log: of its run before this one if there was one, else of this one."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        for previous in ("true", "false"):
            status, text = self._get(path, container=container, previous=previous, tailLines=str(lines))
            if status < _FIRST_ERROR and text.strip():
                return tuple(line for line in text.splitlines() if line.strip())[-lines:]
        return ()

    def _one(self, path: str, kind: type[ObjectT]) -> ObjectT | None:
        status, text = self._get(path)
        return None if status == _MISSING else self._read(kind, self._json(path, status, text))

    def _all(self, path: str, kind: type[ObjectT], **query: str) -> list[ObjectT]:
        content = self._json(path, *self._get(path, **query))
        return [self._read(kind, item) for item in content.get("items") or ()]

    def _get(self, path: str, **query: str) -> tuple[int, str]:
        """Status and body of an answer.

        Raises:
            KubernetesError: There is none, or these credentials are not let in.
        """
        if time.monotonic() >= self._renew_at:
            self._token, self._renew_at = self._make_token(), time.monotonic() + LIFETIME_S
        method, url, headers, *_ = self._client.param_serialize(
            method="GET",
            resource_path=path,
            query_params=list(query.items()),
            header_params={"Accept": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        try:
            answered = self._client.call_api(method, url, headers, _request_timeout=_TIMEOUT_S)
            text = answered.read().decode(errors="replace")
        except (HTTPError, ApiException) as error:  # urllib3's, and the client's own for TLS
            raise KubernetesError(_unreachable(self._cluster_name, self._endpoint, error)) from error
        if answered.status in (_UNAUTHORISED, _FORBIDDEN):
            raise KubernetesError(
                f"The cluster {self._cluster_name} does not let these credentials read {path} ({answered.status}:"
                f" {_message(text)}). Name their role under eks.admins or eks.viewers of the environment, and deploy"
                " the cluster's stack."
            )
        return answered.status, text

    def _json(self, path: str, status: int, text: str) -> dict[str, Any]:
        if status < _FIRST_ERROR:
            try:
                content: dict[str, Any] = json.loads(text)
            except ValueError:
                content = {}
            if content:
                return content
        raise KubernetesError(
            f"The Kubernetes API of {self._cluster_name} answered {path} with {status}: {_message(text)}"
        )

    def _read(self, kind: type[ObjectT], content: Any) -> ObjectT:
        try:
            return kind.model_validate(_without_nulls(content))
        except ValidationError as error:
            raise KubernetesError(
                f"The Kubernetes API of {self._cluster_name} describes a {kind.__name__} in a way that is not"
                f" understood: {error.errors()[0]['loc']} {error.errors()[0]['msg']}."
            ) from error


def _selector(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in labels.items())


def _without_nulls(content: Any) -> Any:
    """The API leaves a field out or gives it as null, and means the same."""
    if isinstance(content, dict):
        return {key: _without_nulls(value) for key, value in content.items() if value is not None}
    return [_without_nulls(item) for item in content] if isinstance(content, list) else content


def _unreachable(cluster_name: str, endpoint: str, error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    said = " ".join(str(reason).split()).rstrip(".")
    return (
        f"The Kubernetes API of {cluster_name} at {endpoint} could not be reached from here ({said}). Its address is"
        " private unless eks.public_endpoint_cidrs of the environment names your network: run this inside the VPC, as"
        " docs/operations.md has it."
    )


def _message(text: str) -> str:
    """The sentence in an error's body, which is a `Status` where the API server itself answers."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    said = content.get("message") if isinstance(content, dict) else None
    return " ".join(str(said or text or "no reason given").split())[:300]
