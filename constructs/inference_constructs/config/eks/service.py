"""A service on EKS: its settings, and its versions as they are deployed."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from inference_constructs.config.eks.pods import Pods
from inference_constructs.config.models.base import ConfigModel
from inference_constructs.config.models.rollout import Strategy
from inference_constructs.config.models.scaling import Scaling
from inference_constructs.config.models.service import MAIN_VARIANT, Service
from inference_constructs.config.models.variant import CANDIDATE, Container, VariantName, VariantSettings

_STEPWISE = (Strategy.CANARY.value, Strategy.LINEAR.value)
#: Four batches with the time that their alarms need, which is half of what CloudFormation waits.
_WITHOUT_A_CANDIDATE = {"strategy": Strategy.ROLLING.value, "batch_percent": 25, "bake_minutes": 5}


class ResolvedPodVariant(ConfigModel):
    """The pods of one version as they are deployed: everything they need, wherever it was set."""

    name: VariantName
    weight: float
    container: Container
    scaling: Scaling


class ServiceOnEks(Service):
    """One model in pods behind a load balancer."""

    backend: Literal["eks"] = Field(description="what serves the model: sagemaker or eks")
    eks: Pods = Field(description='what a pod gets, with the backend eks: {cpu: "2", memory: 4Gi}')

    @classmethod
    def with_defaults(cls, data: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
        """As for every service, but that pods are replaced by a rolling update where traffic has no candidate.

        Traffic moves in steps only to a candidate. Without one, pods of the new version get their share of it as they
        come, batch by batch.
        """
        rollout = defaults.get("rollout")
        strategy = rollout.get("strategy") if isinstance(rollout, Mapping) else None
        if data.get("candidate") is None and strategy in _STEPWISE:
            defaults = {**defaults, "rollout": _WITHOUT_A_CANDIDATE}
        return super().with_defaults(data, defaults)

    @property
    def pod_variants(self) -> tuple[ResolvedPodVariant, ...]:
        """The versions as EKS serves them, in the order they are written, a candidate last."""
        if self.candidate is None or self.rollout is None:
            settings = self.variant_settings
        else:
            moved = self.rollout.traffic_percent(self.candidate.step)
            new = VariantSettings(
                weight=moved,
                model=self.candidate.model,
                image=self.candidate.image,
                scaling=self.candidate.scaling,
            )
            settings = {MAIN_VARIANT: VariantSettings(weight=100 - moved), CANDIDATE: new}
        return tuple(
            ResolvedPodVariant(
                name=name,
                weight=variant.weight,
                container=self.containers_of(variant.model, variant.image)[0],
                scaling=variant.scaling or self.scaling,
            )
            for name, variant in settings.items()
        )
