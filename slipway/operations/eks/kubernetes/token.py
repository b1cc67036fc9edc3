"""The bearer token by which EKS knows an IAM principal, made as `aws eks get-token` makes it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

#: EKS accepts a token for 15 minutes after it was made, whatever the URL in it (aws-iam-authenticator).
LIFETIME_S: Final = 14 * 60
_URL_VALID_S: Final = 60
_PREFIX: Final = "k8s-aws-v1."
_EVENT: Final = "before-sign.sts.GetCallerIdentity"
_HANDLER: Final = "slipway-cluster-name"


def bearer_token(sts: STSClient, cluster_name: str) -> str:
    """A token for a cluster's Kubernetes API.

    It is a presigned call of `GetCallerIdentity` that the cluster makes to learn who asks. The name of the cluster is
    a signed header, so that no other cluster can use the token. Nothing is sent to AWS here.

    Args:
        sts: Its credentials and region are used.
        cluster_name: The cluster.

    Raises:
        BotoCoreError: There are no credentials to sign with.
    """

    def name_the_cluster(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = cluster_name

    events = sts.meta.events
    events.register(_EVENT, name_the_cluster, unique_id=_HANDLER)
    try:
        url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=_URL_VALID_S, HttpMethod="GET")
    finally:
        events.unregister(_EVENT, name_the_cluster, unique_id=_HANDLER)
    return _PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
