"""A pin: the model, and the image if that changes too, in YAML and on the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from slipway.operations.errors import WrongUsageError

#: On the command line: take the key out, so that the value counts that would count without it.
INHERIT: Final = "inherit"
_BUILD: Final = "build:"
_ECR: Final = re.compile(r"\d{12}\.dkr\.ecr\.")

#: The option for each key of a model.
_OPTIONS: Final = {
    "path": "--model-path",
    "s3_uri": "--s3-uri",
    "s3_prefix": "--s3-uri",
    "model_package_arn": "--model-package",
    "package_artifacts": "--package-artifacts",
    "kms_key_arn": "--kms-key-arn",
}


@dataclass(frozen=True, kw_only=True)
class Pin:
    """What a service is to serve.

    Attributes:
        model: The keys of `model:`; None to take it out.
        image: The keys of `image:`; None to take it out. Only looked at where `moves_image`.
        moves_image: Whether the image changes with the model.
        region: The region that the model is in; None for everywhere.
        notes: What whoever moves the pin should know, a sentence each.
    """

    model: Mapping[str, str] | None
    image: Mapping[str, str] | None = None
    moves_image: bool = False
    region: str | None = None
    notes: tuple[str, ...] = field(default=())


def model_options(model: Mapping[str, object] | None) -> list[str]:
    """The options that pin a model again as a file has it."""
    if model is None:
        return ["--inherit"]
    options = [part for key, value in model.items() if key in _OPTIONS for part in (_OPTIONS[key], str(value))]
    if "s3_uri" in model:
        options.append("--sha256" if "sha256" in model else "--no-sha256")
    return options


def image_option(image: Mapping[str, object] | None) -> list[str]:
    """The option that pins an image again as a file has it."""
    match image:
        case None:
            value = INHERIT
        case {"build": folder}:
            value = f"{_BUILD}{folder}"
        case {"deep_learning_container": name, "version": tag}:
            value = f"{name}:{tag}"
        case _:
            value = str(image.get("uri"))
    return ["--image", value]


def read_image(value: str) -> dict[str, str] | None:
    """What `--image` means.

    Args:
        value: `build:FOLDER`, an image in ECR, a deep learning container as `REPOSITORY:TAG`, or `inherit`.

    Raises:
        WrongUsageError: It is none of them.
    """
    if value == INHERIT:
        return None
    if value.startswith(_BUILD):
        return {"build": value.removeprefix(_BUILD)}
    if _ECR.match(value):
        return {"uri": value}
    name, colon, tag = value.partition(":")
    if not colon or not name or not tag:
        raise WrongUsageError(
            f"--image: `{value}`; accepted: build:FOLDER, an image in ECR with its tag or digest, REPOSITORY:TAG of one"
            f" of AWS's deep learning containers, or {INHERIT}."
        )
    return {"deep_learning_container": name, "version": tag}
