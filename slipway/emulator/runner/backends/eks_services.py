"""The services that run on EKS: where they answer, read from the outputs of their stacks."""

import dataclasses
import json
import ssl
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace

_OUTPUTS: Final = frozenset({"ServiceUrl", "LoadBalancerDnsName", "Namespace", "ClusterName"})
_SECONDS: Final = 30.0


@dataclasses.dataclass(frozen=True)
class EksService:
    """One service on EKS.

    Attributes:
        name: The service's name, which is its namespace too.
        cluster: The cluster it runs on.
        host: The host name that its callers ask for.
        address: Where its load balancer answers: `localhost` and a port.
    """

    name: str
    cluster: str
    host: str
    address: str


def eks_services(workspace: Workspace) -> list[EksService]:
    """The services on EKS that are deployed, in the order of their names."""
    stacks = client("cloudformation", workspace).describe_stacks()["Stacks"]
    outputs = [{found["OutputKey"]: found["OutputValue"] for found in stack.get("Outputs", [])} for stack in stacks]
    return sorted(
        (
            EksService(
                name=found["Namespace"],
                cluster=found["ClusterName"],
                host=urlsplit(found["ServiceUrl"]).hostname or "",
                address=found["LoadBalancerDnsName"],
            )
            for found in outputs
            if found.keys() >= _OUTPUTS
        ),
        key=lambda service: service.name,
    )


def invoke(
    workspace: Workspace,
    service: EksService,
    body: bytes,
    content_type: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """`POST /invocations` to a service through its load balancer, by HTTPS, under the service's own name."""
    trusted = ssl.create_default_context(cafile=workspace.certificate_authority)
    with httpx.Client(verify=trusted, trust_env=False, timeout=_SECONDS) as http:
        return http.post(
            f"https://{service.address}/invocations",
            content=body,
            headers={"Host": service.host, "Content-Type": content_type, "Accept": content_type, **(headers or {})},
            extensions={"sni_hostname": service.host},
        )


def not_rolled_out(workspace: Workspace, service: EksService) -> str:
    """What there is to wait for until every pod of a service is of the newest template and ready; empty if nothing."""
    cluster = json.loads(workspace.kubeconfig.read_text())
    server = next(found["cluster"]["server"] for found in cluster["clusters"] if found["name"] == service.cluster)
    trusted = ssl.create_default_context(cafile=workspace.certificate_authority)
    with httpx.Client(verify=trusted, trust_env=False, timeout=_SECONDS) as http:
        reply = http.get(f"{server}/apis/apps/v1/namespaces/{service.name}/deployments").raise_for_status()
    for deployment in reply.json()["items"]:
        status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
        up_to_date = status.get("observedGeneration") == deployment["metadata"]["generation"]
        counts = {status.get(part, 0) for part in ("replicas", "updatedReplicas", "availableReplicas")}
        if not up_to_date or counts != {wanted}:
            available = status.get("availableReplicas", 0)
            return f"{available} of {wanted} pods of the deployment {deployment['metadata']['name']} are available"
    return ""
