"""What the tests of `fetch` share: an S3 with a small model in it, and how to ask for it."""

from pathlib import Path

from slipway.serving.download.settings import FetchSettings, S3Object
from tests.serving.download.archives import packed, sha256
from tests.serving.download.stub_s3 import StubS3

ADDRESS = S3Object("models", "tumor triage/1+0/model.tar.gz")
PATH = "models/tumor%20triage/1%2B0/model.tar.gz"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret"}
MODEL = packed(("model.onnx", b"graph"), ("signature.json", b"{}"), ("tables/a.csv", b"1,2\n"))
FILES = {"model.onnx": b"graph", "signature.json": b"{}", "tables/a.csv": b"1,2\n"}


def environment(stub: StubS3) -> dict[str, str]:
    nothing = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    return {**nothing, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": stub.url, **KEYS}


def settings(into: Path, *, expected: str = sha256(MODEL)) -> FetchSettings:
    return FetchSettings(s3_uri=ADDRESS, sha256=expected, into=into, region="eu-central-1")


def gets(stub: StubS3) -> list[str]:
    return [request for request in stub.requests if request.startswith("GET")]
