"""Labels and taints of nodes, by which pods find the ones they need."""

from typing import Literal

from inference_constructs.config.models.instance_types import Architecture

#: The node pool, as the environment names it.
POOL = "slipway/pool"

Kind = Literal["cpu", "gpu", "inferentia"]

#: What a pod asks of a node with an accelerator, by which the node is also tainted: pods that need none stay away.
ACCELERATOR: dict[Kind, str] = {"gpu": "nvidia.com/gpu", "inferentia": "aws.amazon.com/neuron"}

#: What Kubernetes calls the processors.
ARCHITECTURE: dict[Architecture, str] = {"x86_64": "amd64", "arm64": "arm64"}
