import base64
from urllib.parse import parse_qs, urlsplit

from slipway.operations.eks.kubernetes.token import bearer_token
from tests.operations.stubbed import Stubbed


def url_in(token: str) -> str:
    prefix, _, encoded = token.partition("k8s-aws-v1.")
    assert prefix == ""
    assert "=" not in encoded
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def test_a_token_is_a_presigned_question_who_asks(stubbed: Stubbed) -> None:
    url = urlsplit(url_in(bearer_token(stubbed.aws.sts, "slipway-dev")))
    query = parse_qs(url.query)
    assert (url.scheme, url.hostname) == ("https", "sts.us-east-1.amazonaws.com")
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Credential"][0].startswith("test/")


def test_the_cluster_is_part_of_what_is_signed(stubbed: Stubbed) -> None:
    first, second = (parse_qs(urlsplit(url_in(bearer_token(stubbed.aws.sts, name))).query) for name in ("a", "b"))
    assert first["X-Amz-Signature"] != second["X-Amz-Signature"]


def test_no_other_call_is_signed_for_a_cluster(stubbed: Stubbed) -> None:
    bearer_token(stubbed.aws.sts, "slipway-dev")
    url = stubbed.aws.sts.generate_presigned_url("get_caller_identity")
    assert parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"] == ["host"]
