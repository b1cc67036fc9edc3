"""Fetches what is deployed, and lays it beside what a commit proposes: for the comparison before an approval."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from slipway.operations.aws.clients import Aws, concerns_access, error_code, error_message
from slipway.operations.errors import WrongUsageError

Template = dict[str, Any]

#: What stands for a stack that is not deployed: everything in it is then new.
_NOTHING: Template = {"Resources": {}}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What was found.

    Attributes:
        stacks: How many stacks the commit has in this environment.
        missing: Those of them that are not deployed.
        reason: Why nothing could be asked, empty if all was.
    """

    stacks: int
    missing: tuple[str, ...]
    reason: str = ""


def proposed_templates(assembly: Path, stage: str) -> dict[str, Template]:
    """The templates of one environment in one region, by their stacks' names.

    Args:
        assembly: What `cdk synth` wrote.
        stage: The environment's name, with the region's where it is not its first.

    Raises:
        WrongUsageError: There is no such assembly, or nothing in it for this environment.
    """
    folder = assembly / f"assembly-{stage}"
    return {
        name: _read(folder / properties["templateFile"])
        for name, properties in proposed_stacks(assembly, stage).items()
    }


def proposed_stacks(assembly: Path, stage: str) -> dict[str, dict[str, Any]]:
    """What a synthesis says of each stack of one environment in one region, by the stacks' names.

    Args:
        assembly: What `cdk synth` wrote.
        stage: The environment's name, with the region's where it is not its first.

    Raises:
        WrongUsageError: There is no such assembly, or nothing in it for this environment.
    """
    manifest = _read(assembly / f"assembly-{stage}" / "manifest.json")
    return {
        str(artifact["properties"].get("stackName", name)): artifact["properties"]
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def fetch(aws: Aws | None, proposed: dict[str, Template], stage: str, *, deployed: Path, beside: Path) -> Fetched:
    """Write the deployed template of every stack into one folder, and the proposed one into another.

    Args:
        aws: The clients, None where the environment cannot be asked yet: everything is then new.
        proposed: The proposed templates by their stacks' names.
        stage: What the files' names start with: stacks of two regions have the same names.
        deployed: Where to write what is deployed.
        beside: Where to write what is proposed.
    """
    missing = []
    for folder in (deployed, beside):
        folder.mkdir(parents=True, exist_ok=True)
    for name, template in proposed.items():
        found = _deployed(aws, name) if aws is not None else None
        if found is None:
            missing.append(name)
        (deployed / f"{stage}.{name}.json").write_text(json.dumps(found or _NOTHING), encoding="utf-8")
        (beside / f"{stage}.{name}.json").write_text(json.dumps(template), encoding="utf-8")
    return Fetched(stacks=len(proposed), missing=tuple(missing))


def cannot_be_assumed(error: ClientError) -> bool:
    """Whether AWS refused to let a role be another one: as it does before the first deployment made that one."""
    return error.operation_name == "AssumeRole" and concerns_access(error)


def _deployed(aws: Aws, name: str) -> Template | None:
    try:
        body: Any = aws.cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    except ClientError as error:
        if error_code(error) == "ValidationError" and "does not exist" in error_message(error):
            return None
        raise
    template: Template = json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
    return template


def _read(file: Path) -> Template:
    try:
        content: Template = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WrongUsageError(f"{file} is not there; accepted: a folder that `cdk synth` wrote.") from None
    except (ValueError, OSError) as error:
        raise WrongUsageError(f"{file} cannot be read: {error}.") from error
    return content
