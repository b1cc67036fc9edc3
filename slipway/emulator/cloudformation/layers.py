"""`AWS::Lambda::LayerVersion`: ministack's, and on top of it the programs in a layer put where functions find them.

On AWS a layer is unpacked to `/opt`. Functions here are processes of this machine, which has an `/opt` of its own, so
programs go into the folder of the embedded AWS instead, which is first on every function's PATH. They are unpacked once
and kept between runs: kubectl and the AWS CLI of the CDK's layers are 95 MB in 4,300 files.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

from slipway.emulator import vendor
from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import LAYERS, Workspace

_TYPE: Final = "AWS::Lambda::LayerVersion"
#: What ministack's own workers look for in a layer; anything else in one is a program.
_LIBRARIES: Final = frozenset({"python", "nodejs"})
_LAMBDA_PYTHON: Final = b"#!/var/lang/bin/python"
_LONGEST_FIRST_LINE: Final = 200


def put_programs_on_the_path(workspace: Workspace) -> None:
    """Unpack the programs of every layer that is deployed from now on."""
    vendor.leave_out_layers(lambda archive: not _is_library(archive))

    def unpack(properties: dict[str, Any]) -> None:
        content = properties["Content"]
        stored = client("s3", workspace).get_object(Bucket=content["S3Bucket"], Key=content["S3Key"])["Body"].read()
        if not _is_library(stored):
            link(stored, workspace.opt, workspace.kubeconfig)

    vendor.before_creation(_TYPE, unpack)


def link(archive: bytes, opt: Path, kubeconfig: Path, kept: Path = LAYERS) -> None:
    """Have the programs of a layer under `opt`.

    Args:
        archive: The layer's content, a zip file.
        opt: Where each of its folders is to be found.
        kubeconfig: Where the clusters' kubeconfig is.
        kept: Where what has been unpacked stays for the next time.
    """
    unpacked = kept / hashlib.sha256(archive).hexdigest()
    if not unpacked.is_dir():
        kept.mkdir(parents=True, exist_ok=True)
        # Unpacked aside and renamed, so that one that was interrupted is never taken for whole.
        aside = Path(tempfile.mkdtemp(dir=kept))
        _unpack(archive, aside)
        # An AWS CLI that is compiled anew with each start takes twice the time.
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(aside)], check=False, stdout=subprocess.DEVNULL)
        try:
            aside.rename(unpacked)
        except OSError:  # another one was faster
            shutil.rmtree(aside)
    opt.mkdir(parents=True, exist_ok=True)
    for folder in unpacked.iterdir():
        found = opt / folder.name
        found.unlink(missing_ok=True)
        found.symlink_to(folder)
    if (opt / "awscli").exists():
        _answer_at_once(opt, kubeconfig)


def _answer_at_once(opt: Path, kubeconfig: Path) -> None:
    """Put a program before the AWS CLI that tells kubectl at once where a cluster is.

    The CDK's handler asks `aws eks update-kubeconfig` before every run of kubectl, which takes the CLI seconds to
    answer with what is known here anyway. Every other command is the CLI's, and so is a cluster that is not known.
    """
    program = opt / "bin" / "aws"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f"""#!/bin/sh
if [ "$1 $2 $3 $5" = 'eks update-kubeconfig --name --kubeconfig' ] && [ -f '{kubeconfig}'-"$4" ]; then
  exec cp '{kubeconfig}'-"$4" "$6"
fi
exec '{opt / "awscli" / "aws"}' "$@"
"""
    )
    program.chmod(0o755)


def _is_library(archive: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        return any(name.split("/")[0] in _LIBRARIES for name in members.namelist())


def _unpack(archive: bytes, folder: Path) -> None:
    """Unpack with the permissions that the archive says, which is what makes a program of a file."""
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        for member in members.infolist():
            path = Path(members.extract(member, folder))
            mode = member.external_attr >> 16 & 0o777
            if mode and path.is_file():
                path.chmod(mode)
                _interpret(path)


def _interpret(program: Path) -> None:
    """Have a script run by this Python where it names that of Lambda."""
    with program.open("rb") as file:
        first = file.readline(_LONGEST_FIRST_LINE)
    if first.startswith(_LAMBDA_PYTHON):
        rest = program.read_bytes().removeprefix(first)
        program.write_bytes(f"#!{sys.executable}\n".encode() + rest)
