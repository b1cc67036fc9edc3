"""Where templates come from: a cloud assembly, a folder of snapshots, or snapshots as git has them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from slipway.operations.errors import WrongUsageError
from slipway.operations.template_diff.snapshots.files import SUFFIXES, Template, parse_template, templates_of
from slipway.operations.template_diff.snapshots.manifests import with_objects
from slipway.operations.template_diff.snapshots.models import MODELS_FILE, Models, parse_models

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
        files = [file for file in folder.rglob("*") if file.name.endswith(SUFFIXES)]
        found = templates_of({file.name: file.read_text(encoding="utf-8") for file in files})
    templates = {name: with_objects(template) for name, template in sorted(found.items()) if "Resources" in template}
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
    return dict(sorted(templates_of(_files_at(revision, folder, SUFFIXES)).items()))


def models_in(folder: Path) -> Models:
    """The model versions beside the snapshots of a folder; none where it has no such file."""
    file = folder / MODELS_FILE
    return parse_models(file.read_text(encoding="utf-8")) if file.is_file() else {}


def models_at(revision: str, folder: Path) -> Models:
    """The model versions as they were where this branch left another one; see `templates_at`."""
    return parse_models(_files_at(revision, folder, (MODELS_FILE,)).get(MODELS_FILE, ""))


def _files_at(revision: str, folder: Path, suffixes: tuple[str, ...]) -> dict[str, str]:
    at = folder if folder.is_dir() else Path()
    base = _git(at, "merge-base", "HEAD", revision).strip()
    listed = _git(at, "ls-tree", "-z", "-r", "--name-only", base, "--", ".").split("\0")
    return {Path(name).name: _git(at, "show", f"{base}:./{name}") for name in listed if name.endswith(suffixes)}


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
    artifacts = parse_template((folder / "manifest.json").read_text(encoding="utf-8"), str(folder)).get("artifacts", {})
    found: dict[str, Template] = {}
    for key, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact.get("type") == "cdk:cloud-assembly":
            found |= _assembly(folder / properties["directoryName"])
        elif artifact.get("type") == "aws:cloudformation:stack":
            file = folder / properties["templateFile"]
            found[properties.get("stackName", key)] = parse_template(file.read_text(encoding="utf-8"), str(file))
    for file in folder.glob("*.nested.template.json"):
        found[file.name.removesuffix(".nested.template.json")] = parse_template(
            file.read_text(encoding="utf-8"), str(file)
        )
    return found
