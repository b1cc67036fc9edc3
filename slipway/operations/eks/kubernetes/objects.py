"""Kubernetes objects, as far as the commands read them; everything else in them is passed over."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class ObjectMeta(_Object):
    """Name and generation of an object."""

    name: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Condition(_Object):
    """One of the conditions that an object reports about itself."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class EnvironmentVariable(_Object):
    """An environment variable of a container; one that refers elsewhere has no value here."""

    name: str
    value: str = ""


class Container(_Object):
    """A container as the pod template has it."""

    name: str
    image: str = ""
    env: list[EnvironmentVariable] = []

    def variable(self, name: str) -> str:
        """The value of an environment variable, empty if it has none."""
        return next((variable.value for variable in self.env if variable.name == name), "")


class PodSpec(_Object):
    """What a pod runs."""

    containers: list[Container] = []
    init_containers: list[Container] = []


class PodTemplate(_Object):
    """What a Deployment makes pods of."""

    spec: PodSpec = PodSpec()


class DeploymentSpec(_Object):
    """What a Deployment should be."""

    replicas: int = 1
    template: PodTemplate = PodTemplate()


class DeploymentStatus(_Object):
    """How far a Deployment is."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    conditions: list[Condition] = []


class Deployment(_Object):
    """A Deployment."""

    metadata: ObjectMeta
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()

    def condition(self, kind: str) -> Condition | None:
        """What it reports about itself under this name."""
        return next((condition for condition in self.status.conditions if condition.type == kind), None)


class ReplicaSet(_Object):
    """The pods of one version of a Deployment."""

    metadata: ObjectMeta


class Waiting(_Object):
    """Why a container does not run yet, or not again."""

    reason: str = ""
    message: str = ""


class Terminated(_Object):
    """How a container ended."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""


class ContainerState(_Object):
    """One of the three is given."""

    waiting: Waiting | None = None
    running: dict[str, Any] | None = None
    terminated: Terminated | None = None


class ContainerStatus(_Object):
    """What became of a container."""

    name: str
    image: str = ""
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()

    @property
    def ended(self) -> Terminated | None:
        """How it ended, the last time that it did."""
        return self.state.terminated or self.last_state.terminated


class PodStatus(_Object):
    """What became of a pod."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = Field(default="", alias="podIP")
    conditions: list[Condition] = []
    init_container_statuses: list[ContainerStatus] = []
    container_statuses: list[ContainerStatus] = []


class Pod(_Object):
    """A pod."""

    metadata: ObjectMeta
    status: PodStatus = PodStatus()

    def condition(self, kind: str) -> Condition | None:
        """What it reports about itself under this name."""
        return next((condition for condition in self.status.conditions if condition.type == kind), None)

    @property
    def ready(self) -> bool:
        """Whether it takes requests."""
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"


class EventSubject(_Object):
    """What an event is about."""

    kind: str = ""
    name: str = ""


class Event(_Object):
    """Something that happened, as a component reports it."""

    metadata: ObjectMeta = ObjectMeta()
    involved_object: EventSubject = EventSubject()
    type: str = ""
    reason: str = ""
    message: str = ""
    last_timestamp: datetime | None = None
    event_time: datetime | None = None

    @property
    def when(self) -> float:
        """When it happened last, in seconds since 1970; 0 if unknown."""
        moment = self.last_timestamp or self.event_time or self.metadata.creation_timestamp
        return moment.timestamp() if moment else 0.0


class AutoscalerSpec(_Object):
    """Between how many pods a variant is scaled."""

    min_replicas: int = 1
    max_replicas: int


class AutoscalerStatus(_Object):
    """What an autoscaler wants."""

    current_replicas: int = 0
    desired_replicas: int = 0
    conditions: list[Condition] = []


class Autoscaler(_Object):
    """A HorizontalPodAutoscaler."""

    metadata: ObjectMeta
    spec: AutoscalerSpec
    status: AutoscalerStatus = AutoscalerStatus()


class ClaimStatus(_Object):
    """What became of a node that was asked for."""

    conditions: list[Condition] = []


class NodeClaim(_Object):
    """A node that Auto Mode asked EC2 for."""

    metadata: ObjectMeta
    status: ClaimStatus = ClaimStatus()
