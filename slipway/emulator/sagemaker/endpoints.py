"""The life of an endpoint: it comes up when its model servers answer, changes behind a stable name, and goes away."""

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from slipway.emulator.common.workspace import ACCOUNT, REGION, Workspace
from slipway.emulator.data_plane.artifact import S3
from slipway.emulator.data_plane.fleet import Fleet, FleetError, ModelContainer, launch
from slipway.emulator.data_plane.routes import Route
from slipway.emulator.sagemaker.changes import EndpointChange
from slipway.emulator.sagemaker.records import HostedEndpoint, HostedEndpointConfig, Pending, Served, VariantState, arn
from slipway.emulator.sagemaker.rollout import PlanError, TrafficPlan, plan
from slipway.emulator.sagemaker.traffic_shifting import Shifter
from slipway.emulator.vendor import SageMakerModelBackend, SageMakerValidation, sagemaker_backends

_log = logging.getLogger("slipway.hosting")

_BUSY: Final = {"Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting"}


class Endpoints:
    """Every endpoint of the embedded AWS. Its methods return at once, as the API does; threads do the work."""

    def __init__(self, workspace: Workspace, s3: S3, shifter: Shifter) -> None:
        self._place = workspace
        self._s3 = s3
        self._shifter = shifter
        self._lock = threading.Lock()

    @property
    def backend(self) -> SageMakerModelBackend:
        """Moto's store, which its own describe and list calls read."""
        return sagemaker_backends[ACCOUNT][REGION]

    def routes(self, endpoint: str) -> tuple[Route, ...] | None:
        """The routes of an endpoint that takes traffic, None if there is no such endpoint."""
        found: object = self.backend.endpoints.get(endpoint)
        return found.routes or None if isinstance(found, HostedEndpoint) else None

    def all(self) -> list[HostedEndpoint]:
        """Every endpoint there is."""
        stored: list[object] = list(self.backend.endpoints.values())
        return [found for found in stored if isinstance(found, HostedEndpoint)]

    def servers(self) -> list[tuple[str, str, int]]:
        """Endpoint, variant and process number of every model server that is up."""
        return [
            (endpoint.endpoint_name, instance.variant, pid)
            for endpoint in self.all()
            for fleet in endpoint.fleets
            for instance in fleet.instances
            if (pid := instance.server.pid) is not None
        ]

    def get(self, name: str) -> HostedEndpoint:
        """One endpoint.

        Raises:
            SageMakerValidation: There is none of this name.
        """
        found: object = self.backend.endpoints.get(name)
        if not isinstance(found, HostedEndpoint):
            raise SageMakerValidation(f'Could not find endpoint "{arn("endpoint", name)}".')
        return found

    def config(self, name: str) -> HostedEndpointConfig:
        """One endpoint configuration.

        Raises:
            SageMakerValidation: There is none of this name.
        """
        found = self.backend.endpoint_configs.get(name)
        if not isinstance(found, HostedEndpointConfig):
            raise SageMakerValidation(f'Could not find endpoint configuration "{arn("endpoint-config", name)}".')
        return found

    def create(
        self, name: str, config_name: str, tags: list[dict[str, str]], deployment: dict[str, Any] | None
    ) -> HostedEndpoint:
        """Begin to create an endpoint."""
        config = self.config(config_name)
        with self._lock:
            if name in self.backend.endpoints:
                raise SageMakerValidation(f'Cannot create already existing endpoint "{arn("endpoint", name)}".')
            endpoint = HostedEndpoint(name, config_name, tags)
            endpoint.last_deployment_config = deployment
            self.backend.endpoints[name] = endpoint  # type: ignore[assignment]  # it quacks as moto's
        self._in_background(endpoint, self._come_up, endpoint, config)
        return endpoint

    def update(self, name: str, change: EndpointChange) -> HostedEndpoint:
        """Begin to move an endpoint to another configuration; the old one answers until the new one does.

        Raises:
            SageMakerValidation: The endpoint runs this configuration already, whatever else the call would change.
        """
        config = self.config(change.config_name)
        live = self.get(name)
        if live.endpoint_status not in _BUSY and live.endpoint_config_name == change.config_name:
            raise SageMakerValidation(
                f'Cannot update endpoint with the currently in use endpoint configuration "{change.config_name}".'
            )
        rollout = self._plan(config, change)
        endpoint = self._claim(name, "Updating")
        endpoint.pending = Pending(change.config_name)
        self._in_background(endpoint, self._move, endpoint, config, change, rollout)
        return endpoint

    def delete(self, name: str) -> None:
        """Begin to delete an endpoint."""
        endpoint = self._claim(name, "Deleting")
        endpoint.routes = ()
        self._in_background(endpoint, self._go_away, endpoint)

    def reweigh(self, name: str, desired: Iterable[dict[str, Any]]) -> HostedEndpoint:
        """Change weights and instance counts of a running endpoint."""
        endpoint = self.get(name)
        changes = {wish["VariantName"]: wish for wish in desired}
        unknown = changes.keys() - {variant.name for variant in endpoint.variants}
        if unknown:
            raise SageMakerValidation(
                f'The variant name(s) "{", ".join(sorted(unknown))}" is/are not present within endpoint configuration '
                f'"{endpoint.endpoint_config_name}".'
            )
        self._claim(name, "Updating")
        before = endpoint.variants
        if endpoint.served is not None:
            variants = tuple(v.wished(changes.get(v.name, {})) for v in before)
            endpoint.serve(Served(endpoint.served.fleet, variants))
        if [v.instances for v in before] == [v.instances for v in endpoint.variants]:
            endpoint.settle("InService")
        else:
            self._in_background(endpoint, self._scale, endpoint)
        return endpoint

    def _scale(self, endpoint: HostedEndpoint) -> None:
        """A change of capacity takes a minute here, in which the endpoint can not be updated."""
        self._shifter.stopping.wait(self._shifter.minute_seconds)
        endpoint.settle("InService")

    def stop(self) -> None:
        """End every model server."""
        self._shifter.stopping.set()
        fleets = [fleet for endpoint in self.all() for fleet in endpoint.fleets]
        with ThreadPoolExecutor(max_workers=max(1, len(fleets))) as pool:
            for fleet in fleets:
                pool.submit(fleet.stop, drain=False)

    def _claim(self, name: str, status: str) -> HostedEndpoint:
        with self._lock:
            endpoint = self.get(name)
            if endpoint.endpoint_status in _BUSY:
                raise SageMakerValidation(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            endpoint.endpoint_status = status
        return endpoint

    def _come_up(self, endpoint: HostedEndpoint, config: HostedEndpointConfig) -> None:
        try:
            fleet = self._launch(endpoint, config)
        except (FleetError, SageMakerValidation) as error:
            endpoint.settle("Failed", str(error))
            return
        endpoint.serve(Served(fleet, self._initial(config)))
        endpoint.settle("InService")

    def _move(
        self, endpoint: HostedEndpoint, config: HostedEndpointConfig, change: EndpointChange, rollout: TrafficPlan
    ) -> None:
        """The new fleet comes up beside the old one and takes the traffic; whichever loses it is drained."""
        old, live = endpoint.served, {variant.name: variant for variant in endpoint.variants}
        try:
            fleet = self._launch(endpoint, config)
        except (FleetError, SageMakerValidation) as error:
            # What answered before goes on answering. An endpoint that never worked stays failed.
            endpoint.settle("InService" if old else "Failed", str(error))
            return
        variants = self._initial(config)
        new = Served(fleet, tuple(change.keep(live.get(v.name), v) for v in variants))
        endpoint.last_deployment_config = change.deployment
        # Without an old fleet there is nothing to move traffic from, nor to go back to.
        rolled_back = self._shifter.shift(endpoint, new, rollout) if old else None
        if rolled_back:
            fleet.stop(drain=True)
            endpoint.settle("InService", rolled_back)
            return
        endpoint.serve(new)
        endpoint.settle("InService")
        if old is not None:
            old.fleet.stop(drain=True)

    def _plan(self, config: HostedEndpointConfig, change: EndpointChange) -> TrafficPlan:
        counts = [int(variant.get("InitialInstanceCount") or 1) for variant in config.production_variants]
        try:
            rollout = plan(change.deployment, instances=sum(counts))
        except PlanError as error:
            raise SageMakerValidation(str(error)) from error
        unknown = self._shifter.alarms(rollout).unknown()
        if unknown:
            raise SageMakerValidation(f"Could not find the CloudWatch alarm(s) {', '.join(unknown)}.")
        return rollout

    def _go_away(self, endpoint: HostedEndpoint) -> None:
        if endpoint.served is not None:
            endpoint.served.fleet.stop(drain=True)
        self.backend.endpoints.pop(endpoint.endpoint_name, None)

    def _launch(self, endpoint: HostedEndpoint, config: HostedEndpointConfig) -> Fleet:
        containers = [
            self._container(variant["VariantName"], variant["ModelName"]) for variant in config.production_variants
        ]
        return launch(
            self._place,
            self._s3,
            endpoint=endpoint.endpoint_name,
            config=config.endpoint_config_name,
            containers=containers,
        )

    def _container(self, variant: str, model_name: str) -> ModelContainer:
        declared = self._declared(model_name)
        source = declared.get("ModelDataSource", {}).get("S3DataSource", {})
        return ModelContainer(
            variant=variant,
            model_url=declared.get("ModelDataUrl") or source.get("S3Uri"),
            environment=dict(declared.get("Environment") or {}),
        )

    def _initial(self, config: HostedEndpointConfig) -> tuple[VariantState, ...]:
        return tuple(
            VariantState.initial(variant, self._declared(variant["ModelName"]).get("Image", ""))
            for variant in config.production_variants
        )

    def _declared(self, model_name: str) -> dict[str, Any]:
        model = self.backend.describe_model(model_name)
        return dict(model.primary_container or next(iter(model.containers), {}))

    @staticmethod
    def _in_background(endpoint: HostedEndpoint, work: Callable[..., None], *arguments: object) -> None:
        def run() -> None:
            done = False
            try:
                work(*arguments)
                done = True
            finally:
                # Not by the status: while old servers are drained, the next update may be under way already.
                if not done:
                    endpoint.settle("Failed", "An internal error; the log of the embedded AWS has it.")

        threading.Thread(target=run, name=f"{work.__name__}-{endpoint.endpoint_name}", daemon=True).start()
