"""What was asked of `promote`, and which requests make no sense."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from slipway.operations.errors import WrongUsageError

MAIN: Final = "main"
CANDIDATE: Final = "candidate"
_SOURCES: Final = ("model_path", "s3_uri", "model_package", "latest_approved", "inherit")
_MOVES: Final = ("finish", "drop_candidate")


@dataclass(frozen=True, kw_only=True)
class PromotionRequest:
    """One promotion.

    Attributes:
        project: The folder that holds `environments/` and `model_artifacts/`.
        service: The folder of `model_artifacts/`, or with an environment the service's name there.
        environment: The environment whose override is edited; None edits the `service.yaml`.
        region: Which of the environment's regions is meant, where it has several; None edits what all of them share.
        version: Which of the service's versions gets the model: `main`, `candidate`, `shadow` or a variant's name.
        step: How far the traffic moves to the candidate.
        sha256: Whether the archive's checksum is written; None does it where EKS or the file has it.
        s3_version: A version of an object, which is refused.
    """

    project: Path
    service: str
    environment: str | None = None
    region: str | None = None
    model_path: str | None = None
    s3_uri: str | None = None
    s3_version: str | None = None
    model_package: str | None = None
    latest_approved: str | None = None
    package_artifacts: str | None = None
    kms_key_arn: str | None = None
    image: str | None = None
    inherit: bool = False
    sha256: bool | None = None
    version: str = MAIN
    step: int | None = None
    finish: bool = False
    drop_candidate: bool = False

    @property
    def has_source(self) -> bool:
        """Whether a new pin was given, and not only where the traffic goes."""
        return bool(self._given(_SOURCES)) or self.image is not None

    def check(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            WrongUsageError: Options that exclude each other, or none that asks for anything.
        """
        if self.s3_version is not None or (self.s3_uri and "?" in self.s3_uri):
            raise WrongUsageError(
                "--s3-version: SageMaker and the pods load a key, and always its current version, so a version cannot"
                " be pinned; accepted: --s3-uri with a key of its own for every model, as s3://BUCKET/1.4.1/model.tar.gz."
            )
        if self.region is not None and self.environment is None:
            raise WrongUsageError("--region: accepted with --environment only.")
        sources = self._given(_SOURCES)
        if len(sources) > 1:
            raise WrongUsageError(f"{_spoken(sources)}: exclude each other; accepted: one of them.")
        moves = self._given(_MOVES)
        if moves and (len(moves) > 1 or self.has_source or self.step is not None or self.version != MAIN):
            raise WrongUsageError(f"{_spoken(moves)}: cannot be combined; accepted: nothing else that moves something.")
        if not self.has_source and not moves and self.step is None:
            accepted = _spoken([*_SOURCES, "image", "step", *_MOVES])
            raise WrongUsageError(f"There is nothing to promote; accepted: one of {accepted}.")
        if self.step is not None and self.has_source and self.version != CANDIDATE:
            raise WrongUsageError("--step: with a new model only together with --as candidate.")
        self._check_details(sources)

    def _check_details(self, sources: list[str]) -> None:
        source = sources[0] if sources else None
        packaged = source in ("model_package", "latest_approved")
        if self.package_artifacts is not None and not packaged:
            raise WrongUsageError("--package-artifacts: accepted with --model-package and --latest-approved only.")
        if self.kms_key_arn is not None and not (packaged or source == "s3_uri"):
            raise WrongUsageError("--kms-key-arn: accepted with a model in S3 only.")
        if self.sha256 and source not in ("s3_uri", "model_package", "latest_approved"):
            raise WrongUsageError("--sha256: accepted with an archive in S3 only.")
        if self.version in ("", "default"):
            raise WrongUsageError("--as: accepted: main, candidate, shadow, or a variant's name.")

    def _given(self, names: tuple[str, ...]) -> list[str]:
        known = {each.name for each in fields(self)}
        return [name for name in names if name in known and getattr(self, name)]


def _spoken(names: list[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)
