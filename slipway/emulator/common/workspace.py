"""Where an embedded AWS is: its port, its folder, and the account it plays."""

import dataclasses
from pathlib import Path
from typing import Final

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
HOST: Final = "127.0.0.1"
#: The checkout that this package is in: programs of ours are started from there.
CHECKOUT: Final = Path(__file__).resolve().parents[3]
STATUS_PATH: Final = "/_slipway/status"
#: How many seconds a minute of a rollout lasts, unless it is said otherwise.
MINUTE_SECONDS: Final = 1.0
#: Unpacked Lambda layers, which outlive an embedded AWS: unpacking takes longer than anything else at a start.
LAYERS: Final = CHECKOUT / ".local" / "layers"


@dataclasses.dataclass(frozen=True)
class Workspace:
    """One embedded AWS: where it listens and where it keeps its files.

    Attributes:
        port: The loopback port that AWS clients are pointed at.
        folder: Holds the log, the record of processes, the unpacked models and the cloud assembly.
    """

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """What `AWS_ENDPOINT_URL` has to be for a client of this embedded AWS."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """The log of the server process."""
        return self.folder / "server.log"

    @property
    def processes(self) -> Path:
        """One small file per process that belongs to this embedded AWS."""
        return self.folder / "processes"

    @property
    def models(self) -> Path:
        """The unpacked artifacts and the logs of their model servers."""
        return self.folder / "models"

    @property
    def assembly(self) -> Path:
        """The cloud assembly of local deployments, apart from the user's own `cdk.out`."""
        return self.folder / "cdk.out"

    @property
    def pods(self) -> Path:
        """The volumes and logs of pods."""
        return self.folder / "pods"

    @property
    def scratch(self) -> Path:
        """What is `/tmp` to functions on AWS."""
        return self.folder / "tmp"

    @property
    def kubeconfig(self) -> Path:
        """What `KUBECONFIG` has to be for kubectl to talk to the clusters here."""
        return self.folder / "kubeconfig"

    @property
    def kubectl_cache(self) -> Path:
        """What `KUBECACHEDIR` has to be for kubectl to leave nothing in `~/.kube/cache`."""
        return self.folder / "kubectl-cache"

    @property
    def certificate_authority(self) -> Path:
        """Who signed the certificates of the load balancers and the Kubernetes APIs."""
        return self.folder / "ca.pem"

    @property
    def opt(self) -> Path:
        """What Lambda functions find under `/opt` on AWS: the content of their layers."""
        return self.folder / "opt"
