"""The image keeps its rules, and what it would contain really serves. No container engine is needed."""

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath

import httpx
import pytest

from tests.serving.running import CHECKOUT, TUMOR_TRIAGE, running_server

SERVING = CHECKOUT / "slipway" / "serving"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Return the Dockerfile's instructions in order, continued lines joined."""
    text = (SERVING / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(name, re.sub(r"\s+", " ", rest)) for name, rest in lines]


def stages() -> list[list[Instruction]]:
    result: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction[0] == "FROM":
            result.append([])
        result[-1].append(instruction)
    return result


def values(stage: list[Instruction], name: str) -> list[str]:
    return [value for found, value in stage if found == name]


def in_context() -> list[Path]:
    """Return the files that .dockerignore lets into the build; it begins with `*`, so only `!` lines add any."""
    first, *rest = [line for line in (SERVING / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    assert all(line.startswith("!") for line in rest)
    return [path for line in rest for path in sorted(SERVING.glob(line[1:]))]


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(), re.MULTILINE))


def test_both_stages_have_the_same_base_and_it_is_pinned() -> None:
    bases = [values(stage, "FROM")[0].split()[0] for stage in stages()]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    # Not from Docker Hub itself, which refuses addresses that are shared, as those of builds in AWS are.
    assert re.fullmatch(r"public\.ecr\.aws/docker/library/python:\d+\.\d+\.\d+-slim-\w+", bases[0])


def test_the_image_has_the_python_that_the_checks_are_for() -> None:
    target = re.search(r'python_version = "([\d.]+)"', (CHECKOUT / "pyproject.toml").read_text())
    assert target is not None
    assert f"/python:{target[1]}." in values(stages()[-1], "FROM")[0]


def test_the_server_is_not_root_by_a_number_that_kubernetes_can_check() -> None:
    final = stages()[-1]
    assert values(final, "ARG") == ["SERVING_UID=10001"]
    assert values(final, "USER") == ["${SERVING_UID}:${SERVING_UID}"]


def test_the_last_stage_runs_nothing_and_takes_only_what_was_built() -> None:
    final = stages()[-1]
    assert not values(final, "RUN")
    assert [value.split()[0] for value in values(final, "COPY")] == ["--from=build", "--from=build"]
    assert not [name for name, _ in instructions() if name == "ADD"]


def test_packages_are_wheels_with_known_hashes_and_leave_no_cache() -> None:
    (install,) = [run for run in values(stages()[0], "RUN") if " install " in run]
    for flag in ("--no-cache-dir", "--require-hashes", "--only-binary=:all:", "-r /build/requirements.lock"):
        assert flag in install


def test_it_starts_as_sagemaker_and_kubernetes_start_it() -> None:
    final = stages()[-1]
    assert json.loads(values(final, "ENTRYPOINT")[0]) == ["python", "-m", "serving"]
    assert json.loads(values(final, "CMD")[0]) == ["serve"]
    assert values(final, "EXPOSE") == ["8080"]
    assert values(final, "LABEL") == ['com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true"']
    (environment,) = values(final, "ENV")
    assert {"PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1", "SERVING_HOST=0.0.0.0"} <= set(environment.split())


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed")
def test_hadolint_finds_nothing() -> None:
    assert HADOLINT is not None
    checked = subprocess.run([HADOLINT, SERVING / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_lock_file_is_current() -> None:
    """It pins what requirements.txt asks for, and everything below, at the versions that the tests run with."""
    locked, asked = pins(SERVING / "requirements.lock"), pins(SERVING / "requirements.txt")
    assert asked.items() <= locked.items(), "run make lock"
    constraints = pins(CHECKOUT / "constraints.txt")
    assert locked.items() <= constraints.items(), "run make lock"


def imported_by(*modules: str) -> set[str]:
    """Return the top-level names that a fresh interpreter has imported after these modules."""
    code = f"""
import json, sys
before = set(sys.modules)
import {", ".join(modules)}
print(json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})))
"""
    printed = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return set(json.loads(printed.stdout))


def test_a_server_that_starts_does_not_wait_for_boto3() -> None:
    assert not imported_by("slipway.serving.__main__") & {"boto3", "botocore", "s3transfer"}


def test_the_server_imports_nothing_that_the_image_lacks() -> None:
    distributions = packages_distributions()
    imported = {
        distribution.lower().replace("_", "-")
        for module in imported_by("slipway.serving.__main__", "slipway.serving.download.fetch")
        for distribution in distributions.get(module, [])
        if module not in {"google", "slipway"}  # a namespace that many share, and the server itself
    }
    assert {"onnxruntime", "boto3"} <= imported
    # Taken where they are: a2wsgi by uvicorn for applications of another kind, certifi by botocore for its own copy.
    optional = {"a2wsgi", "certifi"}
    assert imported - optional <= set(pins(SERVING / "requirements.lock"))


def test_what_the_image_contains_serves_and_writes_no_file(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for copy in values(stages()[0], "COPY"):
        pattern, target = copy.split()
        folder = root / PurePosixPath(target).relative_to("/")
        folder.mkdir(parents=True, exist_ok=True)
        for path in set(SERVING.glob(pattern)) & set(in_context()):
            shutil.copy(path, folder)
    (workdir,) = values(stages()[-1], "WORKDIR")
    app = root / PurePosixPath(workdir).relative_to("/")
    model = shutil.copytree(TUMOR_TRIAGE / "model", root / "opt" / "ml" / "model")
    before = sorted(root.rglob("*"))
    assert (app / "serving" / "__main__.py").is_file()

    nowhere = str(root)
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "HOME": nowhere, "TMPDIR": nowhere}
    with running_server(model, folder=app, variables=variables) as server:
        body = (TUMOR_TRIAGE / "samples" / "benign-patient.request.json").read_bytes()
        response = httpx.post(f"{server.url}/invocations", content=body, headers={"Content-Type": "application/json"})
        assert response.json()["predictions"][0]["label"] == "benign"
    assert sorted(root.rglob("*")) == before
