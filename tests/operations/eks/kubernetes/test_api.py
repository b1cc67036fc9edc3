import base64
import socket

import pytest

from slipway.operations.eks.kubernetes.api import KubernetesApi, KubernetesError
from slipway.operations.errors import ExitStatus
from tests.operations.eks.https_stand_in import Cluster, https
from tests.operations.eks.pods import NAMESPACE, rolled_out
from tests.operations.stubbed import Stubbed


def api(port: int, authority: str) -> KubernetesApi:
    return KubernetesApi(
        cluster_name="slipway-dev",
        endpoint=f"https://127.0.0.1:{port}",
        certificate_authority=authority,
        token=lambda: "k8s-aws-v1.token",
    )


def test_the_api_of_a_cluster_is_where_eks_says(stubbed: Stubbed) -> None:
    with https(rolled_out(), "127.0.0.1") as served:
        described = {
            "name": "slipway-dev",
            "status": "ACTIVE",
            "endpoint": f"https://127.0.0.1:{served.port}",
            "certificateAuthority": {"data": base64.b64encode(served.authority.encode()).decode()},
        }
        stubbed.answer("eks", "describe_cluster", {"cluster": described}, name="slipway-dev")
        found = KubernetesApi.of_cluster(stubbed.aws, "slipway-dev").deployment(NAMESPACE, "main")
        assert found is not None
        assert found.status.available_replicas == 2
        assert served.asked[0].headers["Authorization"].startswith("Bearer k8s-aws-v1.")


def test_a_cluster_that_is_being_created(stubbed: Stubbed) -> None:
    stubbed.answer("eks", "describe_cluster", {"cluster": {"name": "slipway-dev", "status": "CREATING"}})
    with pytest.raises(KubernetesError, match="slipway-dev is CREATING and has no Kubernetes API yet"):
        KubernetesApi.of_cluster(stubbed.aws, "slipway-dev")


def test_an_api_that_cannot_be_reached_from_here() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        port = held.getsockname()[1]
        with https(Cluster(), "127.0.0.1") as other, pytest.raises(KubernetesError) as raised:
            api(port, other.authority).deployment(NAMESPACE, "main")
    assert raised.value.exit_status == ExitStatus.AWS_ACCESS
    said = str(raised.value)
    assert said.startswith(
        f"The Kubernetes API of slipway-dev at https://127.0.0.1:{port} could not be reached from here ("
    )
    assert said.endswith(
        "Its address is private unless eks.public_endpoint_cidrs of the environment names your network: run this inside"
        " the VPC, as docs/operations.md has it."
    )


def test_an_api_with_another_certificate_is_not_trusted() -> None:
    with https(Cluster(), "127.0.0.1") as served, https(Cluster(), "127.0.0.1") as other:
        with pytest.raises(KubernetesError, match="CERTIFICATE_VERIFY_FAILED"):
            api(served.port, other.authority).deployment(NAMESPACE, "main")
        assert served.asked == []


@pytest.mark.parametrize(("status", "said"), [(401, "Unauthorized"), (403, 'deployments.apps "main" is forbidden')])
def test_credentials_that_the_cluster_does_not_know(status: int, said: str) -> None:
    with https(Cluster(refuse=(status, said)), "127.0.0.1") as served, pytest.raises(KubernetesError) as raised:
        api(served.port, served.authority).deployment(NAMESPACE, "main")
    assert str(raised.value) == (
        "The cluster slipway-dev does not let these credentials read"
        f" /apis/apps/v1/namespaces/{NAMESPACE}/deployments/main ({status}: {said}). Name their role under eks.admins"
        " or eks.viewers of the environment, and deploy the cluster's stack."
    )


def test_an_answer_that_is_none() -> None:
    with (
        https(Cluster(refuse=(422, "no")), "127.0.0.1") as served,
        pytest.raises(KubernetesError, match=r"answered /apis/.* with 422: no$"),
    ):
        api(served.port, served.authority).deployment(NAMESPACE, "main")


def test_what_is_not_there_and_what_nobody_may_see() -> None:
    with https(Cluster(), "127.0.0.1") as served:
        found = api(served.port, served.authority)
        assert found.deployment(NAMESPACE, "main") is None
        assert found.last_lines(NAMESPACE, "pod", "server", lines=3) == ()
    with https(Cluster(refuse=(403, "no")), "127.0.0.1") as served:
        assert api(served.port, served.authority).node_claims() == []
