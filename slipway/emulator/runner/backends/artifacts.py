"""Follows a model's artifact from the packer to the model server, by checksum."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.backends.backend import DemoError
from slipway.emulator.runner.instance import Running


@dataclasses.dataclass(frozen=True)
class Trace:
    """One artifact on its way from the packer to the model server, by checksum.

    Attributes:
        packed: Of the file in the cloud assembly.
        uploaded: Of the object in S3.
        loaded: Of what the model server fetched.
        url: The object's address, as the deployed Model names it.
    """

    packed: str
    uploaded: str
    loaded: str
    url: str

    @property
    def is_unchanged(self) -> bool:
        """Whether the same bytes were seen everywhere."""
        return len({self.packed, self.uploaded, self.loaded}) == 1


def trace(running: Running, endpoint: str) -> Iterator[Trace]:
    """Follow the artifact of every variant of an endpoint.

    Raises:
        DemoError: One is not in the cloud assembly.
    """
    s3 = client("s3", running.workspace)
    for server in running.servers()[endpoint]:
        url = server["artifact"]
        bucket, _, key = url.removeprefix("s3://").partition("/")
        stored = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        packed = _packed(running.workspace, key)
        yield Trace(packed=packed, uploaded=hashlib.sha256(stored).hexdigest(), loaded=server["sha256"], url=url)


def _packed(workspace: Workspace, key: str) -> str:
    """The checksum of the file that the cloud assembly uploads under this key."""
    for manifest in workspace.assembly.rglob("*.assets.json"):
        for asset in json.loads(manifest.read_text())["files"].values():
            if any(destination["objectKey"] == key for destination in asset["destinations"].values()):
                return hashlib.sha256((manifest.parent / asset["source"]["path"]).read_bytes()).hexdigest()
    raise DemoError(f"No asset of the cloud assembly is uploaded as {key}.")
