"""Turns a request into the new text of the file it is about."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from inference_constructs.config import Rollout
from slipway.operations.errors import WrongUsageError
from slipway.operations.promotion.model_pin import Pin, image_option, model_options
from slipway.operations.promotion.pin_location import Place
from slipway.operations.promotion.request import CANDIDATE, PromotionRequest
from slipway.operations.promotion.sources import MakeStores, find_pin
from slipway.operations.promotion.yaml_edit import remove, set_value


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What a request makes of a file.

    Attributes:
        text: The new content.
        notes: Notes on it, a sentence each.
        undo: The command that restores what is there now.
        region: The region that the model can be loaded in, None for everywhere.
    """

    text: str
    notes: tuple[str, ...]
    undo: str
    region: str | None = None


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One request at one place.

    Attributes:
        request: What was asked.
        place: Where the pin is.
        text: The file as it is.
    """

    request: PromotionRequest
    place: Place
    text: str

    def apply(self, make_stores: MakeStores) -> Applied:
        """Find the new text and the notes on it.

        Raises:
            WrongUsageError: The request does not fit what is there.
            OperationError: The model is not there, not approved or in another region.
        """
        if self.request.drop_candidate:
            self._check_drop()
            return self._applied(remove(self.text, (*self.place.path, CANDIDATE)))
        if self.request.finish:
            return self._finish()
        if not self.request.has_source:
            return self._applied(set_value(self.text, (*self.place.path, CANDIDATE, "step"), self._checked_step()))
        at = self._at
        pin = find_pin(self.request, self.place, self.place.said((*at, "model")), make_stores)
        text = self.text
        if self.request.version == CANDIDATE and at == (CANDIDATE,):
            text = self._with_candidate(text, pin)
        else:
            text = _with_pin(text, (*self.place.path, *at), pin)
        return self._applied(text, pin)

    def _applied(self, text: str, pin: Pin | None = None) -> Applied:
        undo = self._undo(moved_image=pin is not None and pin.moves_image)
        return Applied(text=text, notes=pin.notes if pin else (), undo=undo, region=pin.region if pin else None)

    def _undo(self, *, moved_image: bool) -> str:
        request, place = self.request, self.place
        if request.drop_candidate:
            return self._command(*self._candidate_options())
        if request.finish:
            return self._command(*self._pin_options((), moved_image=moved_image))
        if not request.has_source:
            said = place.said((CANDIDATE, "step"))
            now = said if said is not None else place.service.candidate.step if place.service.candidate else 0
            return self._command("--step", str(now))
        at = self._at
        if at == (CANDIDATE,):
            options = ["--drop-candidate"] if place.said(at) is None else self._candidate_options()
            return self._command(*options)
        version = ["--as", request.version] if at else []
        return self._command(*version, *self._pin_options(at, moved_image=moved_image))

    @property
    def _at(self) -> tuple[str, ...]:
        return self.place.version(self.request.version)

    def _command(self, *options: str) -> str:
        where = ["--environment", self.request.environment] if self.request.environment else []
        where += ["--region", self.request.region] if self.request.region else []
        if self.request.project != Path():
            where += ["--project", str(self.request.project)]
        return shlex.join(["slipway", "promote", self.request.service, *where, *options])

    def _pin_options(self, at: tuple[str, ...], *, moved_image: bool = False) -> list[str]:
        model, image = self.place.said((*at, "model")), self.place.said((*at, "image"))
        # By default a package brings its own image.
        packaged = model is not None and "model_package_arn" in model
        return [*model_options(model), *(image_option(image) if moved_image or packaged else [])]

    def _candidate_options(self) -> list[str]:
        said: Mapping[str, Any] = self.place.said((CANDIDATE,)) or {}
        step = ["--step", str(said.get("step", 0))]
        return ["--as", CANDIDATE, *step, *self._pin_options((CANDIDATE,), moved_image="image" in said)]

    def _with_candidate(self, text: str, pin: Pin) -> str:
        at = (*self.place.path, CANDIDATE)
        step = self.request.step or 0
        if self.place.said((CANDIDATE,)) is None:
            value: dict[str, Any] = {"model": pin.model} if pin.model is not None else {}
            if pin.moves_image and pin.image is not None:
                value["image"] = pin.image
            return set_value(text, at, {**value, "step": step})
        return set_value(_with_pin(text, at, pin), (*at, "step"), step)

    def _checked_step(self) -> int:
        candidate, step = self.place.service.candidate, self.request.step
        if candidate is None or step is None:
            raise WrongUsageError(f"--step: {self._spoken} has no candidate; add one with --as candidate.")
        return step

    def _finish(self) -> Applied:
        candidate, rollout = self.place.service.candidate, self._rollout
        said = self.place.said((CANDIDATE,))
        if candidate is None or said is None:
            raise WrongUsageError(f"--finish: {self.place.file.name} has no candidate of {self._spoken}.")
        if candidate.step < rollout.steps:
            raise WrongUsageError(
                f"--finish: the candidate of {self._spoken} is at step {candidate.step}; accepted: after step"
                f" {rollout.steps}, when it has all of the traffic."
            )
        image = said.get("image")
        note = "Deploy this with the candidate still there; then remove it with --drop-candidate, and deploy again."
        model = said.get("model", self.place.said(("model",)))
        pin = Pin(model=model, image=image, moves_image=image is not None, notes=(note,))
        return self._applied(_with_pin(self.text, self.place.path, pin), pin)

    def _check_drop(self) -> None:
        service, candidate = self.place.service, self.place.service.candidate
        if candidate is None or self.place.said((CANDIDATE,)) is None:
            raise WrongUsageError(f"--drop-candidate: {self.place.file.name} has no candidate of {self._spoken}.")
        same = candidate.model in (None, service.model) and candidate.image in (None, service.image)
        if candidate.step and not same:
            raise WrongUsageError(
                f"--drop-candidate: the candidate of {self._spoken} has traffic at step {candidate.step}; accepted: at"
                " step 0, or once --finish made its model the service's."
            )

    @property
    def _rollout(self) -> Rollout:
        return self.place.service.rollout or self.place.environments[0].rollout

    @property
    def _spoken(self) -> str:
        where = f" in {self.request.environment}" if self.request.environment else ""
        return f"{self.place.service.name}{where}"


def _with_pin(text: str, at: tuple[str, ...], pin: Pin) -> str:
    text = _with_key(text, (*at, "model"), pin.model)
    return _with_key(text, (*at, "image"), pin.image) if pin.moves_image else text


def _with_key(text: str, path: tuple[str, ...], value: Mapping[str, str] | None) -> str:
    if value is not None:
        return set_value(text, path, value)
    return remove(text, path) if _stands(text, path) else text


def _stands(text: str, path: tuple[str, ...]) -> bool:
    node: Any = YAML(typ="safe", pure=True).load(text)
    for part in path:
        if not isinstance(node, Mapping) or part not in node:
            return False
        node = node[part]
    return True
