"""How the server is told what to do: flags, then environment variables, then defaults."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEBIBYTE = 1024 * 1024
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A setting has a value the server cannot use; the message is one sentence."""


def _processors() -> int:
    """Return the processors this process may use, which a container or `taskset` can make fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a running server needs to know.

    Attributes:
        model_dir: Folder with `model.onnx` and `signature.json`. SageMaker unpacks `model.tar.gz` into the default.
        host: Address to listen on. The image sets 0.0.0.0; outside it only this machine is served.
        port: Port to listen on; 0 takes a free one, which the log line `listening` names.
        inference_threads: Requests computed at the same time. Further ones wait; `/ping` does not.
        onnx_threads: Threads ONNX Runtime uses inside one request. More than 1 pays off for big models only.
        keep_alive_seconds: How long an idle connection stays open. It must exceed the idle timeout of the load
            balancer in front (60 s for an ALB), or the balancer sends into a closing connection and answers 502.
        max_body_bytes: Longest request body. SageMaker's real-time limit is 25 MB (its hosting FAQ).
        drain_seconds: How long requests may still run after SIGTERM. SageMaker kills after 30 s.
        log_level: Least severe log line to write: answered requests are `info`, refused ones `warning`.
    """

    model_dir: Path = Path("/opt/ml/model")
    host: str = "127.0.0.1"
    port: int = 8080
    inference_threads: int = field(default_factory=_processors)
    onnx_threads: int = 1
    keep_alive_seconds: int = 75
    max_body_bytes: int = 25 * MEBIBYTE
    drain_seconds: int = 25
    log_level: str = "info"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as a person gives it.

    Attributes:
        name: Attribute of `Settings`.
        help: What it does, for `--help`.
        accept: Turns the text into the value; raises `ValueError` with what would be accepted.
        variables: Environment variables, the first one set wins.
    """

    name: str
    help: str
    accept: Callable[[str], Any]
    variables: tuple[str, ...]

    @property
    def flag(self) -> str:
        """The command line's spelling."""
        return "--" + self.name.replace("_", "-")


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def accept(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return accept


def _log_level(text: str) -> str:
    if text not in LOG_LEVELS:
        raise ValueError("one of " + ", ".join(LOG_LEVELS))
    return text


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("an address such as 0.0.0.0")
    return text


def folder(text: str) -> Path:
    """Accept the path of a folder, which need not exist."""
    if not text.strip():
        raise ValueError("the path of a folder")
    return Path(text)


_THREADS = _whole_number(1, 1024)
_SECONDS = _whole_number(1, 3600)

LOG_LEVEL = Option("log_level", ", ".join(LOG_LEVELS), _log_level, ("SERVING_LOG_LEVEL",))
OPTIONS = (
    Option("model_dir", "folder with model.onnx and signature.json", folder, ("SERVING_MODEL_DIR",)),
    Option("host", "address to listen on", _not_empty, ("SERVING_HOST",)),
    # In a multi-container endpoint SageMaker says which port is whose, so its word counts more than ours.
    Option("port", "port, 0 for a free one", _whole_number(0, 65535), ("SAGEMAKER_BIND_TO_PORT", "SERVING_PORT")),
    Option("inference_threads", "requests computed at once", _THREADS, ("SERVING_INFERENCE_THREADS",)),
    Option("onnx_threads", "threads inside one request", _THREADS, ("SERVING_ONNX_THREADS",)),
    Option("keep_alive_seconds", "idle connections stay open", _SECONDS, ("SERVING_KEEP_ALIVE_SECONDS",)),
    Option("max_body_bytes", "longest request body", _whole_number(1, 1024 * MEBIBYTE), ("SERVING_MAX_BODY_BYTES",)),
    Option("drain_seconds", "requests may run on after SIGTERM", _SECONDS, ("SERVING_DRAIN_SECONDS",)),
    LOG_LEVEL,
)


def read_settings(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Put the settings together; a flag wins over an environment variable, that over the default.

    Args:
        flags: Text given on the command line by attribute name, `None` where a flag was not given.
        environment: The process's environment variables.

    Raises:
        SettingsError: A value is not one that is accepted; the message names it, where it came from and the accepted.
    """
    return Settings(**read_values(OPTIONS, flags, environment))


def read_values(
    options: Sequence[Option], flags: Mapping[str, str | None], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the values that were given, by attribute name; see `read_settings`.

    Raises:
        SettingsError: A value is not one that is accepted.
    """
    values: dict[str, Any] = {}
    for option in options:
        given = [(option.flag, flags.get(option.name)), *((name, environment.get(name)) for name in option.variables)]
        for source, text in given:
            if text is None:
                continue
            try:
                values[option.name] = option.accept(text)
            except ValueError as accepted:
                raise SettingsError(f"{source} is {text!r}, but it has to be {accepted}.") from None
            break
    return values
