"""What a container of a manifest comes to on this machine: its command, its environment, its folders."""

import dataclasses
import math
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from slipway.emulator.common.environment import client_environment
from slipway.emulator.common.workspace import HOST, Workspace
from slipway.emulator.data_plane.model_server import container_environment
from slipway.emulator.kubernetes.api.objects import Manifest

_REFERENCE: Final = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
#: What the image of serving/ can be asked to do; any other container is of an image that is not here.
_COMMANDS: Final = frozenset({"serve", "fetch"})
_DEFAULT_MODEL_FOLDER: Final = "/opt/ml/model"
_QUANTITY: Final = re.compile(r"([\d.]+)(m|k|Ki|M|Mi|G|Gi)?")
_FACTORS: Final = {"m": 1e-3, "k": 1e3, "Ki": 2**10, "M": 1e6, "Mi": 2**20, "G": 1e9, "Gi": 2**30, None: 1.0}


class ContainerConfigError(Exception):
    """A container that can not be started as its manifest says; the text is what `kubectl describe` would tell."""


class Lookup(Protocol):
    """Finds an object of the pod's namespace."""

    def __call__(self, resource: str, name: str) -> Manifest | None: ...  # noqa: D102


@dataclasses.dataclass(frozen=True)
class ContainerSpec:
    """How one container is started here.

    Attributes:
        name: The container's name.
        command: The program and its arguments.
        environment: Its whole environment.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def can_run(pod_spec: Manifest) -> bool:
    """Whether every container of a pod is one of serving/'s."""
    containers = [*pod_spec.get("initContainers", []), *pod_spec["containers"]]
    return all(
        (container.get("args") or [""])[0] in _COMMANDS and "command" not in container for container in containers
    )


def container_spec(
    container: Manifest, pod: Manifest, *, workspace: Workspace, folder: Path, port: int | None, lookup: Lookup
) -> ContainerSpec:
    """Resolve a container.

    Args:
        container: As the pod's manifest has it.
        pod: The pod's manifest.
        workspace: The embedded AWS that its AWS clients talk to.
        folder: The pod's own; its volumes go there.
        port: The port to listen on, for a container that listens.
        lookup: Finds the config maps it names.

    Raises:
        ConfigError: It names what is not there.
    """
    mounts = _mounts(container, folder)
    declared = _declared(container, pod, lookup)
    arguments = [_expanded(argument, declared) for argument in container.get("args", [])]
    ours = {name: value for name, value in client_environment(workspace, {}).items() if name.startswith("AWS_")}
    # By its number: with a name, boto3 looks for a bucket at a host name of its own, which not every machine finds.
    ours["AWS_ENDPOINT_URL"] = f"http://{HOST}:{workspace.port}"
    environment = {"SERVING_MODEL_DIR": _DEFAULT_MODEL_FOLDER} | declared
    if port is not None:
        # A pod has an address to itself; here they share one, and each has a port.
        environment |= {"SERVING_HOST": HOST, "SERVING_PORT": str(port)}
    inside = {name: _local(value, mounts) for name, value in environment.items()}
    return ContainerSpec(
        name=container["name"],
        command=(sys.executable, "-m", "slipway.serving", *(_local(argument, mounts) for argument in arguments)),
        environment=container_environment(ours | inside) | {"HOME": str(folder), "TMPDIR": str(_temporary(folder))},
    )


def quantity(text: str | float) -> float:
    """A quantity of Kubernetes, such as `500m` or `4Gi`, as a number."""
    found = _QUANTITY.fullmatch(str(text))
    if found is None:
        raise ContainerConfigError(f"{text!r} is no quantity")
    return float(found[1]) * _FACTORS[found[2]]


def _mounts(container: Manifest, folder: Path) -> dict[str, Path]:
    mounts = {}
    for mount in container.get("volumeMounts", []):
        path = folder / "volumes" / mount["name"]
        path.mkdir(parents=True, exist_ok=True)
        mounts[mount["mountPath"].rstrip("/")] = path
    return mounts


def _temporary(folder: Path) -> Path:
    path = folder / "tmp"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _local(value: str, mounts: Mapping[str, Path]) -> str:
    """A path below a mount, where it is here; anything else as it is."""
    for mounted, path in mounts.items():
        if value == mounted or value.startswith(f"{mounted}/"):
            return os.fspath(path) + value.removeprefix(mounted)
    return value


def _expanded(value: str, known: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: known.get(found[1], found[0]), value)


def _declared(container: Manifest, pod: Manifest, lookup: Lookup) -> dict[str, str]:
    declared: dict[str, str] = {}
    for source in container.get("envFrom", []):
        if "configMapRef" in source:
            data = _config_map(source["configMapRef"], lookup)
            declared |= {source.get("prefix", "") + name: str(value) for name, value in data.items()}
        else:
            raise ContainerConfigError(f"envFrom of {', '.join(source)} is not possible here; of configMapRef it is")
    for variable in container.get("env", []):
        if "valueFrom" in variable:
            value = _value_from(variable["valueFrom"], container, pod, lookup)
        else:
            value = _expanded(str(variable.get("value", "")), declared)
        if value is not None:
            declared[variable["name"]] = value
    return declared


def _config_map(reference: Manifest, lookup: Lookup) -> dict[str, Any]:
    found = lookup("configmaps", reference["name"])
    if found is None and not reference.get("optional"):
        raise ContainerConfigError(f'configmap "{reference["name"]}" not found')
    return dict((found or {}).get("data", {}))


def _value_from(source: Manifest, container: Manifest, pod: Manifest, lookup: Lookup) -> str | None:
    match source:
        case {"configMapKeyRef": reference}:
            data = _config_map(reference, lookup)
            if reference["key"] not in data and not reference.get("optional"):
                raise ContainerConfigError(f"couldn't find key {reference['key']} in ConfigMap {reference['name']}")
            return str(data[reference["key"]]) if reference["key"] in data else None
        case {"fieldRef": {"fieldPath": "status.podIP"}}:
            return HOST
        case {"fieldRef": {"fieldPath": path}}:
            found: Any = pod
            for step in path.split("."):
                found = found.get(step, "") if isinstance(found, dict) else ""
            return str(found)
        case {"resourceFieldRef": reference}:
            kind, _, resource = reference["resource"].partition(".")
            value = container.get("resources", {}).get(kind, {}).get(resource, 0)
            return str(math.ceil(quantity(value) / quantity(reference.get("divisor", "1"))))
    raise ContainerConfigError(
        f"a value from {', '.join(source)} is not possible here; from configMapKeyRef or a field it is"
    )
