"""Finds a service's template among what `make synth` wrote."""

import json
from pathlib import Path
from typing import Any

from slipway.operations.errors import WrongUsageError
from slipway.operations.services import Selection


def read_template(templates: Path, selection: Selection, stack_name: str) -> dict[str, Any]:
    """Read the synthesised template of a stack.

    Args:
        templates: The cloud assembly, `cdk.out`.
        selection: The environment; its templates have to be for its account and region.
        stack_name: The stack.

    Raises:
        WrongUsageError: It is not there, or of another state of the project.
    """
    folder = templates / f"assembly-{selection.environment}"
    if not (folder / "manifest.json").is_file():
        raise WrongUsageError(
            f"{templates} has no templates of the environment {selection.environment}; write them with `make synth`."
        )
    for artifact in _read(folder / "manifest.json").get("artifacts", {}).values():
        properties = artifact.get("properties", {})
        if artifact.get("type") != "aws:cloudformation:stack" or properties.get("stackName") != stack_name:
            continue
        place, wanted = artifact.get("environment"), f"aws://{selection.account}/{selection.region}"
        if place != wanted:
            raise WrongUsageError(
                f"The templates in {templates} are for {place}, and the environment {selection.environment} is"
                f" {wanted}; write them anew with `make synth`."
            )
        return _read(folder / properties["templateFile"])
    raise WrongUsageError(f"{templates} has no stack {stack_name}; write the templates anew with `make synth`.")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongUsageError(f"{path} cannot be read ({error}); write it anew with `make synth`.") from error
    if not isinstance(content, dict):
        raise WrongUsageError(f"{path} holds no JSON object; write it anew with `make synth`.")
    return content
