"""How the container of a pod is started, asked and bounded, for images other than this project's own server."""

import fnmatch
import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from inference_constructs.config.eks.quantities import Bytes, mebibytes
from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once

_PATH = re.compile(r"/[\w.~/-]*")
_PATHS = re.compile(r"/[\w.~/-]*\*?")
#: Values of a rule's conditions are 5 at most ("Quotas for your Application Load Balancers"): a variant's name,
#: /invocations, the path that is asked, and these.
_MOST_PATHS = 2
_METRICS = "/metrics"
#: A pod's processes may not be root.
_LARGEST_USER = 2_147_483_647


class ServerContainer(ConfigModel):
    """The container that serves. Its port is 8080, which servers are told by their arguments or variables."""

    command: Items[str] = Field(
        default=(), description="instead of the image's entrypoint: [python3, -m, server]; the image's own unless given"
    )
    args: Items[str] = Field(
        default=("serve",), description="arguments, such as [--port, '8080']; [] for the image's own"
    )
    ping_path: str = Field(
        default="/ping", description="what answers GET with 200 once the model is loaded, on port 8080"
    )
    paths: Items[str] = Field(
        default=(), description="what callers reach besides /invocations, up to 2, such as [/v1/*]"
    )
    longest_start_s: Annotated[int, Field(ge=30, le=1800)] = Field(
        default=600, description="seconds from the container's start until it answers, 30 to 1800; then it is restarted"
    )
    shared_memory: Bytes | None = Field(
        default=None, description="room in the pod's /dev/shm, which is part of its memory: 8Gi; 64Mi unless given"
    )
    scratch: Bytes = Field(default="256Mi", description="room in /tmp on the node's disk: 256Mi")
    user: Annotated[int, Field(ge=1, le=_LARGEST_USER)] = Field(
        default=10001, description="the user and group that run the server, by number; never 0, which is root"
    )
    writable_root: bool = Field(
        default=False, description="true for images that write beside /tmp, as much as scratch allows"
    )

    @property
    def scratch_mebibytes(self) -> int:
        """What the container may write, in MiB: in /tmp, and as much beside it if it may write there."""
        written = mebibytes("scratch", self.scratch)
        return 2 * written if self.writable_root else written

    @model_validator(mode="after")
    def _validate_values(self) -> Self:
        mebibytes("scratch", self.scratch)
        if self.shared_memory is not None:
            mebibytes("shared_memory", self.shared_memory)
        if not _PATH.fullmatch(self.ping_path):
            raise RuleError("ping_path", self.ping_path, accepted="a path such as /ping or /v2/health/ready")
        for path in self.paths:
            if not _PATHS.fullmatch(path):
                raise RuleError("paths", path, accepted="paths such as /v1/completions or /v1/*")
            if fnmatch.fnmatchcase(_METRICS, path):
                accepted = f"paths without {_METRICS}, which stays inside the cluster, such as /v1/*"
                raise RuleError("paths", path, accepted=accepted)
        check_each_once("paths", self.paths)
        if len(self.paths) > _MOST_PATHS:
            raise RuleError("paths", list(self.paths), accepted=f"up to {_MOST_PATHS}, of which each may end with *")
        for key in ("command", "args"):
            if "" in getattr(self, key):
                raise RuleError(key, list(getattr(self, key)), accepted="arguments that are not empty")
        return self
