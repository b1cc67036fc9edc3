"""The library as another team gets it: built, installed into an environment of its own, and nothing else of ours."""

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from aws_cdk.assertions import Template

from tests.conftest import ROOT
from tests.validation.repository.tracked import tracked

pytestmark = pytest.mark.end_to_end

SOURCE = PurePosixPath("constructs")
_UV = Path(sys.executable).with_name("uv")
EXAMPLES = ROOT / "docs" / "examples"
#: Imports every module but those that only Lambda runs, and prints what failed, a line each.
IMPORT_ALL = """
import importlib, pkgutil, inference_constructs
found = pkgutil.walk_packages(inference_constructs.__path__, "inference_constructs.", onerror=lambda name: None)
names = [*(module.name for module in found), "inference_constructs.eks.service.service"]
for name in names:
    if ".eks.functions." not in name:
        try:
            importlib.import_module(name)
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}")
print(len(set(names)), "modules")
"""


def uv(*command: str | Path) -> None:
    """Run uv with what it has downloaded before, and with the network only if something is missing."""
    for offline in ({"UV_OFFLINE": "1"}, {}):
        environment = {"VIRTUAL_ENV": sys.prefix} | os.environ | offline
        done = subprocess.run([_UV, *command], env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
    pytest.fail(done.stderr)


@dataclass(frozen=True)
class Installed:
    """The library in a virtual environment.

    Attributes:
        wheel: The built library.
        folder: The virtual environment.
    """

    wheel: Path
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def add(self, extra: str = "") -> None:
        uv("pip", "install", "--quiet", "--python", self.python, "-c", ROOT / "constraints.txt", f"{self.wheel}{extra}")

    def run(self, *command: str | Path, **variables: str) -> str:
        """Run Python without anything of this project but the library."""
        # The CDK's JavaScript is unpacked once for each home.
        kept = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
        environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **kept, **variables}
        done = subprocess.run(
            [self.python, *command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def templates(self, example: str) -> dict[str, Template]:
        """Synthesise an example app, by the names of its stacks."""
        app, out = self.folder / example, self.folder / f"{example}.out"
        shutil.copytree(EXAMPLES / example, app)
        self.run("-c", f"import os, runpy; os.chdir({str(app)!r}); runpy.run_path('app.py')", CDK_OUTDIR=str(out))
        return {
            file.name.partition(".")[0]: Template.from_string(file.read_text()) for file in out.glob("*.template.json")
        }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built library. What a build leaves behind stays in a copy: nothing of it is found by a linter or a test."""
    folder = tmp_path_factory.mktemp("library")
    for path in tracked():
        if path.is_relative_to(SOURCE):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, target)
    uv("build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", folder, folder / SOURCE)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    library = Installed(wheel, tmp_path_factory.mktemp("installed") / "environment")
    uv("venv", "--quiet", "--python", sys.executable, library.folder)
    library.add()
    return library


@pytest.fixture(scope="module")
def with_eks(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    library = Installed(wheel, tmp_path_factory.mktemp("with-eks") / "environment")
    uv("venv", "--quiet", "--python", sys.executable, library.folder)
    library.add("[eks]")
    return library


def test_the_wheel_has_every_file(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if not name.partition("/")[0].endswith(".dist-info")}
    source = SOURCE / "inference_constructs"
    assert packed == {str(path.relative_to(SOURCE)) for path in tracked() if path.is_relative_to(source)}


def test_without_the_extra_all_but_eks_is_imported(installed: Installed) -> None:
    *failed, last = installed.run("-c", IMPORT_ALL).splitlines()
    assert int(last.split()[0]) > 50
    assert failed, "the last of them is of EKS"
    for line in failed:
        assert line.startswith("inference_constructs.eks")
        assert line.endswith("pip install 'inference-constructs[eks]'"), "a sentence, whatever is imported first"


def test_with_the_extra_every_module_is_imported(with_eks: Installed) -> None:
    *failed, last = with_eks.run("-c", IMPORT_ALL).splitlines()
    assert failed == []
    assert int(last.split()[0]) > 150


def test_another_teams_app_synthesises(installed: Installed) -> None:
    template = installed.templates("another-team")["Fraud"]
    template.has_resource_properties("AWS::SageMaker::Endpoint", {"EndpointName": "fraud"})
    template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalingPolicy", 1)


def test_another_teams_app_on_eks_synthesises(with_eks: Installed) -> None:
    templates = with_eks.templates("another-team-eks")
    templates["Shared"].resource_count_is("AWS::EKS::Cluster", 1)
    templates["Shared"].has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})
    templates["Fraud"].resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 1)
    templates["Fraud"].resource_count_is("AWS::ElasticLoadBalancingV2::TargetGroup", 1)
