"""What hosting knows of models, endpoint configurations and endpoints: moto's records, completed to the real API's."""

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any, Final, Self

from slipway.emulator.common.workspace import ACCOUNT, REGION
from slipway.emulator.data_plane.fleet import Fleet
from slipway.emulator.data_plane.routes import Route
from slipway.emulator.vendor import FakeEndpointConfig, Model, SageMakerValidation

_INSTANCE_TYPE: Final = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")


def arn(kind: str, name: str) -> str:
    """The ARN of one of SageMaker's resources."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


class ModelRecord(Model):
    """A model; moto forgets whether its network is isolated."""

    def __init__(self, *, enable_network_isolation: bool, **described: Any) -> None:
        super().__init__(account_id=ACCOUNT, region_name=REGION, **described)
        self.enable_network_isolation = enable_network_isolation

    @property
    def response_object(self) -> dict[str, Any]:
        """What `DescribeModel` answers, without the fields that were not given."""
        described: dict[str, Any] = super().response_object
        return {field: value for field, value in described.items() if value not in ([], {})}

    def is_created(self) -> bool:
        """Moto's own engine asks for it; ours does not."""
        return True


class HostedEndpointConfig(FakeEndpointConfig):
    """An endpoint configuration; moto knows few of the fields, and only the instance types of 2020."""

    def __init__(self, *, details: dict[str, Any], **described: Any) -> None:
        super().__init__(account_id=ACCOUNT, region_name=REGION, **described)
        self.arn = (self.endpoint_config_arn,)  # a tuple in moto too
        self.details = details

    def is_created(self) -> bool:
        """Moto's own engine asks for it; ours does not."""
        return True

    def validate_production_variants(self, production_variants: list[dict[str, Any]]) -> None:
        """Check what a variant runs on; moto knows no instance pools, each of whose types is checked like one alone."""
        single = [variant for variant in production_variants if "InstancePools" not in variant]
        super().validate_production_variants(single)
        for variant in production_variants:
            for pool in variant.get("InstancePools") or []:
                self.validate_instance_type(pool["InstanceType"])

    def validate_instance_type(self, instance_type: str) -> None:
        """Check the form of an instance type; which ones there are is for the spec to know."""
        if not _INSTANCE_TYPE.fullmatch(instance_type):
            raise SageMakerValidation(
                f"1 validation error detected: Value '{instance_type}' at 'productionVariants.1.member.instanceType' "
                "failed to satisfy constraint: Member must be an instance type such as ml.c7i.large"
            )

    @property
    def response_object(self) -> dict[str, Any]:
        """What `DescribeEndpointConfig` answers."""
        return {
            **self.details,
            "EndpointConfigName": self.endpoint_config_name,
            "EndpointConfigArn": self.endpoint_config_arn,
            "ProductionVariants": self.production_variants,
            "CreationTime": self.creation_time,
        }


def instance_types_of(variant: dict[str, Any]) -> str | None:
    """What a variant runs on: its instance type, or those of its pools, the first to be tried first; None without."""
    pools = sorted(variant.get("InstancePools") or [], key=lambda pool: int(pool["Priority"]))
    return variant.get("InstanceType") or ", ".join(pool["InstanceType"] for pool in pools) or None


@dataclasses.dataclass(frozen=True)
class VariantState:
    """A variant of a running endpoint.

    Attributes:
        name: The variant's name.
        image: The image its model names.
        instance_type: Its instances' type, or several to choose from, None for a serverless one.
        instances: How many it has, None for a serverless one.
        weight: Its share of the traffic.
        serverless: Its serverless settings, if it is one.
    """

    name: str
    image: str
    instance_type: str | None
    instances: int | None
    weight: float
    serverless: dict[str, Any] | None

    @classmethod
    def initial(cls, variant: dict[str, Any], image: str) -> Self:
        """As the endpoint configuration asks for it."""
        count, weight = variant.get("InitialInstanceCount"), variant.get("InitialVariantWeight")
        return cls(
            name=variant["VariantName"],
            image=image,
            instance_type=instance_types_of(variant),
            instances=None if count is None else int(count),
            weight=1.0 if weight is None else float(weight),
            serverless=variant.get("ServerlessConfig"),
        )

    def wished(self, wish: dict[str, Any]) -> "VariantState":
        """This variant with the counts and weights that a `DesiredWeightsAndCapacities` entry asks for."""
        count, weight = wish.get("DesiredInstanceCount"), wish.get("DesiredWeight")
        return dataclasses.replace(
            self,
            instances=self.instances if count is None else int(count),
            weight=self.weight if weight is None else float(weight),
        )

    def summary(self) -> dict[str, Any]:
        """The `ProductionVariantSummary` of this variant."""
        summary: dict[str, Any] = {
            "VariantName": self.name,
            "DeployedImages": [{"SpecifiedImage": self.image, "ResolvedImage": self.image}],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
        }
        if self.instances is not None:
            summary |= {"CurrentInstanceCount": self.instances, "DesiredInstanceCount": self.instances}
        if self.serverless is not None:
            summary |= {"CurrentServerlessConfig": self.serverless, "DesiredServerlessConfig": self.serverless}
        return summary


@dataclasses.dataclass(frozen=True)
class Served:
    """A fleet and the variants it serves."""

    fleet: Fleet
    variants: tuple[VariantState, ...]

    def routes(self, share: float) -> tuple[Route, ...]:
        """Routes that take this share of an endpoint's traffic, spread by the variants' weights."""
        # Two fleets' weights may have different sums, which must not change how much each of them gets.
        total = sum(variant.weight for variant in self.variants) or 1.0
        return tuple(
            Route(v.name, v.weight / total, self.fleet.config_name, self.fleet.server(v.name), share)
            for v in self.variants
        )


@dataclasses.dataclass(frozen=True)
class Pending:
    """The configuration that an endpoint is moving to.

    Attributes:
        config_name: Its name.
        served: Its fleet, None before it answers.
        share: The part of the traffic that the fleet has.
        since: When it came to this.
    """

    config_name: str
    served: Served | None = None
    share: float = 0.0
    since: datetime = dataclasses.field(default_factory=lambda: datetime.now(UTC))

    def summary(self) -> dict[str, Any]:
        """The `PendingDeploymentSummary`."""
        stage = {"Status": "Baking", "StatusMessage": f"{100 * self.share:g} % of the traffic", "StartTime": self.since}
        variants = self.served.variants if self.served else ()
        return {
            "EndpointConfigName": self.config_name,
            "StartTime": self.since,
            "ProductionVariants": [variant.summary() | {"VariantStatus": [stage]} for variant in variants],
        }


class HostedEndpoint:
    """An endpoint: what `DescribeEndpoint` says of it, and the fleet that answers for it.

    `routes` is replaced as a whole, never changed, so that a request sees the old traffic or the new, nothing between.
    """

    def __init__(self, name: str, config_name: str, tags: list[dict[str, str]]) -> None:
        self.endpoint_name = name
        self.arn = arn("endpoint", name)
        self.endpoint_config_name = config_name
        self.tags = tags
        self.endpoint_status = "Creating"
        self.failure_reason: str | None = None
        self.last_deployment_config: dict[str, Any] | None = None
        self.creation_time = self.last_modified_time = datetime.now(UTC)
        self.served: Served | None = None
        self.pending: Pending | None = None
        self.routes: tuple[Route, ...] = ()

    @property
    def variants(self) -> tuple[VariantState, ...]:
        """The variants of the configuration it is on."""
        return self.served.variants if self.served else ()

    @property
    def fleets(self) -> tuple[Fleet, ...]:
        """The fleets that may answer: during a rollout two."""
        pending = self.pending.served if self.pending else None
        return tuple(served.fleet for served in (self.served, pending) if served is not None)

    def serve(self, served: Served) -> None:
        """Send all traffic to this fleet; the endpoint is on its configuration from now on."""
        self.served, self.pending = served, None
        self.endpoint_config_name = served.fleet.config_name
        self.routes = served.routes(1)

    def share(self, new: Served, share: float) -> None:
        """Send a share of every variant's requests to a new fleet, and the rest to the one that served so far."""
        self.pending = Pending(new.fleet.config_name, new, share)
        old = self.served.routes(1 - share) if self.served and share < 1 else ()
        self.routes = (*old, *new.routes(share))

    def take_back(self) -> None:
        """Send all traffic to the fleet that served before the rollout."""
        self.routes = self.served.routes(1) if self.served else ()

    def settle(self, status: str, failure: str | None = None) -> None:
        """Enter a status, for this reason if it is a failure."""
        self.failure_reason, self.pending = failure, None
        self.last_modified_time = datetime.now(UTC)
        self.endpoint_status = status

    def summary(self) -> dict[str, Any]:
        """What `ListEndpoints` says of it; moto calls it."""
        return {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "EndpointStatus": self.endpoint_status,
        }

    @property
    def response_object(self) -> dict[str, Any]:
        """What `DescribeEndpoint` answers; moto calls it."""
        described = self.summary() | {
            "EndpointConfigName": self.endpoint_config_name,
            "ProductionVariants": [variant.summary() for variant in self.variants],
        }
        if self.pending:
            described["PendingDeploymentSummary"] = self.pending.summary()
        if self.failure_reason:
            described["FailureReason"] = self.failure_reason
        if self.last_deployment_config:
            described["LastDeploymentConfig"] = self.last_deployment_config
        return described
