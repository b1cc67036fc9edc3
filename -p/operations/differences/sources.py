"""Where templates come from: a cloud assembly, a folder of snapshots, or snapshots as git has them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from operations.outcomes import WrongUsageError

Template = dict[str, Any]
Templates = Mapping[str, Template]


def templates_in(folder: Path, *, may_be_empty: bool = False) -> Templates:
    """Every template below a folder, by its stack's name.

    Args:
        folder: What `cdk synth` wrote, or a folder of templates named after their stacks.
        may_be_empty: Whether it may hold none, as what is deployed before the first deployment.

    Raises:
        WrongUsageError: There is no such folder, no template in it, or a file that cannot be read.
    """
    if not folder.is_dir():
        raise WrongUsageError(f"{folder} is no folder; accepted: cdk.out, or a folder of template snapshots.")
    if (folder / "manifest.json").is_file():
        found = _assembly(folder)
    else:
        found = {file.stem: _template(file.read_text(encoding="utf-8"), str(file)) for file in folder.rglob("*.json")}
    templates = {name: template for name, template in sorted(found.items()) if "Resources" in template}
    if not templates and not may_be_empty:
        raise WrongUsageError(f"{folder} has no template; accepted: cdk.out, or a folder of template snapshots.")
    return templates


def templates_at(revision: str, folder: Path) -> Templates:
    """The snapshots in a folder as they were where this branch left another one.

    Args:
        revision: The other branch, tag or commit.
        folder: The folder of snapshots in the working tree.

    Raises:
        WrongUsageError: This is no git repository, or it knows no such revision.
    """
    at = folder if folder.is_dir() else Path()
    base = _git(at, "merge-base", "HEAD", revision).strip()
    listed = _git(at, "ls-tree", "-z", "-r", "--name-only", base, "--", ".").split("\0")
    names = [name for name in listed if name.endswith(".json")]
    found = {Path(name).stem: _template(_git(at, "show", f"{base}:./{name}"), name) for name in names}
    return {name: template for name, template in sorted(found.items()) if "Resources" in template}


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise WrongUsageError("git is not installed, and --git needs it.") from error
    if done.returncode:
        why = done.stderr.strip().splitlines()
        told = why[-1] if why else "there is no commit that both have (is the clone shallow?)"
        raise WrongUsageError(f"git {arguments[0]}: {told}.")
    return done.stdout


def _assembly(folder: Path) -> dict[str, Template]:
    artifacts = _template((folder / "manifest.json").read_text(encoding="utf-8"), str(folder)).get("artifacts", {})
    found: dict[str, Template] = {}
    for key, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact.get("type") == "cdk:cloud-assembly":
            found |= _assembly(folder / properties["directoryName"])
        elif artifact.get("type") == "aws:cloudformation:stack":
            file = folder / properties["templateFile"]
            found[properties.get("stackName", key)] = _template(file.read_text(encoding="utf-8"), str(file))
    for file in folder.glob("*.nested.template.json"):
        found[file.name.removesuffix(".nested.template.json")] = _template(file.read_text(encoding="utf-8"), str(file))
    return found


def _template(text: str, name: str) -> Template:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise WrongUsageError(
            f"{name} is no JSON ({error}); write it anew with `make synth` or `make snapshots`."
        ) from error
    if not isinstance(content, dict):
        raise WrongUsageError(f"{name} holds no JSON object; accepted: a CloudFormation template.")
    return content
