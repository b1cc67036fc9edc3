"""What a page in a browser sends to a cluster or a load balancer is refused."""

import ssl

import httpx

from slipway.emulator.kubernetes.control_plane.control_plane import KubernetesPlane
from tests.emulator.kubernetes.clients import Cluster
from tests.emulator.support import EMBEDDED, FETCHED


def test_a_cluster_answers_no_page(cluster: Cluster) -> None:
    assert cluster.http.get("/api/v1/namespaces").status_code == 200
    for headers in (FETCHED, EMBEDDED, {"Host": "evil.example"}):
        assert cluster.http.get("/api/v1/namespaces", headers=headers).status_code == 403


def test_a_load_balancer_answers_no_page(plane: KubernetesPlane) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/0123456789abcdef"
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "here"}}
    address = plane.put_load_balancer(arn, {})
    plane.put_listener("listener", {"LoadBalancerArn": arn, "Protocol": "HTTPS", "DefaultActions": [fixed]})
    trusting = httpx.Client(
        base_url=f"https://{address}",
        verify=ssl.create_default_context(cafile=plane.authority.path),
        trust_env=False,
        headers={"Host": "a.example"},
    )
    with trusting as balanced:
        assert balanced.get("/").text == "here"
        assert balanced.get("/", headers=FETCHED).status_code == 403
