"""What only the EKS backend needs to know of a service: its pods, their number, and how traffic reaches them."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from inference_constructs.config.eks.container import ServerContainer
from inference_constructs.config.eks.quantities import Bytes, Cpu, mebibytes, millicores
from inference_constructs.config.models.base import ConfigModel, RuleError
from inference_constructs.config.models.instance_types import Architecture

#: A policy of `behavior` looks back at most this long (autoscaling/v2, HPAScalingPolicy.periodSeconds).
_LONGEST_PERIOD_S = 1800
_SLOWEST_PROMISE_S = 600
_THOUSAND = 1000
_LOGS_MIB = 128
#: Less than any server with a model starts in.
_LEAST_MILLICORES, _LEAST_MEBIBYTES = 50, 64


class ScaleOut(ConfigModel):
    """How fast pods are added: whichever of the two allows more (Kubernetes' own default, but for the period)."""

    percent: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=100, description="pods to add per period, in percent of those that run, 1 to 1000"
    )
    pods: Annotated[int, Field(ge=1, le=1000)] = Field(default=4, description="pods to add per period, 1 to 1000")
    stabilization_s: Annotated[int, Field(ge=0, le=3600)] = Field(
        default=0, description="seconds over which the lowest recommendation counts, 0 to 3600"
    )


class ScaleIn(ConfigModel):
    """How fast pods are removed. `scaling.scale_in_cooldown_s` is how long the load must have been low."""

    percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=25, description="pods to remove per period, in percent of those that run, 1 to 100"
    )
    period_s: Annotated[int, Field(ge=1, le=_LONGEST_PERIOD_S)] = Field(
        default=60, description="seconds of a period, 1 to 1800"
    )


class Pods(ConfigModel):
    """What a pod gets, and how traffic reaches it."""

    cpu: Cpu = Field(description='cores of a pod: "2" or 500m; it may use idle ones beyond')
    memory: Bytes = Field(description="memory of a pod, requested and its limit: 4Gi")
    gpus: Annotated[int, Field(ge=1, le=16)] | None = Field(
        default=None, description="NVIDIA GPUs of a pod, 1 to 16; needs a node pool of kind gpu"
    )
    neuron_devices: Annotated[int, Field(ge=1, le=16)] | None = Field(
        default=None, description="Inferentia devices of a pod, 1 to 16; needs a node pool of kind inferentia"
    )
    architecture: Architecture = Field(default="x86_64", description="the nodes' processor: x86_64 or arm64")
    model_volume: Bytes = Field(
        default="2Gi", description="room for the model on the node's disk, packed and unpacked at once: 2Gi"
    )
    container: ServerContainer = Field(
        default=ServerContainer(),
        description="how an image other than this project's own is started and asked: {args: […]}",
    )
    cpu_percent: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=60,
        description="CPU of a pod to hold besides the scaling metric, in percent; null for none. At 60 two of three"
        " zones can carry all traffic",
    )
    longest_request_s: Annotated[int, Field(ge=1, le=_SLOWEST_PROMISE_S)] = Field(
        default=30, description="seconds that the longest request may take, 1 to 600; a pod that ends waits for it"
    )
    scale_out: ScaleOut = Field(default=ScaleOut(), description="how fast pods are added: {percent: 100, pods: 4}")
    scale_in: ScaleIn = Field(default=ScaleIn(), description="how fast pods are removed: {percent: 25, period_s: 60}")
    load_balancing: Literal["least_outstanding_requests", "round_robin"] = Field(
        default="least_outstanding_requests",
        description="which pod gets a request: the one with the fewest open ones, or each in turn",
    )
    slow_start_s: Annotated[int, Field(ge=30, le=900)] | None = Field(
        default=None, description="seconds over which a new pod gets its share, 30 to 900; with round_robin only"
    )
    reserved_capacity_units: Annotated[int, Field(ge=100, le=15_000)] | None = Field(
        default=None,
        description="load balancer capacity units kept ready for sudden load, 100 to 15000, billed; your quota is 0"
        " until AWS raises it",
    )
    interruptible: bool = Field(
        default=True,
        description="false for models that take long to load: no pod is moved to save nodes, by pools that let go of"
        " empty nodes only",
    )

    @property
    def cpu_millicores(self) -> int:
        """CPU of a pod in thousandths of a core."""
        return millicores("cpu", self.cpu)

    @property
    def memory_mebibytes(self) -> int:
        """Memory of a pod in MiB."""
        return mebibytes("memory", self.memory)

    def disk_mebibytes(self, *, with_model: bool = True) -> int:
        """What a pod may take of the node's disk, in MiB: the model, what the server writes, and its logs.

        Args:
            with_model: Whether it loads a model.
        """
        model = mebibytes("model_volume", self.model_volume) if with_model else 0
        return model + self.container.scratch_mebibytes + _LOGS_MIB

    @property
    def threads(self) -> int:
        """Requests that a pod computes at once: one per core, at least one."""
        return max(1, math.floor(self.cpu_millicores / _THOUSAND))

    @property
    def kind(self) -> Literal["cpu", "gpu", "inferentia"]:
        """The kind of node pool it runs on."""
        if self.gpus is not None:
            return "gpu"
        return "inferentia" if self.neuron_devices is not None else "cpu"

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        if millicores("cpu", self.cpu) < _LEAST_MILLICORES:
            raise RuleError("cpu", self.cpu, accepted=f"{_LEAST_MILLICORES}m or more: a server starts in no less")
        if mebibytes("memory", self.memory) < _LEAST_MEBIBYTES:
            accepted = f"{_LEAST_MEBIBYTES}Mi or more: a server in less is ended as it starts"
            raise RuleError("memory", self.memory, accepted=accepted)
        mebibytes("model_volume", self.model_volume)
        shared = self.container.shared_memory
        if shared is not None and mebibytes("container.shared_memory", shared) >= self.memory_mebibytes:
            accepted = f"less than memory, which is {self.memory}: it is part of it"
            raise RuleError("container.shared_memory", shared, accepted=accepted)
        if self.gpus is not None and self.neuron_devices is not None:
            raise RuleError("neuron_devices", self.neuron_devices, accepted="gpus or neuron_devices, not both")
        if self.kind != "cpu" and self.architecture == "arm64":
            raise RuleError("architecture", self.architecture, accepted="x86_64 with gpus or neuron_devices")
        if self.slow_start_s is not None and self.load_balancing != "round_robin":
            accepted = "load_balancing: round_robin with slow_start_s: the load balancer takes one or the other"
            raise RuleError("load_balancing", self.load_balancing, accepted=accepted)
        return self
